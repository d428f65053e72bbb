use std::{convert::Infallible, path::Path};

use axum::{
    body::{Body, Bytes},
    http::{Request, StatusCode},
};
use futures_util::{StreamExt, stream};
use loa::{
    radio::{Grant, Grants, Role},
    server::Limits,
    store::{Bearer, NewPerson},
};
use serde_json::{Value, json};

use crate::{
    common::{
        BEFORE,
        district::{Answer, House},
    },
    somebody,
};

on_both_databases!(
    a_recording_that_is_sent_becomes_a_clip_that_waits,
    what_is_refused_leaves_nothing,
    words_change_and_the_sound_does_not,
    an_approver_rules_over_the_api,
);

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// The token of somebody who has one role in the whole district.
async fn token(house: &House, name: &str, role: Role) -> String {
    let grants = Grants(vec![Grant { role, unit: None }]);
    let sign_in = name.to_lowercase();
    let new = NewPerson { name: name.to_owned(), sign_in: sign_in.clone(), grants };
    let store = house.district.store();
    store.add_person(&somebody("Admin"), &new, BEFORE).await.unwrap().unwrap();
    let token = store.create_token(&Bearer::Person(sign_in), BEFORE).await.unwrap();
    token.reveal().to_owned()
}

async fn send(house: &House, token: &str, file: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(format!("/api/v1/clips?file={file}"))
        .header("authorization", format!("Bearer {token}"))
        .body(body.into())
        .unwrap();
    house.send(request).await
}

async fn patch(house: &House, token: &str, clip: &str, body: &Value) -> Answer {
    let request = Request::patch(format!("/api/v1/clips/{clip}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body.to_string().into())
        .unwrap();
    house.send(request).await
}

/// What lies on the shelf, and what is on its way there.
fn shelf(house: &House) -> (usize, usize) {
    let shelf = loa::library::Shelf::open(&house.folder.path().join("clips")).unwrap();
    let arriving = std::fs::read_dir(house.folder.path().join("clips/arriving")).unwrap().count();
    (shelf.clips().unwrap().len(), arriving)
}

async fn a_recording_that_is_sent_becomes_a_clip_that_waits(house: House) {
    let lan = token(&house, "Lan", Role::Operator).await;
    let before = shelf(&house);
    let sent = send(&house, &lan, "Tin%20tức%20số_2.wav", fixture("tone.wav")).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&sent.body));
    let clip = sent.json();
    // Its own title goes before its file's name.
    assert_eq!((&clip["id"], &clip["title"]), (&json!("tieng-thu"), &json!("Tiếng thử")));
    assert_eq!(clip["uploaded_by"], "Lan");
    assert_eq!((&clip["approval"], &clip["origin"]), (&json!("waiting"), &json!("page")));
    assert_eq!(shelf(&house), (before.0 + 1, 0));

    // Its bytes are those that were sent, and a browser is told what they are.
    let path = format!("/api/v1/clips/{}", clip["sha256"].as_str().unwrap());
    let bytes = house.get(&path, &lan).await;
    assert_eq!(bytes.body, fixture("tone.wav"));
    assert_eq!(bytes.headers["content-type"], "audio/wav");
    let store = house.district.store();
    let sha256 = clip["sha256"].as_str().unwrap().parse().unwrap();
    let facts: Value =
        serde_json::from_str(&store.recording(&sha256).await.unwrap().unwrap()).unwrap();
    assert!(!facts["waveform"]["pairs"].as_array().unwrap().is_empty());

    // Sent again it is known; another recording of that name gets a name of its own.
    let again = send(&house, &lan, "x.wav", fixture("tone.wav")).await;
    assert_eq!((again.status, again.problem().code.as_str()), (StatusCode::CONFLICT, "known"));
    assert!(again.problem().detail_vi.unwrap().contains("Tiếng thử"));
    let other = send(&house, &lan, "x.flac", fixture("tone.flac")).await;
    assert_eq!(other.json()["id"], "tieng-thu-2");
    let bare = send(&house, &lan, "C:%5CTin%20tức%20số_2.mp3", fixture("bare.mp3")).await.json();
    assert_eq!((&bare["id"], &bare["title"]), (&json!("tin-tuc-so-2"), &json!("Tin tức số 2")));

    let found = house.get("/api/v1/clips?words=tieng%20thu&approval=waiting&limit=1", &lan).await;
    let found = found.json();
    assert_eq!(found["clips"][0]["id"], "tieng-thu");
    let next = format!(
        "/api/v1/clips?words=tieng%20thu&approval=waiting&limit=1&cursor={}",
        found["next"].as_str().unwrap()
    );
    let rest = house.get(&next, &lan).await.json();
    assert_eq!((&rest["clips"][0]["id"], &rest["next"]), (&json!("tieng-thu-2"), &json!(null)));

    // Only an operator loads.
    for role in [Role::Administrator, Role::Approver, Role::CommuneOfficer, Role::Auditor] {
        let other = token(&house, role.as_str(), role).await;
        let refused = send(&house, &other, "x.wav", fixture("tone.ogg")).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{role}");
    }
    let station = send(&house, &house.thach_lam, "x.wav", fixture("tone.ogg")).await;
    assert_eq!(station.status, StatusCode::FORBIDDEN);
}

