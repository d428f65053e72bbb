//! The API as a station, a person and a stranger meet it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

#[macro_use]
mod common;

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use common::{BEFORE, MORNING, SOUND, airing_at, district::House, played, rules, signed};
use loa::{
    server::{Door, Limits, openapi, roll, serve},
    signing::Context,
    store::Removed,
    wire::{Rundown, SignedRundown},
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

on_both_databases!(
    a_rundown_is_fetched_once_and_again_when_it_changes,
    a_station_learns_what_people_call_it,
    each_record_is_judged_by_itself,
    a_sign_of_life_is_kept_with_its_faults,
    no_route_opens_without_the_right_token,
);

async fn a_rundown_is_fetched_once_and_again_when_it_changes(house: House) {
    let early = house.get("/api/v1/rundown", &house.thach_lam).await;
    assert_eq!(early.problem().code, "not-planned-yet");
    assert_eq!(house.get("/readyz", "").await.status, StatusCode::SERVICE_UNAVAILABLE);
    roll(&house.district).await.unwrap();
    assert_eq!(house.get("/readyz", "").await.status, StatusCode::OK);

    let first = house.get("/api/v1/rundown", &house.thach_lam).await;
    let sent: SignedRundown = serde_json::from_slice(&first.body).unwrap();
    let payload = sent.rundown.open(Context::Rundown).unwrap();
    let rundown: Rundown = serde_json::from_str(payload).unwrap();
    assert_eq!(sent.rundown.key, house.district.keyring().newest().key);
    assert_eq!((rundown.station.as_str(), rundown.version), ("thach-lam", 1));
    // 21:59Z on 30 September: that day's session is still ahead, then 35 more.
    assert_eq!(rundown.airings.len(), 36);
    assert_eq!(rundown.airings[0].id, airing_at("thach-lam", MORNING));

    // Planning again, an hour later too, changes nothing.
    let tag = first.headers["etag"].to_str().unwrap();
    assert_eq!(roll(&house.district).await.unwrap(), loa::server::Rolled::default());
    house.clock.advance(Duration::from_secs(3600));
    roll(&house.district).await.unwrap();
    let same = house.get_with("/api/v1/rundown", &house.thach_lam, &[("if-none-match", tag)]).await;
    assert_eq!((same.status, same.body.len()), (StatusCode::NOT_MODIFIED, 0));

    // A long poll hears of a change while it waits.
    let known = [("if-none-match", tag)];
    let poll = house.get_with("/api/v1/rundown?wait=60", &house.thach_lam, &known);
    let change = async {
        tokio::task::yield_now().await;
        let mut louder = rules();
        louder.schedules[0].gain.centibels = 300;
        let store = house.district.store();
        store.apply(&louder, &Removed::default(), BEFORE).await.unwrap();
        roll(&house.district).await.unwrap()
    };
    let (second, rolled) = tokio::join!(poll, change);
    assert_eq!((second.status, rolled.rundowns), (StatusCode::OK, 2));
    let sent: SignedRundown = serde_json::from_slice(&second.body).unwrap();
    let changed: Rundown = serde_json::from_str(&sent.rundown.payload).unwrap();
    assert_eq!(changed.version, 2);
    // What has begun stays as it was.
    assert_eq!(changed.airings[0], rundown.airings[0]);
    assert_ne!(changed.airings[1], rundown.airings[1]);
}

async fn a_station_learns_what_people_call_it(house: House) {
    roll(&house.district).await.unwrap();
    assert_eq!(house.rundown(&house.thach_lam).await.station_name, "Đài thach-lam");
    let mut renamed = rules();
    renamed.stations[1].name = "Đài truyền thanh xã Thạch Lâm".to_owned();
    house.district.store().apply(&renamed, &Removed::default(), BEFORE).await.unwrap();
    assert_eq!(roll(&house.district).await.unwrap().rundowns, 1);
    let anew = house.rundown(&house.thach_lam).await;
    assert_eq!((anew.station_name.as_str(), anew.version), (renamed.stations[1].name.as_str(), 2));
    assert_eq!(house.rundown(&house.kim_tan).await.version, 1);
}

#[tokio::test]
async fn a_clip_is_handed_out_whole_or_in_part() {
    let house = House::new().await;
    let path = format!("/api/v1/clips/{}", common::sha256());
    let whole = house.get(&path, &house.thach_lam).await;
    assert_eq!((whole.status, whole.body.as_slice()), (StatusCode::OK, SOUND));
    assert!(whole.headers["cache-control"].to_str().unwrap().contains("immutable"));
    let tail = house.get_with(&path, &house.lan, &[("range", "bytes=7-")]).await;
    assert_eq!((tail.status, tail.body.as_slice()), (StatusCode::PARTIAL_CONTENT, &SOUND[7..]));
    assert_eq!(tail.headers["content-range"], "bytes 7-9/10");
    let outside = house.get_with(&path, &house.lan, &[("range", "bytes=10-")]).await;
    assert_eq!(outside.problem().code, "range-outside");
    assert_eq!(outside.headers["content-range"], "bytes */10");
    let unknown = format!("/api/v1/clips/{}", "0".repeat(64));
    assert_eq!(house.get(&unknown, &house.lan).await.problem().code, "not-found");
    let name = house.get("/api/v1/clips/..%2Floa.db", &house.lan).await;
    assert_eq!((name.status, name.problem().code.as_str()), (StatusCode::BAD_REQUEST, "bad-name"));
}

async fn each_record_is_judged_by_itself(house: House) {
    roll(&house.district).await.unwrap();
    let record = |sequence, field: &str, value: Value| {
        let mut record = serde_json::to_value(played("thach-lam", sequence)).unwrap();
        record[field] = value;
        record
    };
    let good = |sequence| serde_json::to_value(played("thach-lam", sequence)).unwrap();
    let results = house
        .confirm(json!([
            good(1),
            record(2, "outcome", json!("sounded")),
            good(3),
            record(4, "station", json!("kim-tan")),
            record(5, "airing", json!(airing_at("kim-tan", MORNING))),
            record(6, "boot", json!("x")),
            record(7, "evidence", Value::Null),
            record(8, "colour", json!("red")),
            "rubbish",
            good(1),
            record(3, "xruns", json!(5)),
        ]))
        .await;
    let words: Vec<_> = results.iter().map(|(word, _)| word.as_str()).collect();
    let expected = ["recorded", "invalid", "recorded"]
        .into_iter()
        .chain(["invalid"; 6])
        .chain(["duplicate", "conflict"])
        .collect::<Vec<_>>();
    assert_eq!(words, expected);
    for (result, field) in
        [(1, "outcome"), (3, "station"), (4, "airing"), (5, "boot"), (6, "evidence"), (7, "colour")]
    {
        let why = results[result].1.as_deref().unwrap();
        assert!(why.contains(field), "{why}");
    }
    assert_eq!(house.confirm(json!([good(1)])).await[0].0, "duplicate");
    // What was not kept tells of no airing.
    let strange = record(3, "airing", json!("la.thach-lam.20201001T000000Z"));
    assert_eq!(house.confirm(json!([strange])).await[0].0, "conflict");
    let listed = house.list("station=thach-lam&until=2020-10-01T22:00:00Z").await;
    assert_eq!(listed.len(), 1, "{listed:?}");

    let path = "/api/v1/confirmations";
    let many = json!({"records": vec![good(1); 501]});
    let refused = house.post(path, &house.thach_lam, &many).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(refused.problem().code, "too-many-records");
    let large = json!({"records": [], "padding": "x".repeat(1024 * 1024)});
    let refused = house.post(path, &house.thach_lam, &large).await;
    assert_eq!((refused.status.as_u16(), refused.problem().code.as_str()), (413, "too-large"));
}

async fn a_sign_of_life_is_kept_with_its_faults(house: House) {
    let status = json!({"software": "loa", "speaker": "device", "clock": "synced", "waiting": 3,
        "faults": [{"code": "deck", "detail": "no sound device"}]});
    house.post("/api/v1/confirmations", &house.thach_lam, &json!({"status": status})).await;
    let stations = house.get("/api/v1/stations", &house.lan).await.json();
    assert_eq!(stations["stations"][0]["last_contact"], Value::Null);
    assert_eq!(stations["stations"][1]["last_contact"], BEFORE.to_string());
    assert_eq!(stations["stations"][1]["status"]["faults"][0]["detail"], "no sound device");
    for list in ["units", "clips", "programmes", "campaigns", "schedules"] {
        let answer = house.get(&format!("/api/v1/{list}"), &house.lan).await.json();
        assert_eq!(answer[list].as_array().unwrap().is_empty(), list == "campaigns");
    }
}

#[tokio::test]
async fn figures_are_there_for_prometheus() {
    let house = House::new().await;
    roll(&house.district).await.unwrap();
    let status = json!({"software": "loa", "speaker": "device", "clock": "synced", "waiting": 17,
        "faults": [{"code": "deck", "detail": "no sound device"}]});
    let figures = async || String::from_utf8(house.get("/metrics", "").await.body).unwrap();
    let figure = |text: &str, series: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(series));
        line.map(|value| value.trim().parse::<f64>().unwrap())
    };
    // Tests run side by side in one process: only this one cuts an airing off that somebody heard.
    let cut_off = "loa_records_total{outcome=\"interrupted\",evidence=\"heard\"}";
    assert_eq!(figure(&figures().await, cut_off), None);
    let mut records: Vec<_> = (1..=3).map(|sequence| played("kim-tan", sequence)).collect();
    for record in &mut records {
        record.outcome = loa::radio::Outcome::Interrupted;
        record.evidence = Some(loa::radio::Evidence::Heard);
        record.xruns = 2;
        record.start_error_us = Some(-70_000_000);
    }
    let records: Vec<_> = records.iter().map(|record| signed("kim-tan", record)).collect();
    for _ in 0..2 {
        // The second time they are duplicates, and are not counted again.
        let body = json!({"records": records, "status": status});
        house.post("/api/v1/confirmations", &house.kim_tan, &body).await;
    }
    house.clock.advance(Duration::from_secs(90));
    let text = figures().await;
    assert_eq!(figure(&text, cut_off), Some(3.0), "{text}");
    assert!(figure(&text, "loa_xruns_total").unwrap() >= 6.0);
    // Over a minute early: beyond every bucket.
    let all = figure(&text, "loa_start_error_seconds_bucket{le=\"+Inf\"}").unwrap();
    assert!(all >= figure(&text, "loa_start_error_seconds_bucket{le=\"60\"}").unwrap() + 3.0);
    assert_eq!(figure(&text, "loa_confirmations_waiting"), Some(0.0));
    let of_kim_tan = |name: &str| figure(&text, &format!("{name}{{station=\"kim-tan\"}}"));
    assert_eq!(of_kim_tan("loa_station_records_waiting"), Some(17.0));
    assert_eq!(of_kim_tan("loa_station_faults"), Some(1.0));
    assert!(of_kim_tan("loa_station_last_contact_age_seconds").is_some());
    assert!(figure(&text, "loa_planned_age_seconds").is_some());
    let asked =
        "loa_http_requests_total{method=\"POST\",path=\"/api/v1/confirmations\",status=\"200\"}";
    assert!(figure(&text, asked).unwrap() >= 2.0);
}

