//! The district's side of a stick.

use std::{path::PathBuf, sync::Arc};

use loa::{
    clock::{Clock as _, SystemClock},
    radio::StationId,
    server::{District, Limits, stick},
    stick::Stick,
};

use super::place::Place;

/// Sticks for stations that have no line.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Put on a stick what stations need: their rundown, their clips, receipts for their records.
    Make {
        #[command(flatten)]
        place: Place,
        /// The stations.
        #[arg(required = true, value_name = "STATION")]
        stations: Vec<StationId>,
        /// The folder at which the stick is mounted.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Take from a stick what stations left there: their records, and requests to be enrolled. Twice does no harm.
    Take {
        #[command(flatten)]
        place: Place,
        /// The folder at which the stick is mounted.
        #[arg(value_name = "DIR")]
        from: PathBuf,
    },
}

async fn district(place: &Place) -> anyhow::Result<District> {
    let clock = Arc::new(SystemClock);
    let (keyring, shelf) = (place.keyring(clock.now())?, place.shelf()?);
    Ok(District::new(place.store().await?, clock, shelf, keyring, Limits::default()))
}

/// Makes or takes a stick.
pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Make { place, stations, to } => {
            let (stick, district) = (Stick::open(&to)?, district(&place).await?);
            for station in stations {
                let made = stick::make(&district, &station, &stick).await?;
                eprintln!(
                    "{station}: rundown {} with {} airings until {}, {} clips copied",
                    made.version, made.airings, made.until, made.copied
                );
                for clip in made.lacking {
                    eprintln!(
                        "{station}: clip {clip} is not whole at the district: add it again with loa clip add"
                    );
                }
            }
            district.store().close().await;
        }
        Command::Take { place, from } => {
            let (stick, district) = (Stick::open(&from)?, district(&place).await?);
            for station in stick::enrol(&district, &stick).await? {
                eprintln!("{station}: enrolled; its answer is on the stick");
            }
            let taken = stick::take(&district, &stick).await?;
            district.store().close().await;
            let mut refused = 0;
            for one in taken {
                let station = &one.station;
                eprintln!(
                    "{station}: {} records are new, {} were here before",
                    one.recorded, one.duplicate
                );
                refused += one.refused.len();
                for why in one.refused {
                    eprintln!("{station}: not taken: {why}");
                }
            }
            anyhow::ensure!(refused == 0, "{refused} records were not taken");
        }
    }
    Ok(())
}
