use std::path::PathBuf;

use anyhow::Context;
use loa::{
    clock::{Clock, SystemClock},
    server::Keyring,
};

/// The keys with which the district signs rundowns.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show the district's keys, and how long the newest signs.
    Show(KeyArguments),
    /// Make the next key, signed by the newest, and remove the secret of that one. A district that serves signs with the
    /// new one within seconds; stations that are away learn of it when they come back. Back the folder up afterwards.
    Rotate(KeyArguments),
}

#[derive(Debug, clap::Args)]
pub(crate) struct KeyArguments {
    /// The district's folder.
    #[arg(long, env = "LOA_DATA", value_name = "DIR", default_value = "loa-data")]
    data: PathBuf,
}

/// Looks at the district's keys, or changes them.
pub(crate) fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Show(arguments) => show(&look(arguments)?),
        Command::Rotate(arguments) => {
            let keyring = look(arguments)?.rotate(SystemClock.now())?;
            eprintln!("back up {} now", folder(arguments).display());
            show(&keyring)
        }
    }
}

fn folder(arguments: &KeyArguments) -> PathBuf {
    arguments.data.join("keys")
}

fn look(arguments: &KeyArguments) -> anyhow::Result<Keyring> {
    let folder = folder(arguments);
    Keyring::look(&folder)?.with_context(|| {
        format!("there are no keys in {}: loa serve makes the first; or name the district's folder with --data", folder.display())
    })
}

#[expect(clippy::print_stdout, reason = "the one thing that the command was asked for")]
fn show(keyring: &Keyring) -> anyhow::Result<()> {
    let now = SystemClock.now();
    for key in keyring.keys()? {
        let newest = keyring.newest() == &key;
        let signs = match (newest, now < key.not_after) {
            (true, true) => format!("signs until {}", key.not_after),
            (true, false) => format!("expired at {}: loa key rotate", key.not_after),
            (false, _) => "signs no more".to_owned(),
        };
        println!("key {} {} {signs}", key.number, key.key);
    }
    Ok(())
}