#[tokio::test]
async fn it_is_ready_while_planning_goes_well_and_the_database_answers() {
    let house = House::new().await;
    let not_ready = async || house.get("/readyz", "").await.problem();
    let problem = not_ready().await;
    assert_eq!((problem.status, problem.code.as_str()), (503, "not-ready"));
    assert!(problem.detail.contains("not planned yet"), "{}", problem.detail);
    roll(&house.district).await.unwrap();
    house.clock.advance(Duration::from_hours(2));
    assert_eq!(house.get("/readyz", "").await.status, StatusCode::OK);
    house.clock.advance(Duration::from_millis(1));
    let problem = not_ready().await;
    assert!(problem.detail.contains(&BEFORE.to_string()), "{}", problem.detail);
    roll(&house.district).await.unwrap();
    assert_eq!(house.get("/readyz", "").await.status, StatusCode::OK);
    house.district.store().close().await;
    let problem = not_ready().await;
    assert!(problem.detail.contains("database"), "{}", problem.detail);
    assert_eq!(house.get("/healthz", "").await.status, StatusCode::OK);
}

async fn no_route_opens_without_the_right_token(house: House) {
    roll(&house.district).await.unwrap();
    let document = serde_json::to_value(openapi()).unwrap();
    let mut closed = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(security) = operation["security"].as_array() else {
                // Of the log only hashes, whose keys sign it, and what a witness has signed.
                let log =
                    ["checkpoint", "keys", "proof/inclusion", "proof/consistency", "cosignatures"];
                let log = log.map(|call| format!("/api/v1/log/{call}"));
                let open = ["/api/v1/enrolments", "/healthz", "/readyz", "/metrics"];
                let is_open = open.contains(&path.as_str()) || log.contains(path);
                assert!(is_open, "{path} is public by mistake");
                continue;
            };
            closed += 1;
            let path = path
                .replace("{id}", airing_at("kim-tan", MORNING).as_str())
                .replace("{sha256}", &common::sha256().to_string());
            let method: Method = method.to_uppercase().parse().unwrap();
            let ask = async |path: &str, token: Option<String>| {
                let mut request = Request::builder()
                    .method(method.clone())
                    .uri(path)
                    .header("content-type", "application/json");
                if let Some(token) = token {
                    request = request.header("authorization", token);
                }
                house.send(request.body("{\"outcome\":\"aired\"}".into()).unwrap()).await
            };
            let wrong = format!("Bearer {}", "0".repeat(64));
            for token in [None, Some(wrong), Some("Bearer ".into()), Some(house.lan.clone())] {
                let answer = ask(&path, token).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
                assert_eq!(answer.problem().code, "unauthenticated");
            }
            // Another station's: what is a station's own shows nothing of another's.
            let admits = |kind: &str| security.iter().any(|one| one.get(kind).is_some());
            let other = Some(format!("Bearer {}", house.thach_lam));
            let of_another = match path.as_str() {
                "/api/v1/airings" => Some("/api/v1/airings?station=kim-tan".to_owned()),
                _ if path.contains("kim-tan") || !admits("station") => Some(path.clone()),
                _ => None,
            };
            if let Some(path) = of_another {
                let answer = ask(&path, other).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
                assert_eq!(answer.problem().code, "forbidden");
            }
            if !admits("person") {
                let answer = ask(&path, Some(format!("Bearer {}", house.lan))).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
            }
        }
    }
    assert!(closed >= 11, "only {closed} routes need a token");
}

