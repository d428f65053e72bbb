//! What a district has: its database, its keys, and the records of its stations.

use std::path::Path;

use loa::{
    clock::{Clock as _, SystemClock},
    server::{Keyring, Level},
    store::{Chain, Store, StoreError},
};

use super::{Finding, Findings};

pub(super) async fn look(url: &str) -> Findings {
    let (engine, store) = match Store::look(url).await {
        Ok(looked) => looked,
        Err(error) => return vec![("database", Err(words(&error)))],
    };
    let chains = store.chains().await;
    store.close().await;
    vec![("database", Ok(engine)), ("stations' records", records(chains))]
}

fn words(error: &StoreError) -> String {
    match error {
        StoreError::Database(_) => {
            format!("{error}; see that it runs, and that the user who asks may open it")
        }
        error => error.to_string(),
    }
}

fn records(chains: Result<Vec<Chain>, StoreError>) -> Finding {
    let chains = chains.map_err(|error| {
        format!("{error}; loa serve brings the tables of an older Loa up to date")
    })?;
    let trouble: Vec<String> = chains
        .iter()
        .flat_map(|chain| {
            let faults = chain.gap().into_iter().chain(chain.faults.first().cloned());
            faults.map(|fault| format!("{}: {} ({})", chain.station, fault.detail, fault.kind))
        })
        .collect();
    if trouble.is_empty() {
        return Ok(format!(
            "of {} stations, none is missing and each follows from the one before",
            chains.len()
        ));
    }
    Err(format!(
        "{}; what is missing comes when the station's line is up; what does not follow was not made by one station alone: see docs/operations.md",
        trouble.join("; ")
    ))
}

/// How long the district's key signs; none where there is no key.
pub(super) fn keys(folder: &Path) -> Option<Finding> {
    let keyring = match Keyring::look(&folder.join("keys")) {
        Ok(keyring) => keyring?,
        Err(error) => return Some(Err(error.to_string())),
    };
    let (expiry, now) = (keyring.expiry(), SystemClock.now());
    Some(match expiry.level(now) {
        Level::Far => {
            Ok(format!("key {} signs until {}", keyring.newest().number, expiry.expires_at))
        }
        _ => Err(expiry.words(now)),
    })
}
