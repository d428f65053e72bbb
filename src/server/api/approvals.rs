use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    radio::{Approval, ClipHash, Right, Ruling, Subject, UtcMs},
    server::{
        District,
        body::Sent,
        login::{Doer, OfPerson},
        pages::Language,
        problem::Refusal,
    },
    store::{Pending, Ruled, Said},
    wire::Problem,
};

/// Something that may not air as it is.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct PendingView {
    /// What.
    #[serde(flatten)]
    subject: Subject,
    /// Its content, as a ruling on it has to name it.
    content: ClipHash,
    /// Its title.
    title: String,
    /// `waiting` or `sent-back`.
    approval: Approval,
    /// Who made it sound as it does: somebody else has to approve it.
    made_by: Option<String>,
    /// When.
    made_at: Option<UtcMs>,
    /// The last ruling on it, whatever it sounded then.
    last: Option<Ruling>,
}

impl From<Pending> for PendingView {
    fn from(pending: Pending) -> Self {
        let Pending { subject, content, title, approval, makers, last } = pending;
        let maker = makers.into_iter().next().unwrap_or_default();
        Self { subject, content, title, approval, made_by: maker.name, made_at: maker.at, last }
    }
}

/// What waits for an approver.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct Queue {
    /// Whether nobody may approve their own work.
    four_eyes: bool,
    /// The longest waiting first, what was sent back last.
    pending: Vec<PendingView>,
}

/// What does not air before somebody approves it.
#[utoipa::path(
    get, path = "/api/v1/approvals", tag = "rules", security(("person" = [])),
    responses(
        (status = 200, description = "All of it.", body = Queue),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a person's token.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn list(
    State(district): State<District>,
    _: OfPerson,
) -> Result<Json<Queue>, Refusal> {
    let four_eyes = district.store.four_eyes().await?;
    let pending = district.store.pending().await?.into_iter().map(PendingView::from).collect();
    Ok(Json(Queue { four_eyes, pending }))
}

/// An approver's word.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::server) struct Word {
    /// Of what: `clip` or `programme`, and its name.
    #[serde(flatten)]
    subject: Subject,
    /// Of which content: what the list says, or a clip's SHA-256.
    content: ClipHash,
    /// Whether it may air.
    approved: bool,
    /// What is to be different; needed where something is sent back.
    #[serde(default)]
    comment: Option<String>,
}

/// Approves a content, or sends it back. The word holds for this content only, and is kept.
#[utoipa::path(
    post, path = "/api/v1/approvals", tag = "rules", security(("person" = [])),
    request_body = Word,
    responses(
        (status = 204, description = "It holds."),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The right to approve is lacking, or it is their own work.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such thing.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It sounds otherwise by now.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "What is sent back needs a comment, or the body cannot be read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn rule(
    State(district): State<District>,
    doer: Doer,
    Sent(word): Sent<Word>,
) -> Result<StatusCode, Refusal> {
    doer.must_everywhere(Right::Approve)?;
    let comment = word.comment.as_deref().map(str::trim).filter(|comment| !comment.is_empty());
    let refused = |status, code, key: &str| {
        Refusal::new(status, code, Language::En.of(key).to_string())
            .in_vietnamese(Language::Vi.of(key).to_string())
    };
    if !word.approved && comment.is_none() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Err(refused(status, "comment-missing", "approval.comment-missing"));
    }
    let said =
        Said { subject: &word.subject, content: word.content, approved: word.approved, comment };
    match district.store.rule(&doer.actor, &said, district.clock.now()).await? {
        Ruled::Done => {
            district.rules_changed();
            Ok(StatusCode::NO_CONTENT)
        }
        Ruled::Unknown => Err(Refusal::not_found(format!("there is no {}", word.subject))),
        Ruled::Changed => Err(refused(StatusCode::CONFLICT, "changed", "approval.changed")),
        Ruled::Own => Err(refused(StatusCode::FORBIDDEN, "own-work", "approval.own-work")),
    }
}
