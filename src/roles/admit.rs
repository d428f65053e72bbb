use std::time::Duration;

use loa::{
    clock::{Clock, SystemClock},
    radio::StationId,
    store::{Bearer, Store},
};

use super::place::Place;

/// How long a code may be used.
const CODE_LIFE: Duration = Duration::from_hours(24);

/// Make a one-time code with which a station enrols. It works once, for a day.
#[derive(Debug, clap::Args)]
pub(crate) struct EnrolArguments {
    #[command(flatten)]
    place: Place,
    /// The station.
    station: StationId,
}

/// Make a token with which a person reads the API.
#[derive(Debug, clap::Args)]
pub(crate) struct TokenArguments {
    #[command(flatten)]
    place: Place,
    /// Who it is for, e.g. "Nguyễn Thị Hoa".
    name: String,
}

/// Prints a station's code.
pub(crate) async fn enrol(arguments: EnrolArguments) -> anyhow::Result<()> {
    let store = arguments.place.store().await?;
    print(&code(&store, &arguments.station).await?);
    store.close().await;
    Ok(())
}

/// Prints a person's token.
pub(crate) async fn token(arguments: TokenArguments) -> anyhow::Result<()> {
    let store = arguments.place.store().await?;
    let secret = store.create_token(&Bearer::Person(arguments.name), SystemClock.now()).await?;
    eprintln!("keep it safe: it is shown only now");
    print(secret.reveal());
    store.close().await;
    Ok(())
}

/// A fresh code for a station.
pub(crate) async fn code(store: &Store, station: &StationId) -> anyhow::Result<String> {
    let code = store.create_code(station, SystemClock.now() + CODE_LIFE).await?;
    Ok(code.reveal().to_owned())
}

#[expect(clippy::print_stdout, reason = "the one thing that the command was asked for")]
fn print(secret: &str) {
    println!("{secret}");
}
