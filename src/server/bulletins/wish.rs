use std::time::Duration;

use serde::Deserialize;
use utoipa::ToSchema;

use super::prepared;
use crate::{
    library::{drill_mark, nfc, shelve_drill_mark},
    planning::Territory,
    radio::{
        AiringItem, Asked, Bulletin, BulletinId, ClipHash, PreparedBulletinId, Right, Selection,
        Station, StationId, sounding,
    },
    server::{District, login::Doer, problem::Refusal, rolling},
    store::Rules,
};

/// How long a bulletin may still begin where nothing else is said, and the longest that may be said, in minutes.
const CURRENT_MINUTES: u32 = 10;
const MOST_CURRENT_MINUTES: u32 = 180;
/// Letters of what people write.
const MOST_LETTERS: usize = 500;

/// A bulletin that somebody asks for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Wish {
    /// Whether it is a drill.
    #[serde(default)]
    pub(in crate::server) drill: bool,
    /// The prepared bulletin that is sent; or else `recording`.
    #[serde(default)]
    pub(in crate::server) prepared: Option<PreparedBulletinId>,
    /// A recording made for it.
    #[serde(default)]
    pub(in crate::server) recording: Option<ClipHash>,
    /// The title of a recording.
    #[serde(default)]
    pub(in crate::server) title: Option<String>,
    /// A recording that puts it right, should it have to be.
    #[serde(default)]
    pub(in crate::server) correction: Option<ClipHash>,
    /// Where it sounds.
    #[schema(value_type = Object)]
    pub(in crate::server) stations: Selection,
    /// `KHẨN CẤP`; for a drill `DIỄN TẬP`. Typed by hand, so that nobody asks by accident.
    pub(in crate::server) word: String,
    /// Why it is sent.
    #[serde(default)]
    pub(in crate::server) why: String,
    /// Minutes for which a station that was out of reach may still begin it, 1 to 180; 10 unless said.
    #[serde(default)]
    pub(in crate::server) current_minutes: Option<u32>,
    /// The bulletin that it puts right, and cuts in on.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(in crate::server) corrects: Option<BulletinId>,
}

/// Keeps a wish as a bulletin that waits for a second person.
pub(in crate::server) async fn ask(
    district: &District,
    wish: Wish,
    doer: &Doer,
) -> Result<Bulletin, Refusal> {
    let now = district.clock.now();
    let rules = district.store.rules().await?;
    let word = Asked::word(wish.drill);
    if nfc(&wish.word).trim() != word {
        return Err(Refusal::unprocessable(
            "wrong-word",
            format!("word: type {word} in capitals, to show that you mean it"),
        ));
    }
    let why = text(&wish.why, "why")?;
    let minutes = wish.current_minutes.unwrap_or(CURRENT_MINUTES);
    if !(1..=MOST_CURRENT_MINUTES).contains(&minutes) {
        let detail = format!("current_minutes: 1 to {MOST_CURRENT_MINUTES}");
        return Err(Refusal::unprocessable("bad-minutes", detail));
    }
    if let Some(wrong) = &wish.corrects {
        let known = district.store.bulletin(wrong).await?;
        known.ok_or_else(|| super::unknown(wrong))?.correct()?;
    }
    let (title, items, correction) = content(district, &rules, &wish).await?;
    let (stations, without) = stations(&rules, &wish)?;
    must_at(&rules, doer, &[Right::Ask], &stations)?;
    let mark = if wish.drill { Some(mark(district).await?) } else { None };
    let marked = |items: Vec<AiringItem>| match items.is_empty() {
        true => [].into(),
        false => sounding(items, mark.as_ref()),
    };
    let asked = Asked {
        by: doer.actor.name.clone(),
        person: doer.actor.person.clone(),
        at: now,
        until: now + district.limits.agreement,
        drill: wish.drill,
        title: title.into(),
        why,
        items: marked(items),
        correction: marked(correction),
        stations,
        without,
        current_ms: u64::from(minutes) * 60_000,
        corrects: wish.corrects,
    };
    let id = name(wish.drill, now)?;
    district.store.ask(&doer.actor, &id, &asked).await?;
    if wish.recording.is_some() {
        rolling::rewrite(district, &asked.stations, now).await?;
    }
    district.heard.send_modify(|count| *count += 1);
    Ok(Bulletin { id, asked, agreed: None, cancelled: None })
}

/// A name that is not taken: no two people ask in one millisecond and draw the same number.
pub(super) fn name(drill: bool, now: crate::radio::UtcMs) -> Result<BulletinId, Refusal> {
    let mut random = [0; 2];
    getrandom::fill(&mut random).map_err(Refusal::internal)?;
    let name = Bulletin::name(drill, now, u16::from_le_bytes(random));
    name.ok_or_else(|| Refusal::internal("a bulletin's name is none"))
}

