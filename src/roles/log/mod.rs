//! `loa log`: what the transparency log says, and whether it can be believed.

mod export;
mod verify;
mod witness;

use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use loa::{
    clock::{Clock, SystemClock},
    log::{Entry, LogKeys, WitnessKey},
    server::{Keyring, rotate_log_key},
    signing::{NoteKey, Signs},
    store::{Actor, Deed},
};

use super::place::Place;

/// What to do with the log.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the log's key and its newest signed head: what a report carries, and what an older head is later compared with.
    Head(HeadArguments),
    /// Write the log to a file that can be verified without a server.
    Export(export::ExportArguments),
    /// Verify an exported file, or a district's log over the line: says what is proven, or what is wrong first.
    Verify(verify::VerifyArguments),
    /// Co-sign a district's log from another machine, and refuse a head that does not extend the last one seen.
    Witness(witness::WitnessArguments),
    /// Make the log's next key, named by an entry that the newest signs, and remove the secret of that one. A district that
    /// serves signs the next head with it; witnesses and verifiers that know an older key follow. Back the folder up afterwards.
    Rotate(RotateArguments),
    /// Trust a witness: its cosignatures are shown under the log's head from then on.
    Trust(TrustArguments),
}

#[derive(Debug, clap::Args)]
pub(crate) struct HeadArguments {
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RotateArguments {
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TrustArguments {
    #[command(flatten)]
    place: Place,
    /// The witness's key, as loa log witness tells it.
    key: NoteKey,
}

/// Shows, exports, verifies or co-signs the log.
pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Head(arguments) => head(&arguments.place).await?,
        Command::Export(arguments) => export::run(arguments).await?,
        Command::Verify(arguments) => return verify::run(arguments).await,
        Command::Witness(arguments) => witness::run(arguments).await?,
        Command::Rotate(arguments) => rotate(&arguments.place).await?,
        Command::Trust(arguments) => trust(arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "the one thing that the command was asked for")]
async fn head(place: &Place) -> anyhow::Result<()> {
    let store = place.store().await?;
    let (signed, known) = (store.checkpoint().await?, store.log_keys().await?);
    store.close().await;
    let signed = signed.context("no head was signed yet: loa serve signs it within seconds")?;
    let keys = LogKeys::read(&known)?;
    let key = keys.signer_of(signed.size).context("no entry of the log says whose key signs it")?;
    eprintln!("key: {key}");
    print!("{}", signed.note);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the one thing that the command was asked for")]
async fn rotate(place: &Place) -> anyhow::Result<()> {
    let keyring = Keyring::look(&place.keys())?;
    let keyring = keyring.with_context(|| {
        format!("there are no keys in {}: loa serve makes the first", place.keys().display())
    })?;
    let store = place.store().await?;
    let rotated = rotate_log_key(&store, &keyring, SystemClock.now()).await;
    store.close().await;
    println!("{}", rotated?);
    eprintln!(
        "back up {} now, and tell the new key to those who verify the log",
        place.keys().display()
    );
    Ok(())
}

async fn trust(TrustArguments { place, key }: TrustArguments) -> anyhow::Result<()> {
    anyhow::ensure!(key.signs() == Signs::Sight, "{key} is no witness's key");
    let store = place.store().await?;
    let (actor, at) = (Actor::command("loa log trust"), SystemClock.now());
    let entry = WitnessKey { at, key: key.to_string().into() };
    store.append(&[Entry::Witness(entry)]).await?;
    store.note(&actor, at, Deed::WitnessTrusted, &format!("witness {}", key.name())).await?;
    store.close().await;
    eprintln!("{} is trusted from now on, and the log says so", key.name());
    Ok(())
}
