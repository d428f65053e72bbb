//! The district, to a folder and back.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use indicatif::ProgressBar;
use loa::{
    backup::{self, Manifest},
    clock::{Clock as _, SystemClock},
    server::check_entries,
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

/// Make a district of a backup, in a folder that is not there yet. Everything is compared with its hash first.
#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArguments {
    #[command(flatten)]
    place: Place,
    /// The folder that loa backup made.
    #[arg(value_name = "FOLDER")]
    from: PathBuf,
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
    let RestoreArguments { place, from } = arguments;
    let (bar, told) = progress();
    let restored = backup::restore(&from, &place.data, place.database.as_deref(), told).await;
    bar.finish_and_clear();
    let manifest = restored?;
    say(&manifest);
    // Brings its tables up to date, and looks at it as every start does.
    let store = place.store().await?;
    let proven = prove(&store).await;
    store.close().await;
    eprintln!("{}", proven?);
    eprintln!("every file and every row is what it was; restored to {}", place.data.display());
    Ok(())
}

/// What the restored record itself proves: that it is what the log's last head was signed of, and how much of each
/// station's chain is there.
async fn prove(store: &Store) -> anyhow::Result<String> {
    if let Some(LogFault { entry, detail, .. }) = check_entries(store).await? {
        let entry = entry.map(|entry| format!(" (entry {entry})")).unwrap_or_default();
        bail!(
            "the record is not what the log was signed of: {detail}{entry}; restore another backup"
        );
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