#[tokio::test]
async fn every_answer_says_what_time_it_is() {
    let house = House::new().await;
    let routes = [("/healthz", ""), ("/nowhere", ""), ("/api/v1/rundown", &*house.thach_lam)];
    for (path, token) in [routes[0], routes[1], routes[2], ("/api/v1/rundown", "wrong")] {
        let time = house.get(path, token).await.headers[loa::wire::TIME_HEADER].clone();
        assert_eq!(time.to_str().unwrap().parse(), Ok(BEFORE.0), "{path}");
    }
}

#[tokio::test]
async fn errors_are_problems() {
    let house = House::new().await;
    let mut seen = Vec::new();
    let confirm = "/api/v1/confirmations";
    let sent = |kind: &str, body: &str| {
        Request::post(confirm)
            .header("authorization", format!("Bearer {}", house.thach_lam))
            .header("content-type", kind)
            .body(Body::from(body.to_owned()))
            .unwrap()
    };
    seen.push(house.get("/nothing", "").await.problem());
    seen.push(house.get(confirm, "").await.problem());
    seen.push(house.send(sent("text/plain", "hello")).await.problem());
    seen.push(house.send(sent("application/json", "{\"records\": 5}")).await.problem());
    seen.push(house.send(sent("application/json", "{\"records\": [")).await.problem());
    seen.push(house.get("/api/v1/airings?colour=red", &house.lan).await.problem());
    seen.push(house.get("/api/v1/airings?limit=0", &house.lan).await.problem());
    seen.push(house.get("/api/v1/airings", "").await.problem());
    seen.push(house.get("/api/v1/rundown", &house.lan).await.problem());
    insta::assert_json_snapshot!(seen);
}

