//! The district, to a folder and back.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use indicatif::ProgressBar;
use loa::{
    backup::{self, Manifest},
    clock::{Clock as _, SystemClock},
    library::Shelf,
    log::LogKeys,
    radio::ClipHash,
    server::{Keyring, check_entries},
    store::{LogFault, Store},
};

use super::place::Place;

/// Copy everything that the district is into a folder, with the hash of every file, while it serves: database, keys, clips.
#[derive(Debug, clap::Args)]
pub(crate) struct BackupArguments {
    #[command(flatten)]
    place: Place,
    /// The folder to make; it must not be there yet. Whoever has it can order airings: keep it safe.
    #[arg(value_name = "FOLDER")]
    to: PathBuf,
}

/// Make a district of a backup, in a folder that is not there yet. Everything is compared with its hash first, and the record with
/// the last head that the log was signed at.
#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArguments {
    #[command(flatten)]
    place: Place,
    /// The folder that loa backup made.
    #[arg(value_name = "FOLDER")]
    from: PathBuf,
    /// Restore although recordings are missing: what needs them is not aired until they are added again.
    #[arg(long)]
    accept_missing: bool,
}

/// Says which file is at work, where somebody looks.
fn progress() -> (ProgressBar, impl Fn(&Path) + Send + 'static) {
    let bar = ProgressBar::new_spinner();
    let told = bar.clone();
    (bar, move |path: &Path| {
        told.inc(1);
        told.set_message(path.display().to_string());
    })
}

fn say(manifest: &Manifest) {
    let rows: u64 = manifest.database.tables.iter().map(|table| table.rows).sum();
    eprintln!(
        "{} files, {} bytes; the database of {} has {} tables with {rows} rows",
        manifest.files,
        manifest.bytes,
        manifest.made_at,
        manifest.database.tables.len(),
    );
}

/// Backs the district up.
pub(crate) async fn back_up(arguments: BackupArguments) -> anyhow::Result<()> {
    let BackupArguments { place, to } = arguments;
    let (_, store) =
        Store::look(&place.url()).await.context("cannot open the district's database")?;
    let (bar, told) = progress();
    let made = backup::make(&store, &place.data, &to, SystemClock.now(), told).await;
    bar.finish_and_clear();
    store.close().await;
    let manifest = made?;
    say(&manifest);
    for path in &manifest.damaged {
        eprintln!("{path} is damaged on this disk and not in the backup: add the recording again");
    }
    anyhow::ensure!(manifest.damaged.is_empty(), "everything else is in {}", to.display());
    eprintln!("backed up to {}", to.display());
    Ok(())
}

/// Restores it.
pub(crate) async fn restore(arguments: RestoreArguments) -> anyhow::Result<()> {
    let RestoreArguments { place, from, accept_missing } = arguments;
    let (bar, told) = progress();
    let prove = async |store: &Store, folder: &Path, manifest: &Manifest| {
        let proven = async {
            let missing = missing(store, folder, manifest).await?;
            anyhow::ensure!(
                accept_missing || missing.is_empty(),
                "recordings are missing: {}; --accept-missing restores without them",
                missing.join(", ")
            );
            prove(store, folder).await
        };
        proven.await.map_err(|error: anyhow::Error| format!("{error:#}"))
    };
    let database = place.database.as_deref();
    let restored = backup::restore(&from, &place.data, database, told, prove).await;
    bar.finish_and_clear();
    let (manifest, proven) = restored?;
    say(&manifest);
    eprintln!("{proven}");
    eprintln!("every file and every row is what it was; restored to {}", place.data.display());
    Ok(())
}

/// The clips whose recordings should be there and are not, but for those that the backup says were damaged.
async fn missing(store: &Store, folder: &Path, manifest: &Manifest) -> anyhow::Result<Vec<String>> {
    let (shelf, gone) = (Shelf::open(&folder.join("clips"))?, store.gone().await?);
    let is_known = |sha256: &ClipHash| {
        let name = sha256.to_string();
        gone.contains(sha256) || manifest.damaged.iter().any(|path| path.ends_with(&name))
    };
    let lacking = store.clips().await?.into_iter();
    let lacking = lacking.filter(|clip| !is_known(&clip.sha256) && !shelf.contains(&clip.sha256));
    Ok(lacking.map(|clip| format!("{} of clip {}", clip.sha256, clip.id)).collect())
}

/// What the restored record itself proves: that it is what the log's last head was signed of, by a key that is here, and how
/// much of each station's chain is there.
async fn prove(store: &Store, folder: &Path) -> anyhow::Result<String> {
    if let Some(LogFault { entry, detail, .. }) = check_entries(store).await? {
        let entry = entry.map(|entry| format!(" (entry {entry})")).unwrap_or_default();
        bail!("the record is not what the log was signed of: {detail}{entry}");
    }
    let keys = LogKeys::read(&store.log_keys().await?)?;
    if let (Some(key), Some(keyring)) = (keys.newest(), Keyring::look(&folder.join("keys"))?) {
        // Without any the record is still what it was: no new head is signed until the key is found.
        let is_there = keyring.log().of(key).is_some() || keyring.log().first().is_none();
        anyhow::ensure!(is_there, "the key of the log in the folder keys is not the log's, {key}");
    }
    let signed = store.checkpoint().await?.map_or(0, |head| head.size);
    let chains = store.chains().await?;
    let records: u64 = chains.iter().map(|chain| chain.last - chain.missing).sum();
    let missing: u64 = chains.iter().map(|chain| chain.missing).sum();
    Ok(format!(
        "the record is what the log's head of {signed} entries was signed of; {} stations have {records} records here without a gap but for {missing}; what they made since comes again from them",
        chains.len()
    ))
}