async fn mark(district: &District) -> Result<AiringItem, Refusal> {
    let shelf = district.shelf.clone();
    let mark = tokio::task::spawn_blocking(move || {
        shelve_drill_mark(&shelf).map_err(Refusal::internal)?;
        drill_mark().map_err(Refusal::internal)
    });
    mark.await.map_err(Refusal::internal)?
}

/// Title, what sounds, and what puts it right.
async fn content(
    district: &District,
    rules: &Rules,
    wish: &Wish,
) -> Result<(String, Vec<AiringItem>, Vec<AiringItem>), Refusal> {
    let recorded = async |sha256: &ClipHash| match district.store.bulletin_recording(sha256).await?
    {
        Some(item) => Ok(item),
        None => Err(Refusal::unprocessable(
            "no-such-recording",
            format!(
                "recording {sha256} is not here: send it to /api/v1/bulletins/recordings first"
            ),
        )),
    };
    let correction = match &wish.correction {
        Some(sha256) => vec![recorded(sha256).await?],
        None => Vec::new(),
    };
    match (&wish.prepared, &wish.recording) {
        (Some(id), None) => {
            let prepared = rules.bulletins.iter().find(|one| one.id == *id).ok_or_else(|| {
                let detail = format!("there is no prepared bulletin \"{id}\"");
                Refusal::unprocessable("no-such-bulletin", detail)
            })?;
            if prepared.drill != wish.drill {
                let (is, asks) = if wish.drill { ("real", "a drill") } else { ("a drill", "real") };
                return Err(Refusal::unprocessable(
                    "other-kind",
                    format!(
                        "bulletin {id} is {is}, and what is asked for is {asks}: choose another"
                    ),
                ));
            }
            let (items, prepared_correction) = prepared::items(rules, prepared, district.today())?;
            let correction = if correction.is_empty() { prepared_correction } else { correction };
            Ok((prepared.title.clone(), items, correction))
        }
        (None, Some(sha256)) => {
            let title = text(wish.title.as_deref().unwrap_or_default(), "title")?;
            if title.is_empty() {
                return Err(Refusal::unprocessable("no-title", "title: a recording needs one"));
            }
            let mut item = recorded(sha256).await?;
            if let AiringItem::Clip { title: named, .. } = &mut item {
                *named = title.as_str().into();
            }
            Ok((title, vec![item], correction))
        }
        _ => Err(Refusal::unprocessable(
            "nothing-to-say",
            "name either a prepared bulletin or a recording",
        )),
    }
}

/// Where it sounds, and where it does not because the station takes no drills.
fn stations(rules: &Rules, wish: &Wish) -> Result<(Vec<StationId>, Vec<StationId>), Refusal> {
    let territory = Territory::new(&rules.units);
    let meant = rules.stations.iter().filter(|one| territory.means(&wish.stations, one));
    let (takes, without): (Vec<&Station>, Vec<_>) =
        meant.partition(|station| !wish.drill || station.drills);
    if takes.is_empty() {
        return Err(match without.is_empty() {
            true => Refusal::unprocessable("no-station", "stations: these mean no station"),
            false => Refusal::unprocessable(
                "no-drills",
                "stations: none of these takes drills; \"drills = true\" in a station's rule allows them",
            ),
        });
    }
    let names = |stations: Vec<&Station>| stations.into_iter().map(|one| one.id.clone()).collect();
    Ok((names(takes), names(without)))
}

fn text(text: &str, field: &'static str) -> Result<String, Refusal> {
    let text = nfc(text).trim().to_owned();
    if text.contains('\0') || text.chars().count() > MOST_LETTERS {
        let detail = format!("{field}: at most {MOST_LETTERS} letters, and no NUL");
        return Err(Refusal::unprocessable("bad-text", detail));
    }
    Ok(text)
}

/// How long stations may still begin it, as [`Asked::current_ms`] says.
pub(super) fn current(asked: &Asked) -> Duration {
    Duration::from_millis(asked.current_ms)
}

/// Goes on only for who has one of these rights at each of these stations.
pub(super) fn must_at(
    rules: &Rules,
    doer: &Doer,
    rights: &[Right],
    stations: &[StationId],
) -> Result<(), Refusal> {
    let territory = Territory::new(&rules.units);
    let may = |station: &&Station| {
        let has = |right: &Right| doer.grants.may_in(*right, territory.ancestry(&station.unit));
        rights.iter().any(has)
    };
    let mut named = rules.stations.iter().filter(|station| stations.contains(&station.id));
    match named.find(|station| !may(station)) {
        None => Ok(()),
        Some(station) => {
            let words: Vec<_> = rights.iter().map(ToString::to_string).collect();
            Err(Refusal::forbidden(format!(
                "this needs the right \"{}\" at {}: ask the district's administrator for it",
                words.join("\" or \""),
                station.name
            )))
        }
    }
}
