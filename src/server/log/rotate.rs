use crate::{
    log::{BadLogKey, Entry, LogKey, LogKeys},
    radio::UtcMs,
    server::{Keyring, KeyringError, log_secrets},
    signing::{BadNote, NoteKey, Signs},
    store::{Actor, Store, StoreError},
};

/// Why the log's key was not changed.
#[derive(Debug, thiserror::Error)]
pub enum NoRotation {
    /// The log has none.
    #[error("the log has no key yet: loa serve makes the first within seconds")]
    NotBegun,
    /// The old one cannot sign the new one.
    #[error(
        "the secret of the log's key {0} is not in the folder of the keys: restore it from a backup; without it there is no other key for this log"
    )]
    Lost(String),
    /// Two changed it at the same time.
    #[error("the log's key was changed meanwhile: loa log head tells which it is now")]
    Meanwhile,
    /// The log says what cannot be.
    #[error(transparent)]
    Log(#[from] BadLogKey),
    /// The key.
    #[error(transparent)]
    Key(#[from] BadNote),
    /// The folder of the keys.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes the next key of the log: the one that signs now signs an entry that names it, and its secret is removed then. A
/// district that serves signs the next head with the new one.
///
/// # Errors
/// There is no old key to sign it, or the disk or the database refuses; the old one signs on then.
pub async fn rotate_log_key(
    store: &Store,
    keyring: &Keyring,
    now: UtcMs,
) -> Result<NoteKey, NoRotation> {
    let keys = LogKeys::read(&store.log_keys().await?)?;
    let old = keys.newest().ok_or(NoRotation::NotBegun)?;
    let by = keyring.log().numbered(old).ok_or_else(|| NoRotation::Lost(old.to_string()))?;
    let (number, secret_before) = (by.0 + 1, by.1);
    // The secret is on disk before anybody hears of the key.
    let secret = log_secrets::make(keyring.folder(), number)?;
    let new = NoteKey::new(old.name(), Signs::Text, secret.public())?;
    let entry = LogKey::after(now, &new, secret_before);
    let still = |known: &[(u64, String)]| LogKeys::read(known).is_ok_and(|it| it == keys);
    let missing = |known: &[(u64, String)]| {
        let entry = still(known).then(|| Entry::LogKey(entry.clone()));
        entry.into_iter().collect()
    };
    let by = (&Actor::command("loa log rotate"), now);
    let known = LogKeys::read(&store.complete_log_keys(by, missing).await?)?;
    if known.newest() != Some(&new) {
        return Err(NoRotation::Meanwhile);
    }
    log_secrets::forget_before(keyring.folder(), number)?;
    Ok(new)
}