async fn what_is_refused_leaves_nothing(house: House) {
    let lan = token(&house, "Lan", Role::Operator).await;
    let before = shelf(&house);
    let flac = fixture("tone.flac");
    let cut = flac[..flac.len() / 2].to_vec();
    for (bytes, code) in
        [(b"not a recording at all".to_vec(), "not-audio"), (cut, "damaged"), (Vec::new(), "empty")]
    {
        let refused = send(&house, &lan, "x.flac", bytes).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let problem = refused.problem();
        assert_eq!(problem.code, code);
        assert!(problem.detail_vi.unwrap().contains("Hãy"));
        assert_eq!(shelf(&house), (before.0, 0));
    }

    // A line that breaks in the middle, and one that brings less than it announced.
    let pieces = vec![Ok(Bytes::from(flac[..1000].to_vec())), Err("the line broke")];
    let broken = send(&house, &lan, "x.flac", Body::from_stream(stream::iter(pieces))).await;
    assert_eq!(
        (broken.status, broken.problem().code.as_str()),
        (StatusCode::BAD_REQUEST, "broken-body")
    );
    let request = Request::post("/api/v1/clips?file=x.flac")
        .header("authorization", format!("Bearer {lan}"))
        .header("content-length", (flac.len() + 1).to_string())
        .body(flac.into())
        .unwrap();
    let short = house.send(request).await;
    assert_eq!(short.problem().code, "broken-body");
    assert_eq!(shelf(&house), (before.0, 0));
    assert_eq!(house.get("/api/v1/clips", &lan).await.json()["clips"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_all_there() {
    let limits = Limits { recording: 100_000, ..Limits::default() };
    let house = House::with(limits).await;
    let lan = token(&house, "Lan", Role::Operator).await;
    // It never ends: only a limit can end it.
    let endless = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[0; 4096])));
    let refused = send(&house, &lan, "x.wav", Body::from_stream(endless.boxed())).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(refused.problem().code, "too-large");
    assert_eq!(shelf(&house).1, 0);
}

#[tokio::test]
async fn a_sender_who_stands_still_is_given_up() {
    let limits = Limits { body: std::time::Duration::from_millis(50), ..Limits::default() };
    let house = House::with(limits).await;
    let lan = token(&house, "Lan", Role::Operator).await;
    let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"fLaC"))]);
    let stuck = first.chain(stream::pending());
    let refused = send(&house, &lan, "x.flac", Body::from_stream(stuck)).await;
    assert_eq!(refused.problem().code, "broken-body");
    assert_eq!(shelf(&house).1, 0);
}

#[tokio::test]
async fn the_same_recording_sent_at_once_by_many_is_one_clip() {
    let house = House::new().await;
    let lan = token(&house, "Lan", Role::Operator).await;
    let sent = (0..6).map(|_| send(&house, &lan, "tone.wav", fixture("tone.wav")));
    let answers = futures_util::future::join_all(sent).await;
    let taken = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    let known = answers.iter().filter(|answer| answer.status == StatusCode::CONFLICT).count();
    assert_eq!((taken, known), (1, 5));
}

