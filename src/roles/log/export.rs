use std::{
    io::{BufWriter, Write},
    path::PathBuf,
};

use anyhow::Context;
use indicatif::ProgressBar;
use loa::store::Store;

use super::super::place::Place;

/// Entries read at a time.
const STRETCH: usize = 1024;

#[derive(Debug, clap::Args)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    place: Place,
    /// The file to write; without, standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the newest signed head and all entries under it.
pub(crate) async fn run(arguments: ExportArguments) -> anyhow::Result<()> {
    let store = arguments.place.store().await?;
    let done = match &arguments.out {
        None => write(&store, &mut BufWriter::new(std::io::stdout().lock())).await,
        Some(path) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or_else(|| std::path::Path::new("."));
            let trouble = || format!("cannot write {}", path.display());
            let mut file = tempfile::NamedTempFile::new_in(folder).with_context(trouble)?;
            let done = write(&store, &mut BufWriter::new(file.as_file_mut())).await;
            if done.is_ok() {
                file.as_file().sync_all().with_context(trouble)?;
                file.persist(path).with_context(trouble)?;
            }
            done
        }
    };
    store.close().await;
    done
}

async fn write(store: &Store, out: &mut impl Write) -> anyhow::Result<()> {
    let signed = store.checkpoint().await?;
    let signed = signed.context("no head was signed yet: loa serve signs it within seconds")?;
    writeln!(out, "{}", signed.note)?;
    let progress = ProgressBar::new(signed.size);
    for from in (0..signed.size).step_by(STRETCH) {
        let until = signed.size.min(from + STRETCH as u64);
        out.write_all(store.log_export(from..until).await?.as_bytes())?;
        progress.set_position(until);
    }
    progress.finish_and_clear();
    out.flush()?;
    eprintln!("{} entries, under the head of {}", signed.size, signed.signed_at);
    Ok(())
}
