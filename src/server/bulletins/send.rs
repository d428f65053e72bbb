use std::{collections::HashMap, time::Duration};

use super::{
    unknown,
    wish::{current, must_at, name},
};
use crate::{
    radio::{
        Airing, AiringId, Asked, Bulletin, BulletinId, BulletinOrder, NotNow, Priority, Right,
        Station, Step, UtcMs, digest,
    },
    server::{District, login::Doer, problem::Refusal, rolling},
    store::{PlannedAiring, StoreError},
};

/// From the agreement to the first frame, so that stations begin together: a rundown needs so long to reach a station and
/// a clip to be opened there. What takes longer begins as soon as it can.
const LEAD: Duration = Duration::from_millis(1_200);

/// Agrees to a bulletin and sends it.
pub(in crate::server) async fn agree(
    district: &District,
    id: &BulletinId,
    doer: &Doer,
) -> Result<Bulletin, Refusal> {
    let now = district.clock.now();
    let bulletin = theirs(district, id, doer, &[Right::Agree]).await?;
    let (by, person) = (&doer.actor.name, doer.actor.person.as_ref());
    bulletin.agree(by, person, now)?;
    let airings = airings(district, id, &bulletin.asked, now).await?;
    let corrects = bulletin.asked.corrects.as_ref();
    if !district.store.agree((&doer.actor, now), id, corrects, &airings).await? {
        // Somebody was faster.
        let first = known(district, id).await?;
        first.agree(by, person, now)?;
        return Err(Refusal::internal("a bulletin was neither agreed to nor cancelled"));
    }
    if let Some(wrong) = corrects {
        let wrong = known(district, wrong).await?.asked;
        tell(district, &wrong, now).await?;
    }
    tell(district, &bulletin.asked, now).await?;
    tracing::warn!(bulletin = %id, drill = bulletin.asked.drill, by, "bulletin sent");
    Ok(Bulletin { agreed: Some(Step { by: by.clone(), at: now }), ..bulletin })
}

/// Takes a bulletin back: where it waits it is not sent, where it sounds it is broken off.
pub(in crate::server) async fn cancel(
    district: &District,
    id: &BulletinId,
    doer: &Doer,
) -> Result<Bulletin, Refusal> {
    let now = district.clock.now();
    let bulletin = theirs(district, id, doer, &[Right::Ask, Right::Agree]).await?;
    bulletin.cancel(now)?;
    if !district.store.cancel(&doer.actor, id, now).await? {
        let first = known(district, id).await?.cancelled;
        return Err(first.map_or_else(|| unknown(id), |first| NotNow::Cancelled(first).into()));
    }
    tell(district, &bulletin.asked, now).await?;
    tracing::warn!(bulletin = %id, by = doer.actor.name, "bulletin cancelled");
    // It may have been agreed to meanwhile.
    known(district, id).await
}

/// Sends the correction that was agreed to with a bulletin: at once, to the same stations.
pub(in crate::server) async fn correct(
    district: &District,
    wrong: &BulletinId,
    doer: &Doer,
) -> Result<Bulletin, Refusal> {
    let now = district.clock.now();
    let bulletin = theirs(district, wrong, doer, &[Right::Ask, Right::Agree]).await?;
    bulletin.correct()?;
    let asked = bulletin.asked;
    let Some(agreed) = bulletin.agreed.filter(|_| !asked.correction.is_empty()) else {
        return Err(Refusal::conflict(
            "no-correction",
            format!("no correction was prepared for {wrong}: ask for one as a bulletin of its own"),
        ));
    };
    let agreed = Step { by: agreed.by, at: now };
    let asked = Asked {
        by: doer.actor.name.clone(),
        person: doer.actor.person.clone(),
        at: now,
        until: now,
        title: format!("Đính chính: {}", asked.title).into(),
        why: String::new(),
        items: asked.correction,
        correction: [].into(),
        corrects: Some(wrong.clone()),
        ..asked
    };
    let id = name(asked.drill, now)?;
    let airings = airings(district, &id, &asked, now).await?;
    district.store.correct(&doer.actor, wrong, (&id, &asked, &agreed), &airings).await?;
    tell(district, &asked, now).await?;
    tracing::warn!(bulletin = %id, corrects = %wrong, by = asked.by, "correction sent");
    Ok(Bulletin { id, asked, agreed: Some(agreed), cancelled: None })
}

async fn known(district: &District, id: &BulletinId) -> Result<Bulletin, Refusal> {
    district.store.bulletin(id).await?.ok_or_else(|| unknown(id))
}

/// A bulletin, if somebody has one of these rights at each of its stations.
async fn theirs(
    district: &District,
    id: &BulletinId,
    doer: &Doer,
    rights: &[Right],
) -> Result<Bulletin, Refusal> {
    let bulletin = known(district, id).await?;
    let rules = district.store.rules().await?;
    must_at(&rules, doer, rights, &bulletin.asked.stations)?;
    Ok(bulletin)
}

/// The stations' rundowns change; whoever watches is told.
async fn tell(district: &District, asked: &Asked, now: UtcMs) -> Result<(), StoreError> {
    rolling::rewrite(district, &asked.stations, now).await?;
    district.heard.send_modify(|count| *count += 1);
    Ok(())
}

/// One airing at each of its stations, from now on.
async fn airings(
    district: &District,
    id: &BulletinId,
    asked: &Asked,
    now: UtcMs,
) -> Result<Vec<PlannedAiring>, Refusal> {
    let stations = district.store.stations().await?;
    let stations: HashMap<_, &Station> = stations.iter().map(|one| (&one.id, one)).collect();
    let at = asked.stations.iter().filter_map(|station| stations.get(station));
    Ok(at.map(|station| airing(id, asked, station, now)).collect())
}

fn airing(id: &BulletinId, asked: &Asked, station: &Station, now: UtcMs) -> PlannedAiring {
    let starts_at = now + LEAD;
    let order = BulletinOrder {
        id: id.clone(),
        drill: asked.drill,
        resumes: station.resume_after_bulletin,
        corrects: asked.corrects.clone(),
    };
    let airing = Airing {
        id: AiringId::of_bulletin(id, &station.id, now),
        schedule: id.as_schedule(),
        station: station.id.clone(),
        programme: id.as_programme(),
        title: asked.title.clone(),
        campaign: None,
        priority: Priority::Emergency,
        bulletin: Some(order),
        nominal_at: now,
        starts_at,
        ends_at: starts_at + Duration::from_millis(asked.duration_ms()),
        latest_start: now + current(asked),
        items: asked.items.clone(),
    };
    let unit = station.unit.clone();
    let digest = digest(&(&airing, &unit));
    PlannedAiring { airing, unit, refused: false, reason: None, decision: None, digest }
}
