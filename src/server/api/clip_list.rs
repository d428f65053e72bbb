use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    radio::{Approval, Clip, ClipId, Right, Ruling, UtcMs},
    server::{
        District,
        body::{Asked, Named, Sent},
        description::Description,
        login::{Doer, OfPerson},
        pages::Language,
        problem::Refusal,
    },
    store::{ClipFilter, Former, Origin, StoredClip, Thing},
    wire::Problem,
};

/// A clip with how it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct ClipView {
    /// The clip.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    clip: Clip,
    /// How long it sounds, in milliseconds.
    duration_ms: u64,
    /// `file` or `page`: whose word it is.
    #[schema(value_type = String)]
    origin: Origin,
    /// Who loaded the recording; none: a file brought it.
    uploaded_by: Option<String>,
    /// When.
    uploaded_at: Option<UtcMs>,
    /// How its approval stands.
    approval: Approval,
    /// The last ruling on its content.
    ruling: Option<Ruling>,
    /// Since when it airs no more.
    retired_at: Option<UtcMs>,
}

impl From<StoredClip> for ClipView {
    fn from(stored: StoredClip) -> Self {
        let StoredClip { clip, origin, maker, approval, ruling, retired_at, .. } = stored;
        Self {
            duration_ms: clip.duration_ms(),
            clip,
            origin,
            uploaded_at: maker.name.is_some().then_some(maker.at).flatten(),
            uploaded_by: maker.name,
            approval,
            ruling,
            retired_at,
        }
    }
}

/// Which clips.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Wanted {
    /// With all these words in title, name, office, document or transcript; marks do not matter.
    words: Option<String>,
    /// Standing so with their approvers.
    approval: Option<Approval>,
    /// Retired, or not.
    retired: Option<bool>,
    /// At most so many, 1 to 500.
    #[serde(default = "usual_limit")]
    limit: u32,
    /// Where the page before ended: its `next`.
    cursor: Option<String>,
}

fn usual_limit() -> u32 {
    500
}

/// Some clips, in the dictionary's order of their titles.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct Clips {
    /// The clips.
    clips: Vec<ClipView>,
    /// What to send as `cursor` for those after these; none: there are no more.
    next: Option<String>,
}

/// The recordings.
#[utoipa::path(
    get, path = "/api/v1/clips", tag = "rules", params(Wanted), security(("person" = [])),
    responses(
        (status = 200, description = "A page of them.", body = Clips),
        (status = 400, description = "The query cannot be read.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a person's token.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn clips(
    State(district): State<District>,
    _: OfPerson,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Clips>, Refusal> {
    let bad = |detail: &str| Refusal::new(StatusCode::BAD_REQUEST, "bad-query", detail);
    if !(1..=500).contains(&wanted.limit) {
        return Err(bad("limit: 1 to 500"));
    }
    let cursor = wanted.cursor.as_deref().map(|cursor| {
        let (key, id) = cursor.split_once('~')?;
        Some((key, id.parse::<ClipId>().ok()?))
    });
    let after = match &cursor {
        None => None,
        Some(Some((key, id))) => Some((*key, id)),
        Some(None) => return Err(bad("cursor: take it from a page's \"next\"")),
    };
    let filter = ClipFilter {
        words: wanted.words.clone(),
        approval: wanted.approval,
        retired: wanted.retired,
    };
    let found = district.store.find_clips(&filter, after, wanted.limit + 1).await?;
    let limit = wanted.limit as usize;
    let last = found.get(limit - 1).filter(|_| found.len() > limit);
    let next = last.map(|last| format!("{}~{}", last.sort_key, last.clip.id));
    Ok(Json(Clips { clips: found.into_iter().take(limit).map(ClipView::from).collect(), next }))
}

/// What is to be different in a clip.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Change {
    /// What people say of it.
    #[serde(default)]
    description: Description,
    /// Whether it is out of use.
    #[serde(default)]
    retired: Option<bool>,
    /// Whether it becomes the page's word where a file brought it.
    #[serde(default)]
    take_over: bool,
}

/// Says something else of a clip, or puts it out of use. What it sounds never changes.
#[utoipa::path(
    patch, path = "/api/v1/clips/{clip}", tag = "rules",
    params(("clip" = ClipId, Path, description = "Its name.")),
    security(("person" = [])), request_body = Change,
    responses(
        (status = 200, description = "The clip as it is now.", body = ClipView),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The right to load is lacking.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such clip.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A file brought it, and `take_over` is not said; or somebody else changed it meanwhile.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It cannot be said so.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn change(
    State(district): State<District>,
    doer: Doer,
    Named(id): Named<ClipId>,
    Sent(change): Sent<Change>,
) -> Result<Json<ClipView>, Refusal> {
    doer.must_everywhere(Right::Load)?;
    let (store, now) = (&district.store, district.clock.now());
    let unknown = || Refusal::not_found(format!("there is no clip {id}"));
    let stored = store.clip(&id).await?.ok_or_else(unknown)?;
    if change.retired == Some(false) && store.gone_at(&stored.clip.sha256).await?.is_some() {
        let said = |language: Language| language.of("clips.is-gone").to_string();
        return Err(Refusal::unreadable(said(Language::En)).in_vietnamese(said(Language::Vi)));
    }
    let stood = Thing::Clip(&stored.clip).version();
    let clip = change.description.of(stored.clip).map_err(|wrong| {
        let said = |language: Language| {
            let lines = wrong.iter().map(|wrong| {
                let (field, key) = wrong.about();
                format!("{field}: {}", language.of(key))
            });
            lines.collect::<Vec<_>>().join("; ")
        };
        Refusal::unreadable(said(Language::En)).in_vietnamese(said(Language::Vi))
    })?;
    let said = (Thing::Clip(&clip), Former::Version(&stood));
    store.put(&doer.actor, said, change.take_over, now).await?;
    if let Some(retired) = change.retired {
        store.retire(&doer.actor, &id, retired, now).await?;
    }
    district.rules_changed();
    let changed = store.clip(&id).await?.ok_or_else(unknown)?;
    Ok(Json(changed.into()))
}
