use std::time::Duration;

use super::{Found, Seen, head_of, stretches};
use crate::{
    log::Frontier,
    server::District,
    store::{LogFault, LogFaultKind, Store, StoreError},
};

/// From the beginning of one walk to that of the next, so that what somebody changed is found within a minute.
const TURN: Duration = Duration::from_secs(25);
/// Between two walks at least, where they are long.
const REST: Duration = Duration::from_secs(5);
/// After each tile, so that others get the processor too.
const BREATH: Duration = Duration::from_millis(2);

/// Walks the log from end to end, again and again.
pub(in crate::server) async fn keep_checked(district: District) {
    loop {
        let begun = district.clock.monotonic();
        if let Err(error) = check_log(&district).await {
            tracing::warn!(%error, "the log cannot be checked now");
        }
        let took = district.clock.monotonic().saturating_sub(begun);
        tokio::time::sleep(TURN.saturating_sub(took).max(REST)).await;
    }
}

fn at_checking(seen: &mut Seen) -> &mut Option<Found> {
    &mut seen.at_checking
}

/// Reads every row that is in the log again, and has the pages show what is wrong: the first row that is gone, says something
/// else, or never went in, or a whole that is not what was signed.
///
/// # Errors
/// The database would not.
pub async fn check_log(district: &District) -> Result<Option<LogFault>, StoreError> {
    let fault = check_entries(&district.store).await?;
    district.log.note(at_checking, fault.clone(), district.clock.now());
    Ok(fault)
}

/// The same of a database that no district serves.
///
/// # Errors
/// The database fails.
pub async fn check_entries(store: &Store) -> Result<Option<LogFault>, StoreError> {
    let rewritten =
        |detail: String| Ok(Some(LogFault { entry: None, kind: LogFaultKind::Rewritten, detail }));
    // First the head, so that what was signed is not more than what is there.
    let signed = store.checkpoint().await?;
    let size = store.log_size().await?;
    let signed_size = signed.as_ref().map_or(0, |signed| signed.size);
    if signed_size > size {
        return rewritten(format!("{signed_size} entries were signed, and there are {size}"));
    }
    let head = signed.as_ref().and_then(head_of);
    let mut edge = Frontier::default();
    for span in stretches(0, size) {
        let leaves = match store.log_read_back(span).await? {
            Ok(leaves) => leaves,
            Err(fault) => return Ok(Some(fault)),
        };
        for leaf in leaves {
            edge.push(leaf);
            if edge.size() == signed_size && head.is_none_or(|head| head.root != edge.root()) {
                return rewritten(format!(
                    "the first {signed_size} entries are not those that were signed"
                ));
            }
        }
        tokio::time::sleep(BREATH).await;
    }
    store.log_stranger().await
}
