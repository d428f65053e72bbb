//! HTTPS between a real district and real stations: whose certificate is believed, and what a renewal does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

mod authority;
#[path = "../village/mod.rs"]
mod village;

use std::{fs, net::TcpStream, path::Path, process::Output, time::Duration};

use authority::Authority;
use loa::tls::{self, Trust};
use village::Village;

/// Beyond this machine too, so that the district makes a certificate of its own.
const EVERYWHERE: &str = "0.0.0.0";

/// A district with one airing to come at station mot.
fn found(folder: &Path, ip: &str) -> Village {
    village::day::write(folder, &["mot"], 1, Duration::from_secs(3));
    Village::found_at(folder, ip)
}

/// Runs a station that is expected to end by itself.
fn refused(village: &Village, arguments: &[&str]) -> String {
    let arguments = [&["station", "--data", "stranger", "--speaker", "silent"], arguments].concat();
    let Output { status, stderr, .. } = village.command(&arguments).output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert!(!status.success(), "{said}");
    assert!(!village.folder.join("stranger/station.json").exists(), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_station_believes_the_certificate_that_its_code_names() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let village = found(ours.path(), EVERYWHERE);
    // Made before the district's first start: it makes the certificate.
    let code = village.code("mot");
    assert!(code.contains(".key-") && code.contains(".tls-"), "{code}");
    let server = village.serve().await;
    let stranger = found(theirs.path(), EVERYWHERE);
    let in_the_middle = stranger.serve().await;

    // Somebody in the line shows another certificate: the code does not even leave the station.
    let said = refused(&village, &["--server", &stranger.address, "--code", &code]);
    assert!(said.contains("another key than the district's"), "{said}");
    // Without what names the district, nobody vouches for either.
    let (bare, _) = code.split_once('.').unwrap();
    let said = refused(&village, &["--server", &village.address, "--code", bare]);
    assert!(said.contains("certificate"), "{said}");
    let said =
        refused(&village, &["--server", &village.address, "--code", &code[..code.len() - 1]]);
    assert!(said.contains("no enrolment code") && !said.contains(bare), "{said}");

    let mut arguments = village.station_arguments("mot", "silent", &village.address);
    *arguments.last_mut().unwrap() = code;
    let station = village.start("mot", village.command(&arguments));
    village.until_reported("mot").await;
    station.stop();
    assert_eq!(village.count_records("mot"), 1);

    // The pin holds after the start with the code: its token is not shown to a stranger.
    let arguments = village.station_arguments("mot", "silent", &stranger.address);
    let station = village.start("astray", village.command(&arguments));
    village
        .until("mot refuses the stranger", async || {
            let said = fs::read_to_string(village.folder.join("astray.log")).unwrap();
            said.contains("another key than the district's")
        })
        .await;
    station.stop();
    in_the_middle.stop();
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_answers_an_enrolment_must_have_the_key_that_the_code_names() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (village, stranger) = (found(ours.path(), "127.0.0.1"), found(theirs.path(), "127.0.0.1"));
    let in_the_middle = stranger.serve().await;
    let (code, theirs) = (village.code("mot"), stranger.code("mot"));
    // The stranger takes the secret for its own: plain HTTP tells it.
    let (_, known) = code.split_once('.').unwrap();
    let (secret, _) = theirs.split_once('.').unwrap();
    let mixed = format!("{secret}.{known}");
    let said = refused(&village, &["--server", &stranger.address, "--code", &mixed]);
    assert!(said.contains("does not have the key that the code names"), "{said}");
    in_the_middle.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_is_shown_and_no_connection_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let village = found(folder.path(), EVERYWHERE);
    let authority = Authority::new(folder.path());
    let old = authority.issue();
    let server = village.serve_with(&["--tls-cert", "server.pem", "--tls-key", "server.key"]).await;

    // Callers who say nothing hold nobody up.
    let address = village.address.trim_start_matches("https://");
    let _silent: Vec<_> = (0..20).map(|_| TcpStream::connect(address).unwrap()).collect();
    let caller = |trust: Trust| {
        let builder = tls::client(&trust).unwrap();
        builder.pool_max_idle_per_host(1).build().unwrap()
    };
    let health = format!("{}/healthz", village.address);
    let vouched = Trust::Authorities(Some(authority.file()));
    assert!(caller(vouched.clone()).get(&health).send().await.unwrap().status().is_success());
    assert!(caller(Trust::Authorities(None)).get(&health).send().await.is_err());
    // A code has no pin where an authority vouches.
    let brought = ["enrol", "--data", "district", "--tls-cert", "server.pem"];
    let code = village.loa(&[&brought[..], &["--tls-key", "server.key", "mot"]].concat());
    assert!(code.contains(".key-") && !code.contains(".tls-"), "{code}");
    let mut arguments = village.station_arguments("mot", "silent", &village.address);
    *arguments.last_mut().unwrap() = code;
    arguments.extend(["--tls-ca".to_owned(), "authority.pem".to_owned()]);
    let station = village.start("mot", village.command(&arguments));

    // This one would not come in again: it lives on its first handshake.
    let first = caller(Trust::Pinned(old));
    assert!(first.get(&health).send().await.unwrap().status().is_success());
    // Half of a pair changes nothing.
    let key = fs::read(folder.path().join("server.key")).unwrap();
    let new = authority.issue();
    let new_key = fs::read(folder.path().join("server.key")).unwrap();
    fs::write(folder.path().join("server.key"), key).unwrap();
    village
        .until("the half is noticed", async || {
            assert!(first.get(&health).send().await.unwrap().status().is_success());
            let said = fs::read_to_string(village.folder.join("serve.log")).unwrap();
            said.contains("the certificate from before is still shown")
        })
        .await;
    assert!(caller(Trust::Pinned(old)).get(&health).send().await.is_ok());
    fs::write(folder.path().join("server.key"), new_key).unwrap();
    village
        .until("the renewed certificate is shown", async || {
            assert!(first.get(&health).send().await.unwrap().status().is_success());
            caller(Trust::Pinned(new)).get(&health).send().await.is_ok()
        })
        .await;
    assert!(caller(Trust::Pinned(old)).get(&health).send().await.is_err());
    assert!(caller(vouched).get(&health).send().await.is_ok());
    village.until_reported("mot").await;
    station.stop();
    server.stop();
    assert_eq!(village.count_records("mot"), 1);
}

#[test]
fn plain_http_beyond_this_machine_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let village = found(folder.path(), "127.0.0.1");
    let code = village.code("mot");
    let said = refused(&village, &["--server", "http://192.0.2.1:8080", "--code", &code]);
    assert!(said.contains("plain HTTP") && said.contains("--plain-http"), "{said}");
}
