//! What a station has: its store, who it is, what waits, and whether the district knows it.

use std::{path::Path, time::Duration};

use loa::playout::{
    keep::{Identity, Keep, KeepError},
    link::{District, LinkError, RundownAnswer},
};

use super::{Finding, Findings};

pub(super) async fn look(folder: &Path, server: Option<&str>) -> Findings {
    let keep = match Keep::look(folder).await {
        Ok(keep) => keep,
        Err(error) => return vec![("store", Err(error.to_string()))],
    };
    let store = keep.check().await.map_err(|error| error.to_string());
    let mut findings = vec![("store", store.map(|store| format!("{}: {store}", folder.display())))];
    match keep.identity().await {
        Ok(Some(mut identity)) => {
            let found = format!("enrolled as {} at {}", identity.station, identity.server);
            findings.push(("key", Ok(found)));
            findings.push(("records", records(&keep).await));
            if let Some(server) = server {
                server.clone_into(&mut identity.server);
            }
            findings.push(("server", known(&identity).await));
        }
        Ok(None) => findings.push(("key", Err(KeepError::NotEnrolled.to_string()))),
        Err(error) => findings.push(("key", Err(error.to_string()))),
    }
    keep.close().await;
    findings
}

async fn records(keep: &Keep) -> Finding {
    let trouble = |error: KeepError| error.to_string();
    let waiting = keep.count_waiting().await.map_err(trouble)?;
    match keep.count_rejected().await.map_err(trouble)? {
        0 => Ok(format!("{waiting} wait for the district")),
        rejected => Err(format!(
            "{rejected} were not taken by the district, {waiting} wait for it: the log says why each was not; tell the administrator"
        )),
    }
}

/// Whether the district takes the station for the one it is.
async fn known(identity: &Identity) -> Finding {
    let trouble = |error: LinkError| error.to_string();
    let answer = District::new(identity).map_err(trouble)?.rundown(None).await.map_err(trouble)?;
    let server = &identity.server;
    Ok(match answer {
        RundownAnswer::Changed(kept) => {
            let (version, airings) = (kept.rundown.version, kept.rundown.airings.len());
            format!("{server} knows this station: rundown {version} has {airings} airings")
        }
        RundownAnswer::Same => format!("{server} knows this station"),
    })
}

/// Whether there is a district at an address.
pub(super) async fn reach(server: &str) -> Finding {
    let url = format!("{}/healthz", server.trim_end_matches('/'));
    let trouble = |error: reqwest::Error| {
        format!("{url} does not answer: {error}; see that the address is right and the line is up")
    };
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
        .map_err(trouble)?;
    let answer = client.get(&url).send().await.map_err(trouble)?;
    match answer.status().is_success() {
        true => Ok(format!("{server} answers")),
        false => {
            Err(format!("{url} answers {}: see that it is a district's address", answer.status()))
        }
    }
}