#[test]
fn the_api_is_as_agreed() {
    insta::assert_json_snapshot!(openapi());
}

#[test]
fn the_page_about_it_names_every_call() {
    let page = include_str!("../docs/api.md");
    for path in openapi().paths.paths.keys() {
        let name = path.trim_start_matches("/api/v1");
        assert!(page.contains(&format!("{name}`")), "{path} is not in docs/api.md");
    }
}

#[tokio::test]
async fn the_page_loads_nothing_from_afar() {
    let house = House::new().await;
    let home = house.get("/", "").await;
    assert_eq!(home.headers["location"], "/today");
    let page = house.get("/api/docs", "").await;
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("'none'"));
    let html = String::from_utf8(page.body).unwrap();
    assert!(html.contains("/api/v1/confirmations") && !html.contains("<script"));
    assert!(!html.contains("http://") && !html.contains("https://"));
    assert_eq!(house.get("/api/docs.css", "").await.status, StatusCode::OK);
    assert_eq!(house.get("/api/openapi.json", "").await.json()["info"]["title"], "Loa");
}

#[tokio::test]
async fn who_never_reads_gives_the_connection_back() {
    let limits = Limits { taking: Duration::from_millis(200), connections: 1, ..Limits::default() };
    let house = House::with(limits).await;
    // More than both ends' buffers hold.
    let sha256 = house.keep_clip(&vec![7; 64 * 1024 * 1024]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(serve(
        vec![Door::plain(listener)],
        house.district.clone(),
        std::future::pending(),
    ));
    let open = async |text: String| {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    };
    let clip = format!(
        "GET /api/v1/clips/{sha256} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
        house.lan
    );
    let mut deaf = open(clip).await;
    // There is one seat: whoever comes next is heard only when the first has left.
    let mut next =
        open("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned()).await;
    let mut answer = String::new();
    let heard = tokio::time::timeout(Duration::from_secs(60), next.read_to_string(&mut answer));
    heard.await.expect("the first keeps its seat").unwrap();
    assert!(answer.ends_with("ok\n"), "{answer}");
    let mut taken = Vec::new();
    deaf.read_to_end(&mut taken).await.ok();
    assert!(taken.len() < 64 * 1024 * 1024, "it was all sent: the test proves nothing");
    server.abort();
}

#[tokio::test]
async fn slow_and_large_callers_are_let_go_and_long_polls_end_with_the_server() {
    let short = Duration::from_millis(200);
    let limits = Limits { head: short, body: short, ..Limits::default() };
    let house = House::with(limits).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut rolled = house.district.rolled();
    let server = tokio::spawn(serve(vec![Door::plain(listener)], house.district.clone(), async {
        stopped.await.ok();
    }));
    rolled.wait_for(Option::is_some).await.unwrap();
    let open = async |text: String| {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    };
    let read = async |stream: &mut tokio::net::TcpStream| {
        let mut text = Vec::new();
        // Reset counts as an end too.
        stream.read_to_end(&mut text).await.ok();
        String::from_utf8_lossy(&text).into_owned()
    };

    // A head that never ends: the connection ends without an answer, or with 408.
    let mut slow = open("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ".to_owned()).await;
    let text = read(&mut slow).await;
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 408"), "{text}");

    // A body that never ends.
    let head = format!(
        "POST /api/v1/confirmations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {}\r\nContent-Length: 100\r\n\r\n{{",
        house.thach_lam
    );
    let text = read(&mut open(head).await).await;
    assert!(text.starts_with("HTTP/1.1 408") && text.contains("slow-body"), "{text}");

    // A head without measure.
    let head =
        format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\n\r\n", "x".repeat(64 * 1024));
    let text = read(&mut open(head).await).await;
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 431"), "{text}");

    // A long poll outlives the limits on heads and bodies, and is answered when the server stops.
    let rundown = house.get("/api/v1/rundown", &house.thach_lam).await;
    let head = format!(
        "GET /api/v1/rundown?wait=60 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Authorization: Bearer {}\r\nIf-None-Match: {}\r\n\r\n",
        house.thach_lam,
        rundown.headers["etag"].to_str().unwrap()
    );
    let mut poll = open(head).await;
    let mut byte = [0];
    let early = tokio::time::timeout(short * 3, poll.read(&mut byte)).await;
    assert!(early.is_err(), "the long poll was answered early");
    stop.send(()).unwrap();
    let text = read(&mut poll).await;
    assert!(text.starts_with("HTTP/1.1 304"), "{text}");
    server.await.unwrap().unwrap();
}
