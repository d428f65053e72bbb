use std::{ops::Range, time::Duration};

use super::{Found, Seen, head_of, is_signed, stretches};
use crate::{
    log::{Frontier, Hash, Head, LogKeys, WIDTH, inclusion, verify_inclusion},
    server::District,
    store::{LogFault, LogFaultKind, Store, StoreError, Touched},
};

/// From the beginning of one look to that of the next, so that what somebody changed is found within a minute.
const TURN: Duration = Duration::from_secs(25);
/// Between two looks at least, where they are long.
const REST: Duration = Duration::from_secs(5);
/// Tiles that are read together where all are.
const TOGETHER: u64 = 8;
/// After what was read together, so that others get the processor too.
const BREATH: Duration = Duration::from_millis(2);
/// One part in so many of a processor's time goes into walking the log when nobody seems to have touched it.
const SHARE: u32 = 20;

/// Looks at what was written to the log's rows, again and again, and between the looks walks the log from end to end at
/// leisure: what is done to a database's file itself, the database does not tell.
pub(in crate::server) async fn keep_checked(district: District) {
    let mut tile = 0;
    loop {
        let next = district.clock.monotonic() + TURN;
        let looked = match check_log(&district).await {
            Ok(None) => patrol(&district, &mut tile, next).await.map(drop),
            looked => looked.map(drop),
        };
        if let Err(error) = looked {
            tracing::warn!(%error, "the log cannot be checked now");
        }
        tokio::time::sleep(next.saturating_sub(district.clock.monotonic()).max(REST)).await;
    }
}

fn at_checking(seen: &mut Seen) -> &mut Option<Found> {
    &mut seen.at_checking
}

/// Reads every row again that may have been written since the last look, by whomever, and has the pages show what is wrong:
/// the first row that is gone, says something else, or never went in, or a whole that is not what was signed. The first time,
/// and as long as something is wrong, that is every row.
///
/// # Errors
/// The database would not.
pub async fn check_log(district: &District) -> Result<Option<LogFault>, StoreError> {
    let (store, mark) = (&district.store, district.log.take_mark());
    let (now, touched) = store.log_touched(mark.as_ref()).await?;
    let fault = match touched {
        Touched::Anything => check_entries(store).await?,
        Touched::Tiles(tiles) => match check_tiles(store, tiles).await? {
            None => stranger(store).await?,
            fault => fault,
        },
    };
    if fault.is_none() {
        district.log.keep_mark(now);
    }
    district.log.note(at_checking, fault.clone(), district.clock.now());
    Ok(fault)
}

/// Walks the log slowly from a tile on, until an instant of the clock that never steps, the end of the log or the first fault;
/// where it finds one, the next [`check_log`] looks at everything.
///
/// # Errors
/// The database would not.
pub async fn patrol(
    district: &District,
    tile: &mut u64,
    until: Duration,
) -> Result<Option<LogFault>, StoreError> {
    while district.clock.monotonic() < until {
        let begun = district.clock.monotonic();
        let fault = check_tiles(&district.store, [*tile]).await?;
        if fault.is_some() {
            district.log.take_mark();
            return Ok(fault);
        }
        *tile += 1;
        if *tile * WIDTH >= district.store.log_size().await? {
            *tile = 0;
            break;
        }
        let took = district.clock.monotonic().saturating_sub(begun);
        tokio::time::sleep((took * (SHARE - 1)).max(BREATH)).await;
    }
    Ok(None)
}

/// Reads everything in a database again, also in one that no district serves.
///
/// # Errors
/// The database fails.
pub async fn check_entries(store: &Store) -> Result<Option<LogFault>, StoreError> {
    let Ends { signed, size } = match ends(store).await? {
        Ok(ends) => ends,
        fault => return Ok(fault.err()),
    };
    let mut edge = Frontier::default();
    for span in stretches(0, size, TOGETHER) {
        let leaves = match store.log_read_back(span).await? {
            Ok(leaves) => leaves,
            Err(fault) => return Ok(Some(fault)),
        };
        for leaf in leaves {
            edge.push(leaf);
            if let Some(head) = &signed
                && edge.size() == head.size
                && edge.root() != head.root
            {
                return Ok(Some(rewritten(head.size)));
            }
        }
        tokio::time::sleep(BREATH).await;
    }
    match seal_fault(store).await? {
        None => stranger(store).await,
        fault => Ok(fault),
    }
}

