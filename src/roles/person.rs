use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, bail};
use loa::{
    clock::{Clock, SystemClock},
    store::{Actor, Store, sign_in_name},
};

use super::{lock::LockArguments, place::Place};

/// How long a link may be used.
const LINK_LIFE: Duration = Duration::from_hours(24);

/// Who may sign in to the pages. They are added there; this is for whoever cannot sign in.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Print a one-time link: for somebody to set a new password, or, while there is no administrator, to make one. It
    /// works once, for a day; the settings are those of loa serve.
    Link(LinkArguments),
}

#[derive(Debug, clap::Args)]
pub(crate) struct LinkArguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    lock: LockArguments,
    /// Whose, by their name to sign in; without, the first administrator's.
    name: Option<String>,
}

pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    let Command::Link(arguments) = command;
    let store = arguments.place.store().await?;
    let scheme = arguments.lock.scheme()?;
    let link = link(&store, arguments.name.as_deref(), scheme, arguments.lock.listen).await;
    store.close().await;
    print(&link?);
    Ok(())
}

async fn link(
    store: &Store,
    name: Option<&str>,
    scheme: &str,
    address: SocketAddr,
) -> anyhow::Result<String> {
    let person = match name {
        None if store.has_administrator().await? => {
            bail!("there is an administrator: name the person who is to set a password")
        }
        None => None,
        Some(name) => {
            let known = sign_in_name(name);
            let people = store.people().await?;
            let found = people.into_iter().find(|person| Some(&person.sign_in) == known.as_ref());
            Some(found.with_context(|| format!("nobody signs in as \"{name}\""))?)
        }
    };
    let now = SystemClock.now();
    let id = person.as_ref().map(|person| &person.id);
    let secret = store.invite(&Actor::command("loa person link"), id, now + LINK_LIFE, now).await?;
    Ok(format!("{scheme}://{}/welcome/{}", reachable(address), secret.reveal()))
}

/// The address as a browser on this machine reaches it.
fn reachable(address: SocketAddr) -> SocketAddr {
    let here: std::net::IpAddr = match address {
        SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    if address.ip().is_unspecified() { SocketAddr::new(here, address.port()) } else { address }
}

/// Tells whoever starts the district how to make its first administrator, while there is none.
pub(crate) async fn welcome(
    store: &Store,
    scheme: &str,
    address: SocketAddr,
) -> anyhow::Result<()> {
    if store.has_administrator().await? {
        return Ok(());
    }
    let link = link(store, None, scheme, address).await?;
    eprintln!("there is no administrator yet: open this link within a day to make one");
    eprintln!("{link}");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the one thing that the command was asked for")]
fn print(link: &str) {
    println!("{link}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_where_a_browser_can_go() {
        for (listen, expected) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("0.0.0.0:8443", "127.0.0.1:8443"),
            ("[::]:8443", "[::1]:8443"),
            ("192.0.2.1:443", "192.0.2.1:443"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()), expected.parse().unwrap());
        }
    }
}
