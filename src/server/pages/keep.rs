//! Keeps what a form says, unless something stands against it.

use std::time::Duration;

use serde::Serialize;

use super::{
    fault::Fault,
    visitor::{Reader, Visitor},
    words::Phrase,
};
use crate::{
    server::{District, planned::digest},
    store::{Origin, StoreError, Thing, ThingKind},
};

/// Writes things, all or none, and has them planned. Inside, what stands against it and is to be said with the form.
pub(super) async fn keep(
    district: &District,
    reader: &Reader,
    things: &[Thing<'_>],
    take_over: bool,
) -> Result<Result<(), Phrase>, Fault> {
    let now = district.clock.now();
    match district.store.put_all(&reader.actor(), things, take_over, now).await {
        Ok(_) => {
            planned_anew(district).await;
            Ok(Ok(()))
        }
        Err(error) => against(reader, error).map(Err),
    }
}

/// What stands against it, in words; a failure where it is none of theirs.
pub(super) fn against(v: &Visitor, error: StoreError) -> Result<Phrase, Fault> {
    match error {
        StoreError::OfFile { .. } => Ok(v.of("common.take-over-needed")),
        StoreError::Dangling(_) => Ok(v.of("common.dangling")),
        error => Err(error.into()),
    }
}

/// Whether a file brought it.
pub(super) async fn is_of_file(
    district: &District,
    kind: ThingKind,
    id: &str,
) -> Result<bool, Fault> {
    Ok(district.store.origin(kind, id).await? == Some(Origin::File))
}

/// How a thing stood when its form was opened, for the form's hidden field `stood`; empty: it is new.
pub(super) fn stood(thing: Option<&impl Serialize>) -> String {
    thing.map(digest).unwrap_or_default()
}

/// Whether somebody changed the thing after the form was opened. A form that does not say how it stood is taken as it is.
pub(super) fn is_stale(now: Option<&impl Serialize>, stood_then: &str) -> bool {
    !stood_then.is_empty() && stood(now) != stood_then
}

/// Says that rules have changed, and waits a little for the new plan, so that the next page shows it.
pub(super) async fn planned_anew(district: &District) {
    let mut rolled = district.rolled();
    let has_planned = rolled.borrow_and_update().is_some();
    district.rules_changed();
    if has_planned {
        // The plan is made all the same if it takes longer.
        let _ = tokio::time::timeout(Duration::from_secs(2), rolled.changed()).await;
    }
}