/// What is in the database and not in the log, or otherwise: a row that never went in, or a rule.
async fn stranger(store: &Store) -> Result<Option<LogFault>, StoreError> {
    match store.log_stranger().await? {
        None => store.log_rule_fault().await,
        fault => Ok(fault),
    }
}

/// Reads some tiles' rows again, and holds each tile against the head.
async fn check_tiles(
    store: &Store,
    tiles: impl IntoIterator<Item = u64>,
) -> Result<Option<LogFault>, StoreError> {
    let Ends { signed, size } = match ends(store).await? {
        Ok(ends) => ends,
        fault => return Ok(fault.err()),
    };
    for tile in tiles {
        let span =
            tile.saturating_mul(WIDTH)..tile.saturating_add(1).saturating_mul(WIDTH).min(size);
        if span.is_empty() {
            continue;
        }
        let leaves = match store.log_read_back(span.clone()).await? {
            Ok(leaves) => leaves,
            Err(fault) => return Ok(Some(fault)),
        };
        if let (Some(head), Some(first)) = (&signed, leaves.first())
            && !is_under(store, &span, first, head).await?
        {
            return Ok(Some(rewritten(head.size)));
        }
    }
    seal_fault(store).await
}

/// Whether the newest head is signed by somebody else than the log's key, as its entries name it.
async fn seal_fault(store: &Store) -> Result<Option<LogFault>, StoreError> {
    let Some(signed) = store.checkpoint().await? else { return Ok(None) };
    let detail = match LogKeys::read(&store.log_keys().await?) {
        Err(error) => error.to_string(),
        Ok(keys) if is_signed(&signed, &keys) => return Ok(None),
        Ok(_) => format!("the head of {} entries is not signed with the log's key", signed.size),
    };
    Ok(Some(LogFault { entry: None, kind: LogFaultKind::Key, detail }))
}

/// Whether a tile's hashes lead up to the root that was signed. The way up from the first of them goes through all that are
/// under the head: were another one changed, it would lead elsewhere.
async fn is_under(
    store: &Store,
    span: &Range<u64>,
    first: &Hash,
    head: &Head,
) -> Result<bool, StoreError> {
    let Some(way) = inclusion(span.start, head.size) else { return Ok(true) };
    let path = store.log_nodes(&way).await?;
    Ok(verify_inclusion(span.start, head.size, *first, &path, &head.root).is_ok())
}

/// What the log should be.
struct Ends {
    /// The head that was signed last.
    signed: Option<Head>,
    /// How many entries there are.
    size: u64,
}

async fn ends(store: &Store) -> Result<Result<Ends, LogFault>, StoreError> {
    let wrong = |detail| Ok(Err(fault(detail)));
    // First the head, so that what was signed is not more than what is there.
    let signed = store.checkpoint().await?;
    let size = store.log_size().await?;
    let Some(signed) = signed else { return Ok(Ok(Ends { signed: None, size })) };
    if signed.size > size {
        return wrong(format!("{} entries were signed, and there are {size}", signed.size));
    }
    match head_of(&signed) {
        Some(head) => Ok(Ok(Ends { signed: Some(head), size })),
        None => {
            wrong(format!("the head of {} entries that was signed cannot be read", signed.size))
        }
    }
}

fn fault(detail: String) -> LogFault {
    LogFault { entry: None, kind: LogFaultKind::Rewritten, detail }
}

fn rewritten(size: u64) -> LogFault {
    fault(format!("the first {size} entries are not those that were signed"))
}
