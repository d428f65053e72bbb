//! What a station has: its store, who it is, what waits, and whether the district knows it.

use std::{path::Path, time::Duration};

use loa::{
    clock::{Clock as _, SystemClock},
    playout::{
        control::Call,
        keep::{Anchor, Keep, KeepError},
        link::{District, Line, LinkError, RundownAnswer, trust},
    },
};

use super::{Finding, Findings};

pub(super) async fn look(folder: &Path, server: Option<&str>, line: &Line) -> Findings {
    let keep = match Keep::look(folder).await {
        Ok(keep) => keep,
        Err(error) => return vec![("store", Err(error.to_string()))],
    };
    let store = keep.check().await.map_err(|error| error.to_string());
    let mut findings = vec![("store", store.map(|store| format!("{}: {store}", folder.display())))];
    match keep.anchor().await {
        Some(mut anchor) => {
            let found = format!("enrolled as {} at {}", anchor.station, anchor.server);
            findings.push(("key", Ok(found)));
            findings.push(("records", records(&keep).await));
            findings.push(("time", time(&keep).await));
            findings.extend(page(folder).await.map(|found| ("page", found)));
            if let Some(server) = server {
                server.clone_into(&mut anchor.server);
            }
            findings.push(("server", known(&anchor, line).await));
        }
        None => findings.push(("key", Err(KeepError::NotEnrolled.to_string()))),
    }
    keep.close().await;
    findings
}

/// Whether the page at the site answers; none where no station runs that has one.
async fn page(folder: &Path) -> Option<Finding> {
    let answers = match Call::find(folder).await {
        Ok(None) => return None,
        Ok(Some(call)) => call.status().await.map(|view| (call.address(), view)),
        Err(error) => Err(error),
    };
    Some(match answers {
        Ok((address, view)) => {
            let playing = view.playing.map_or("nothing".to_owned(), |playing| playing.title);
            Ok(format!("http://{address} answers: it plays {playing}"))
        }
        Err(error) => Err(format!(
            "the page at the site does not answer: {error}; the stop button is there, so start the station anew"
        )),
    })
}

/// Whether the clock shows a time that can be.
async fn time(keep: &Keep) -> Finding {
    let now = SystemClock.now();
    match keep.last_known_time().await.map_err(|error: KeepError| error.to_string())? {
        None => Ok("this station has not yet known any".to_owned()),
        Some(last) if last > now => Err(format!(
            "the clock shows {now}, but this station has known {last}: set the clock, and see to its battery; if it is right, start the station with --trust-clock"
        )),
        Some(last) => Ok(format!("last known at {last}; now it is {now}")),
    }
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
async fn known(anchor: &Anchor, line: &Line) -> Finding {
    let trouble = |error: LinkError| error.to_string();
    let answer =
        District::new(line, anchor).map_err(trouble)?.rundown(None).await.map_err(trouble)?;
    let server = &anchor.server;
    let RundownAnswer::Changed(kept, _) = answer else {
        return Ok(format!("{server} knows this station"));
    };
    let taken = trust(anchor)
        .judge(&kept.signed, Some(SystemClock.now()))
        .map_err(|refused| format!("the rundown that {server} sends is not followed: {refused}"))?;
    let (version, airings) = (taken.rundown.version, taken.rundown.airings.len());
    Ok(format!("{server} knows this station: rundown {version} has {airings} airings"))
}

/// Whether there is a district at an address.
pub(super) async fn reach(server: &str, line: &Line) -> Finding {
    let (builder, server) = line.to(server, None).map_err(|error| error.to_string())?;
    let url = format!("{server}/healthz");
    let trouble = |error: reqwest::Error| {
        format!("{url} does not answer: {error}; see that the address is right and the line is up")
    };
    let client = builder.timeout(Duration::from_secs(10)).build().map_err(trouble)?;
    let answer = client.get(&url).send().await.map_err(trouble)?;
    match answer.status().is_success() {
        true => Ok(format!("{server} answers")),
        false => {
            Err(format!("{url} answers {}: see that it is a district's address", answer.status()))
        }
    }
}
