use std::{cell::RefCell, collections::BTreeSet, path::PathBuf};

use loa::{
    almanac::{self, Kind, Known},
    clock::{Clock, SystemClock},
    library::{Limits, Shelf, take_in},
    planning::Rule,
    store::{Actor, Change, ChangeKind, Removed, Rules, Store},
};

use super::{
    clip::{self, IntakeArguments},
    place::Place,
};

/// Bring TOML files into the database; say what changed. Twice changes nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct ApplyArguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    intake: IntakeArguments,
    /// Say again in files what was written on pages since: the files' word counts from now on.
    #[arg(long)]
    take_over: bool,
    /// TOML files, or folders of them.
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
}

/// Applies and prints what changed.
pub(crate) async fn run(arguments: ApplyArguments) -> anyhow::Result<()> {
    let store = arguments.place.store().await?;
    let (shelf, limits) = (arguments.place.shelf()?, arguments.intake.limits());
    let over = arguments.take_over;
    let changes = apply_over(&store, &shelf, &limits, &arguments.files, over).await?;
    for change in &changes {
        eprintln!("{change}");
    }
    if changes.iter().all(|change| change.kind == ChangeKind::Kept) {
        eprintln!("nothing changed");
    }
    store.close().await;
    Ok(())
}

/// Reads and checks everything first, then takes the recordings in, then writes the rules in one transaction. The files
/// may name what is stored.
pub(crate) async fn apply(
    store: &Store,
    shelf: &Shelf,
    limits: &Limits,
    files: &[PathBuf],
) -> anyhow::Result<Vec<Change>> {
    apply_over(store, shelf, limits, files, false).await
}

/// The same; with `over` also over what pages wrote.
async fn apply_over(
    store: &Store,
    shelf: &Shelf,
    limits: &Limits,
    files: &[PathBuf],
    over: bool,
) -> anyhow::Result<Vec<Change>> {
    let almanac = almanac::read(files, known(&store.rules().await?), Rule::check)?;
    let recordings = RefCell::new(Vec::new());
    let clips = clip::of_entries(&almanac.clips, |file, told| {
        let measured = take_in(file, shelf, limits, told)?;
        recordings.borrow_mut().push(measured.clone());
        Ok(measured)
    })?;
    let now = SystemClock.now();
    for measured in recordings.into_inner() {
        store.keep_recording(&measured.sha256, &clip::facts(&measured)?, now).await?;
    }
    let rules = Rules {
        units: almanac.units,
        stations: almanac.stations,
        clips,
        programmes: almanac.programmes,
        unapproved: BTreeSet::new(),
        campaigns: almanac.campaigns,
        calendar: almanac.calendar,
        schedules: almanac.schedules,
        bulletins: almanac.bulletins,
    };
    let removed = Removed {
        units: almanac.remove.units,
        stations: almanac.remove.stations,
        clips: almanac.remove.clips,
        programmes: almanac.remove.programmes,
        campaigns: almanac.remove.campaigns,
        schedules: almanac.remove.schedules,
        bulletins: almanac.remove.bulletins,
    };
    let actor = Actor::command("loa apply");
    Ok(store.apply_by((&actor, now), &rules, &removed, over).await?)
}

fn known(stored: &Rules) -> Known {
    Known::default()
        .with_units(&stored.units)
        .with(Kind::Station, stored.stations.iter().map(|one| one.id.as_str()))
        .with(Kind::Clip, stored.clips.iter().map(|one| one.id.as_str()))
        .with(Kind::Programme, stored.programmes.iter().map(|one| one.id.as_str()))
        .with(Kind::Campaign, stored.campaigns.iter().map(|one| one.id.as_str()))
        .with(Kind::Bulletin, stored.bulletins.iter().map(|one| one.id.as_str()))
        .with(Kind::Schedule, stored.schedules.iter().map(|one| one.id.as_str()))
}
