//! The district, to a folder and back.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use indicatif::ProgressBar;
use loa::{
    backup::{self, Manifest},
    clock::{Clock as _, SystemClock},
    library::{PHOTOGRAPHS, Shelf},
    log::LogKeys,
    radio::ClipHash,
    server::{Keyring, check_entries},
    store::{Actor, Deed, LogFault, Store},
};

use super::place::Place;

/// What to do about a file that is damaged or not there.
const REMEDY: &str = "add the recording again, or put the file back from an older backup";

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
    /// Restore although recordings or photographs are missing: what needs a recording is not aired until it is added again.
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
    // What is named later may lie there later than the files are copied.
    let named = Named::of(&store).await.context("the database cannot say which files it names")?;
    let (bar, told) = progress();
    let made = backup::make(&store, &place.data, &to, SystemClock.now(), told).await;
    bar.finish_and_clear();
    let missing = match &made {
        Ok(manifest) => named.missing(&store, &to, manifest).await,
        Err(_) => Ok(Vec::new()),
    };
    store.close().await;
    let (manifest, missing) = (made?, missing?);
    say(&manifest);
    for path in &manifest.damaged {
        eprintln!("{path} is damaged on this disk and not in the backup: {REMEDY}");
    }
    for what in &missing {
        eprintln!("{what} is missing on this disk and so in the backup: {REMEDY}");
    }
    let is_whole = manifest.damaged.is_empty() && missing.is_empty();
    anyhow::ensure!(is_whole, "everything else is in {}", to.display());
    eprintln!("backed up to {}", to.display());
    Ok(())
}

/// Restores it.
pub(crate) async fn restore(arguments: RestoreArguments) -> anyhow::Result<()> {
    let RestoreArguments { place, from, accept_missing } = arguments;
    let (now, (bar, told)) = (SystemClock.now(), progress());
    let prove = async |store: &Store, folder: &Path, manifest: &Manifest| {
        let proven = async {
            let missing = Named::of(store).await?.missing(store, folder, manifest).await?;
            anyhow::ensure!(
                accept_missing || missing.is_empty(),
                "missing: {}; take another backup, or say --accept-missing to restore without",
                missing.join(", ")
            );
            let proven = prove(store, folder).await?;
            store.note(&Actor::command("loa restore"), now, Deed::Restored, "backup").await?;
            Ok(proven)
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

/// The files that a database names by their hash, each with what people know it by.
struct Named {
    recordings: Vec<(ClipHash, String)>,
    photographs: Vec<(ClipHash, String)>,
}

impl Named {
    async fn of(store: &Store) -> anyhow::Result<Self> {
        let mut recordings = Vec::new();
        for clip in store.clips().await? {
            let what = format!("recording {} of clip {}", clip.sha256, clip.id);
            recordings.push((clip.sha256, what));
        }
        for sha256 in store.bulletin_recordings().await? {
            recordings.push((sha256, format!("recording {sha256}, made for a bulletin,")));
        }
        let mut photographs = Vec::new();
        for (sha256, campaign, day) in store.photographs().await? {
            let what = format!("photograph {sha256}, reported on {day} for campaign {campaign},");
            photographs.push((sha256, what));
        }
        Ok(Self { recordings, photographs })
    }

    /// What of it should be in a folder and is not, but for what the backup says was damaged.
    async fn missing(
        self,
        store: &Store,
        folder: &Path,
        manifest: &Manifest,
    ) -> anyhow::Result<Vec<String>> {
        let clips = folder.join("clips");
        let photographs = Shelf::look(&clips.join(PHOTOGRAPHS));
        let lacks = |shelf: &Shelf, sha256: &ClipHash| {
            let name = sha256.to_string();
            !shelf.contains(sha256) && !manifest.damaged.iter().any(|path| path.ends_with(&name))
        };
        let (mut missing, clips) = (self.recordings, Shelf::look(&clips));
        missing.retain(|(sha256, _)| lacks(&clips, sha256));
        // Asked last: one that is kept no longer may go at any time.
        let gone = store.gone().await?;
        missing.retain(|(sha256, _)| !gone.contains(sha256));
        missing.extend(self.photographs.into_iter().filter(|(it, _)| lacks(&photographs, it)));
        Ok(missing.into_iter().map(|(_, what)| what).collect())
    }
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
