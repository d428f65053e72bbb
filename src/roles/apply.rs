use std::path::PathBuf;

use anyhow::Context;
use loa::{
    almanac,
    clock::{Clock, SystemClock},
    library::{Limits, Shelf, take_in},
    planning::Rule,
    store::{Change, Removed, Rules, Store},
};

use super::{clip::clip_of_entry, place::Place};

/// Bring TOML files into the database; say what changed. Twice changes nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct ApplyArguments {
    #[command(flatten)]
    place: Place,
    /// TOML files, or folders of them.
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
}

/// Applies and prints what changed.
pub(crate) async fn run(arguments: ApplyArguments) -> anyhow::Result<()> {
    let store = arguments.place.store().await?;
    let changes = apply(&store, &arguments.place.shelf()?, &arguments.files).await?;
    for change in &changes {
        eprintln!("{change}");
    }
    if changes.is_empty() {
        eprintln!("nothing changed");
    }
    store.close().await;
    Ok(())
}

/// Reads and checks everything first, then takes the recordings in, then writes the rules in one transaction.
pub(crate) async fn apply(
    store: &Store,
    shelf: &Shelf,
    files: &[PathBuf],
) -> anyhow::Result<Vec<Change>> {
    let almanac = almanac::read(files, Rule::check)?;
    let mut clips = Vec::new();
    for entry in &almanac.clips {
        let measured = take_in(&entry.path, shelf, &Limits::default(), |_| {})
            .with_context(|| format!("clip {}: {}", entry.id, entry.path.display()))?;
        clips.push(clip_of_entry(entry, &measured));
    }
    let calendar = (almanac.calendar != Default::default()).then_some(almanac.calendar);
    let rules = Rules {
        units: almanac.units,
        stations: almanac.stations,
        clips,
        programmes: almanac.programmes,
        campaigns: almanac.campaigns,
        calendar,
        schedules: almanac.schedules,
    };
    let removed = Removed {
        units: almanac.remove.units,
        stations: almanac.remove.stations,
        clips: almanac.remove.clips,
        programmes: almanac.remove.programmes,
        campaigns: almanac.remove.campaigns,
        schedules: almanac.remove.schedules,
    };
    Ok(store.apply(&rules, &removed, SystemClock.now()).await?)
}
