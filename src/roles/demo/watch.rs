use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

use anyhow::Context;
use loa::{
    clock::{Clock, SystemClock},
    radio::{Outcome, StationId, UtcMs},
    server::{AiringPage, AiringReport, AiringState},
    tls::{self, Trust},
    wire::AsRunRecord,
};

use super::household::Household;

/// How often the record is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// How far back it is looked: what is told later than this is on the record, but not printed.
const BACK: Duration = Duration::from_mins(15);

/// Reads the record over HTTP, as anybody would, and prints what is new.
#[derive(Debug)]
pub(super) struct Watch {
    client: reqwest::Client,
    address: String,
    token: String,
    printed: HashSet<(StationId, u64)>,
    confirmed: BTreeSet<String>,
}

impl Watch {
    pub(super) fn new(household: &Household) -> anyhow::Result<Self> {
        Ok(Self {
            client: tls::client(&Trust::Nobody)?.timeout(Duration::from_secs(10)).build()?,
            address: household.address.clone(),
            token: household.token.clone(),
            printed: HashSet::new(),
            confirmed: BTreeSet::new(),
        })
    }

    /// Stations that have not confirmed an airing yet.
    pub(super) fn missing<'a>(&self, stations: &[&'a str]) -> Vec<&'a str> {
        stations.iter().copied().filter(|station| !self.confirmed.contains(*station)).collect()
    }

    /// Prints until a process ends.
    pub(super) async fn print_for_ever(&mut self, household: &mut Household) -> anyhow::Result<()> {
        loop {
            self.look(household).await?;
        }
    }

    /// Prints until every station has confirmed an airing.
    pub(super) async fn until_all(
        &mut self,
        household: &mut Household,
        stations: &[&str],
    ) -> anyhow::Result<()> {
        while !self.missing(stations).is_empty() {
            self.look(household).await?;
        }
        Ok(())
    }

    async fn look(&mut self, household: &mut Household) -> anyhow::Result<()> {
        tokio::time::sleep(LOOK).await;
        household.check()?;
        let page: AiringPage = self
            .client
            .get(url(&self.address, SystemClock.now()))
            .bearer_auth(&self.token)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .context("the record cannot be read")?
            .json()
            .await?;
        self.tell(&page.airings);
        Ok(())
    }

    fn tell(&mut self, airings: &[AiringReport]) {
        let mut seen = HashSet::new();
        for airing in airings {
            for record in airing.records.iter().flatten().map(|received| &received.record) {
                let name = (record.station.clone(), record.sequence);
                if !self.printed.contains(&name) {
                    print(record);
                }
                seen.insert(name);
            }
            if matches!(airing.state, AiringState::Aired | AiringState::Simulated) {
                self.confirmed.insert(airing.station.to_string());
            }
        }
        // What has left the window does not come back: a demo that runs for weeks remembers no more than this.
        self.printed = seen;
    }
}

/// The airings of the last minutes: three stations' fit on one page for ever.
fn url(address: &str, now: UtcMs) -> String {
    let from = now - BACK;
    format!("{address}/api/v1/airings?records=true&order=oldest&limit=500&from={from}&until={now}")
}

#[expect(clippy::print_stdout, reason = "the record is what the demo is for")]
fn print(record: &AsRunRecord) {
    let at = record.started_at.unwrap_or(record.scheduled_at);
    let evidence = record.evidence.map_or(String::new(), |evidence| format!(", {evidence}"));
    let reason = match (record.outcome, record.reason, &record.detail) {
        (Outcome::Aired, _, _) => String::new(),
        (_, Some(reason), Some(detail)) => format!(" ({reason}: {detail})"),
        (_, Some(reason), None) => format!(" ({reason})"),
        (_, None, _) => String::new(),
    };
    let error = record.start_error_us.map_or(String::new(), |us| {
        let (sign, us) = (if us < 0 { '-' } else { '+' }, us.unsigned_abs());
        format!(", start {sign}{}.{:03} ms", us / 1000, us % 1000)
    });
    let seconds = record.frames_played / u64::from(record.sample_rate.max(1));
    println!(
        "{at}  {:<12} {}{evidence}{error}, {seconds} s  {}{reason}",
        record.station, record.outcome, record.title
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_moves_with_the_clock() {
        for (now, window) in [
            (
                "2020-10-01T00:00:00Z",
                "&from=2020-09-30T23:45:00.000Z&until=2020-10-01T00:00:00.000Z",
            ),
            (
                "2020-10-01T03:00:00Z",
                "&from=2020-10-01T02:45:00.000Z&until=2020-10-01T03:00:00.000Z",
            ),
        ] {
            let url = url("http://127.0.0.1:8080", now.parse().unwrap());
            assert!(url.ends_with(window), "{url}");
        }
    }
}