async fn words_change_and_the_sound_does_not(house: House) {
    let lan = token(&house, "Lan", Role::Operator).await;
    let minh = token(&house, "Minh", Role::Approver).await;
    let clip = send(&house, &lan, "tone.wav", fixture("tone.wav")).await.json();
    let id = clip["id"].as_str().unwrap();
    let words = json!({"description": {
        "title": "Phòng dịch", "transcript": "Dòng một\nDòng hai", "language": "mtq",
        "from": "2020-10-01", "until": "2020-10-31",
    }});
    let changed = patch(&house, &lan, id, &words).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", String::from_utf8_lossy(&changed.body));
    let changed = changed.json();
    assert_eq!(
        (&changed["title"], &changed["until"]),
        (&json!("Phòng dịch"), &json!("2020-10-31"))
    );
    assert_eq!((&changed["sha256"], &changed["id"]), (&clip["sha256"], &clip["id"]));
    let cleared = json!({"description": {"until": null}, "retired": true});
    let cleared = patch(&house, &lan, id, &cleared).await.json();
    assert_eq!((&cleared["until"], &cleared["retired"]), (&json!(null), &json!(true)));
    assert_eq!(cleared["from"], "2020-10-01");

    let wrong = json!({"description": {"title": " ", "until": "2020-09-01"}});
    let wrong = patch(&house, &lan, id, &wrong).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let problem = wrong.problem();
    assert!(
        problem.detail.contains("title: ") && problem.detail.contains("until: "),
        "{problem:?}"
    );
    let sound = patch(&house, &lan, id, &json!({"description": {"sha256": "0"}})).await;
    assert_eq!(sound.status, StatusCode::UNPROCESSABLE_ENTITY);

    // What a file brought is taken over on purpose only.
    let title = json!({"description": {"title": "Khác"}});
    let refused = patch(&house, &lan, "bluezone", &title).await;
    assert_eq!(
        (refused.status, refused.problem().code.as_str()),
        (StatusCode::CONFLICT, "of-file")
    );
    let over = json!({"description": {"title": "Khác"}, "take_over": true});
    assert_eq!(patch(&house, &lan, "bluezone", &over).await.json()["origin"], "page");
    assert_eq!(patch(&house, &minh, id, &title).await.status, StatusCode::FORBIDDEN);
    assert_eq!(patch(&house, &lan, "khong-co", &title).await.status, StatusCode::NOT_FOUND);
}

async fn an_approver_rules_over_the_api(house: House) {
    let lan = token(&house, "Lan", Role::Operator).await;
    let minh = token(&house, "Minh", Role::Approver).await;
    let clip = send(&house, &lan, "tone.wav", fixture("tone.wav")).await.json();
    let queue = house.get("/api/v1/approvals", &minh).await.json();
    assert_eq!(queue["four_eyes"], true);
    let waiting = &queue["pending"][0];
    assert_eq!((&waiting["noun"], &waiting["id"]), (&json!("clip"), &clip["id"]));
    assert_eq!((&waiting["content"], &waiting["made_by"]), (&clip["sha256"], &json!("Lan")));

    let word = |approved: bool, comment: Option<&str>| {
        json!({"noun": "clip", "id": clip["id"], "content": clip["sha256"], "approved": approved,
               "comment": comment})
    };
    let post = async |token: &str, body: Value| house.post("/api/v1/approvals", token, &body).await;
    assert_eq!(post(&lan, word(true, None)).await.status, StatusCode::FORBIDDEN);
    let silent = post(&minh, word(false, Some("  "))).await;
    assert_eq!(silent.problem().code, "comment-missing");
    let mut other = word(true, None);
    other["content"] = json!("0".repeat(64));
    assert_eq!(post(&minh, other).await.problem().code, "changed");
    assert_eq!(post(&minh, word(false, Some("Thiếu nguồn"))).await.status, StatusCode::NO_CONTENT);
    let sent_back = house.get("/api/v1/approvals", &minh).await.json();
    assert_eq!(sent_back["pending"][0]["last"]["comment"], "Thiếu nguồn");
    assert_eq!(post(&minh, word(true, None)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.get("/api/v1/approvals", &minh).await.json()["pending"], json!([]));
    let mut gone = word(true, None);
    gone["id"] = json!("khong-co");
    assert_eq!(post(&minh, gone).await.status, StatusCode::NOT_FOUND);
}
