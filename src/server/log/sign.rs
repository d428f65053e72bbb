use std::time::Duration;

use super::{Found, Seen, head_of, is_signed, stretches};
use crate::{
    log::{Checkpoint, DistrictKey, Entry, Frontier, Head, LogKey, LogKeys},
    server::District,
    signing::Note,
    store::{Actor, LogFault, LogFaultKind, SignedHead, StoreError},
};

/// How long a head waits for its signature at most: what comes meanwhile is signed together.
const PAUSE: Duration = Duration::from_secs(3);

/// Signs the log's head when it has grown, for ever.
pub(in crate::server) async fn keep_signed(district: District) {
    loop {
        if let Err(error) = sign_log(&district).await {
            tracing::warn!(%error, "the log's head cannot be signed now");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn at_signing(seen: &mut Seen) -> &mut Option<Found> {
    &mut seen.at_signing
}

fn wrong(kind: LogFaultKind, detail: impl Into<String>) -> Result<Option<LogFault>, StoreError> {
    Ok(Some(LogFault { entry: None, kind, detail: detail.into() }))
}

/// Signs the log's head, if it is not signed yet. All that is new under it is read back from its rows and hashed again
/// first. Gives what keeps it from being signed, and has the pages show it.
///
/// # Errors
/// The database would not.
pub async fn sign_log(district: &District) -> Result<Option<LogFault>, StoreError> {
    let fault = sign(district).await?;
    district.log.note(at_signing, fault.clone(), district.clock.now());
    Ok(fault)
}

async fn sign(district: &District) -> Result<Option<LogFault>, StoreError> {
    introduce(district).await?;
    let (store, size) = (&district.store, district.store.log_size().await?);
    // Asked for after the size: a key that another program names meanwhile signs the next head.
    let keys = match LogKeys::read(&store.log_keys().await?) {
        Ok(keys) => keys,
        Err(error) => return wrong(LogFaultKind::Key, error.to_string()),
    };
    let Some(key) = keys.signer_of(size) else {
        return wrong(LogFaultKind::Key, "keys/log.key is missing: restore it from a backup");
    };
    let keyring = match district.keyring_with(key) {
        Ok(keyring) => keyring,
        Err(error) => return wrong(LogFaultKind::Key, error.to_string()),
    };
    let Some(secret) = keyring.as_ref().and_then(|keyring| keyring.log().of(key)) else {
        let detail = format!(
            "the folder of the keys has not the secret of this log's key, {key}: restore it from a backup"
        );
        return wrong(LogFaultKind::Key, detail);
    };
    let mut edge = Frontier::default();
    if let Some(last) = store.checkpoint().await? {
        edge = store.log_frontier(last.size).await?;
        let is_ours = is_signed(&last, &keys);
        if !is_ours || head_of(&last).is_none_or(|head| head.root != edge.root()) {
            let detail = format!("the first {} entries are not those that were signed", last.size);
            return wrong(LogFaultKind::Rewritten, detail);
        }
        if last.size >= size {
            let detail = format!("{} entries were signed, and there are {size}", last.size);
            return if last.size == size {
                Ok(None)
            } else {
                wrong(LogFaultKind::Rewritten, detail)
            };
        }
    }
    for span in stretches(edge.size(), size, 1) {
        match store.log_read_back(span).await? {
            Ok(leaves) => leaves.into_iter().for_each(|leaf| edge.push(leaf)),
            Err(fault) => return Ok(Some(fault)),
        }
        tokio::task::yield_now().await;
    }
    let root = edge.root();
    let checkpoint = Checkpoint { origin: key.name().to_owned(), head: Head { size, root } };
    let signed = Note::new(checkpoint.to_string()).and_then(|mut note| {
        note.sign(key.name(), secret)?;
        Ok(note.to_string())
    });
    let note = match signed {
        Ok(note) => note,
        Err(error) => return wrong(LogFaultKind::Key, error.to_string()),
    };
    let signed_at = district.clock.now();
    store.keep_checkpoint(&SignedHead { size, signed_at, note }, &root).await?;
    Ok(None)
}

/// Sees that the log says with which keys it and the rundowns are signed.
async fn introduce(district: &District) -> Result<(), StoreError> {
    let (at, keyring) = (district.clock.now(), district.keyring());
    let missing = |known: &[(u64, String)]| {
        let mut new = Vec::new();
        if count(known, "log-key") == 0 {
            let first = keyring.log().first();
            new.extend(first.map(|key| {
                Entry::LogKey(LogKey { at, key: key.to_string().into(), signature: None })
            }));
        }
        let statements = keyring.row().iter().skip(count(known, "district-key")).cloned();
        new.extend(statements.map(|statement| Entry::DistrictKey(DistrictKey { at, statement })));
        new
    };
    let by = (&Actor::command("loa serve"), at);
    district.store.complete_log_keys(by, missing).await.map(drop)
}

fn count(entries: &[(u64, String)], kind: &str) -> usize {
    let begins = format!("{{\"kind\":\"{kind}\"");
    entries.iter().filter(|(_, line)| line.starts_with(&begins)).count()
}
