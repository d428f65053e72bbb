use std::time::Duration;

use loa::{
    clock::{Clock, SystemClock},
    radio::{Pin, StationId},
    signing::PublicKey,
    store::{Actor, Bearer, Store},
    wire::EnrolmentCode,
};

use super::{lock::LockArguments, place::Place};

/// How long a code may be used.
const CODE_LIFE: Duration = Duration::from_hours(24);

/// Make a one-time code with which a station enrols. It works once, for a day, and tells the station by what to know the
/// district; so the settings are those of loa serve.
#[derive(Debug, clap::Args)]
pub(crate) struct EnrolArguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    lock: LockArguments,
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
    let now = SystemClock.now();
    let pin = arguments.lock.pin(&arguments.place, now)?;
    let key = arguments.place.keyring(now)?.newest().key;
    print(&code(&store, &arguments.station, key, pin).await?.to_string());
    store.close().await;
    Ok(())
}

/// Prints a person's token.
pub(crate) async fn token(arguments: TokenArguments) -> anyhow::Result<()> {
    let store = arguments.place.store().await?;
    let (actor, bearer) = (Actor::command("loa token"), Bearer::Person(arguments.name));
    let secret = store.create_token_by(&actor, &bearer, SystemClock.now()).await?;
    eprintln!("keep it safe: it is shown only now");
    print(secret.reveal());
    store.close().await;
    Ok(())
}

/// A fresh code for a station.
pub(crate) async fn code(
    store: &Store,
    station: &StationId,
    key: PublicKey,
    pin: Option<Pin>,
) -> anyhow::Result<EnrolmentCode> {
    let (actor, now) = (Actor::command("loa enrol"), SystemClock.now());
    let secret = store.create_code_by(&actor, station, now + CODE_LIFE, now).await?;
    Ok(EnrolmentCode { secret: secret.reveal().to_owned(), key: Some(key), pin })
}

#[expect(clippy::print_stdout, reason = "the one thing that the command was asked for")]
fn print(secret: &str) {
    println!("{secret}");
}
