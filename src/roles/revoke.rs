use anyhow::bail;
use loa::{
    clock::{Clock, SystemClock},
    radio::StationId,
    store::{Actor, Bearer},
};

use super::place::Place;

/// End what a station or a person may do: at once, and for good.
///
/// A station's tokens, keys and unused codes end. What its keys have signed and the district has stays; what it signs
/// from now on is not taken, until it is enrolled again.
#[derive(Debug, clap::Args)]
pub(crate) struct RevokeArguments {
    #[command(flatten)]
    place: Place,
    /// The station.
    #[arg(required_unless_present = "person")]
    station: Option<StationId>,
    /// A person instead, as named to loa token.
    #[arg(long, value_name = "NAME", conflicts_with = "station")]
    person: Option<String>,
}

/// Ends it and says what was ended.
pub(crate) async fn run(arguments: RevokeArguments) -> anyhow::Result<()> {
    let store = arguments.place.store().await?;
    let (actor, now) = (Actor::command("loa revoke"), SystemClock.now());
    let (who, ended) = match (arguments.station, arguments.person) {
        (Some(station), _) => {
            let revoked = store.revoke_station_by(&actor, &station, now).await?;
            let ended =
                [(revoked.tokens, "token"), (revoked.keys, "key"), (revoked.codes, "unused code")];
            (Bearer::Station(station), ended.map(|(count, what)| counted(count, what)).to_vec())
        }
        (None, Some(name)) => {
            let person = Bearer::Person(name);
            let tokens = store.revoke_tokens_by(&actor, &person, now).await?;
            (person, vec![counted(tokens, "token")])
        }
        (None, None) => bail!("name a station, or a person with --person"),
    };
    store.close().await;
    let ended: Vec<String> = ended.into_iter().flatten().collect();
    if ended.is_empty() {
        bail!("{who} has nothing that could be ended: see that the name is right");
    }
    eprintln!("ended of {who}: {}", ended.join(", "));
    Ok(())
}

/// `2 tokens`; none where there is none.
fn counted(count: u64, what: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{count} {what}s")),
    }
}
