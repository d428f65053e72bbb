//! Keeps what a form says, unless something stands against it.

use std::time::Duration;

use super::{fault::Fault, visitor::Reader, words::Phrase};
use crate::{
    server::District,
    store::{Former, Origin, StoreError, Thing},
};

/// Writes things, all or none, and has them planned. Inside, what stands against it and is to be said with the form.
pub(super) async fn keep(
    district: &District,
    reader: &Reader,
    things: &[(Thing<'_>, Former<'_>)],
    take_over: bool,
) -> Result<Result<(), Phrase>, Fault> {
    let now = district.clock.now();
    match district.store.put_all(&reader.actor(), things, take_over, now).await {
        Ok(_) => {
            planned_anew(district).await;
            Ok(Ok(()))
        }
        Err(error) => Ok(Err(reader.of(against(error)?))),
    }
}

/// The words for what stands against it; a failure where it is none of theirs.
pub(super) fn against(error: StoreError) -> Result<&'static str, Fault> {
    match error {
        StoreError::OfFile { .. } => Ok("common.take-over-needed"),
        StoreError::Dangling(_) => Ok("common.dangling"),
        StoreError::Stale { .. } => Ok("common.stale"),
        error => Err(error.into()),
    }
}

/// Whether a file brought it.
pub(super) async fn is_of_file(district: &District, thing: Thing<'_>) -> Result<bool, Fault> {
    Ok(district.store.origin(thing).await? == Some(Origin::File))
}

/// How a thing stands, for its form's hidden field `stood`; empty: it is new.
pub(super) fn stood(thing: Option<Thing<'_>>) -> String {
    thing.map(Thing::version).unwrap_or_default()
}

/// How a thing has to stand for its form to be saved: as the form says that it stood. One that does not say is taken for
/// how it stands now.
pub(super) fn former<'a>(stands: &'a str, stood: &'a str) -> Former<'a> {
    match (stands, stood) {
        ("", _) => Former::Absent,
        (stands, "") => Former::Version(stands),
        (_, stood) => Former::Version(stood),
    }
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
