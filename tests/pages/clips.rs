use std::path::Path;

use axum::http::StatusCode;
use loa::{
    radio::{Approval, Item, Programme, Role},
    server::roll,
    store::{Removed, Rules, StoredClip},
};

use crate::{
    browser::Browser,
    common::{BEFORE, district::House},
};

on_both_databases!(a_clip_comes_in_by_a_plain_form_and_airs_once_somebody_else_approves_it);

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// Sends files as a browser without scripts does.
async fn send(browser: &mut Browser<'_>, files: &[(&str, Vec<u8>)]) -> String {
    let field = "\r\n--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=";
    let token = &browser.token;
    let mut body =
        format!("--xyz\r\nContent-Disposition: form-data; name=\"form-token\"\r\n\r\n{token}")
            .into_bytes();
    for (name, bytes) in files {
        let head = format!("{field}\"{name}\"\r\nContent-Type: audio/wav\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
    }
    body.extend_from_slice(b"\r\n--xyz--\r\n");
    let kind = "multipart/form-data; boundary=xyz";
    let answer = browser.post_body("/clips", kind, body.into()).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.text()
}

async fn stored(house: &House, id: &str) -> StoredClip {
    house.district.store().clip(&id.parse().unwrap()).await.unwrap().unwrap()
}

async fn a_clip_comes_in_by_a_plain_form_and_airs_once_somebody_else_approves_it(house: House) {
    let mut operator =
        Browser::of(&house, "lan", &[(Role::Operator, None), (Role::Approver, None)]).await;
    let list = operator.get("/clips").await.text();
    assert!(list.contains("Cài đặt Bluezone") && list.contains("đã duyệt"), "{list}");
    let cut = fixture("tone.flac")[..300].to_vec();
    let files = [("tin.wav", fixture("tone.wav")), ("hong.flac", cut), ("", vec![])];
    let sent = send(&mut operator, &files).await;
    assert!(sent.contains("Đã nhận, chờ duyệt") && sent.contains("href=\"/clips/tieng-thu\""));
    assert!(sent.contains("hong.flac") && sent.contains("Không nhận"), "{sent}");
    assert_eq!(stored(&house, "tieng-thu").await.approval, Approval::Waiting);

    // Words that are wrong are shown again with what is wrong; right ones are kept.
    let page = operator.get("/clips/tieng-thu").await.text();
    for there in ["class=\"waveform\"", "chờ duyệt", "Tên lan", "<audio controls"] {
        assert!(page.contains(there), "{there}: {page}");
    }
    let words = |title, until| {
        [
            ("title", title),
            ("issuing_office", "UBND huyện Thạch Thành"),
            ("source_document", "12075/UBND-CNTT"),
            ("language", "vi"),
            ("from", "01/10/2020"),
            ("until", until),
            ("transcript", "Dòng một\r\n<b>Dòng hai</b>"),
        ]
    };
    let wrong = operator.post("/clips/tieng-thu", &words("", "31/9/2020")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = wrong.text();
    assert!(wrong.contains("Hãy ghi tên bản ghi") && wrong.contains("Ngày không đúng"), "{wrong}");
    assert!(wrong.contains("value=\"31/9/2020\"") && wrong.contains("12075/UBND-CNTT"));
    let right = operator.post("/clips/tieng-thu", &words("Phòng dịch", "31/10/2020")).await;
    assert_eq!((right.status, right.location()), (StatusCode::SEE_OTHER, "/clips/tieng-thu"));
    let page = operator.get("/clips/tieng-thu").await.text();
    assert!(page.contains("Đã lưu.") && page.contains("từ 01/10/2020 đến hết 31/10/2020"));
    assert!(page.contains("&#60;b&#62;Dòng hai") && !page.contains("<b>Dòng hai"));
    let clip = stored(&house, "tieng-thu").await.clip;
    assert_eq!(clip.transcript.as_deref(), Some("Dòng một\n<b>Dòng hai</b>"));
    let found = operator.get("/clips?words=phong+dich").await.text();
    assert!(found.contains("Phòng dịch") && !found.contains("Cài đặt Bluezone"));

    // What a file brought is edited on purpose only.
    let over = operator.post("/clips/bluezone", &words("Khác", "")).await;
    assert_eq!(over.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(over.text().contains("Hãy đánh dấu ô “Tôi muốn sửa ở đây thay cho tệp”"));
    assert_eq!(stored(&house, "bluezone").await.clip.title, "Cài đặt Bluezone");

    // The queue says what does not air meanwhile; who loaded it cannot approve it.
    let programmes = vec![Programme {
        id: "ban-tin".parse().unwrap(),
        title: "Bản tin".to_owned(),
        items: vec![Item::Clip("tieng-thu".parse().unwrap())],
    }];
    let rules = Rules { programmes, ..Rules::default() };
    house.district.store().apply(&rules, &Removed::default(), BEFORE).await.unwrap();
    roll(&house.district).await.unwrap();
    let queue = operator.get("/approvals").await.text();
    assert!(queue.contains("sẽ không phát lúc 05:00 01/10/2020"), "{queue}");
    assert!(queue.contains("chính bạn làm ra") && !queue.contains("value=\"approve\""));
    let sha256 = clip.sha256.to_string();
    let word = |word, comment| {
        [
            ("noun", "clip"),
            ("id", "tieng-thu"),
            ("content", sha256.as_str()),
            ("word", word),
            ("comment", comment),
        ]
    };
    let own = operator.post("/approvals", &word("approve", "")).await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);

    let mut approver = Browser::of(&house, "minh", &[(Role::Approver, None)]).await;
    let queue = approver.get("/approvals").await.text();
    assert!(queue.contains("value=\"approve\"") && queue.contains("Phòng dịch"), "{queue}");
    let silent = approver.post("/approvals", &word("send-back", " ")).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.text().contains("Hãy ghi ý kiến"));
    approver.post("/approvals", &word("send-back", "Thiếu tên cơ quan")).await;
    assert_eq!(stored(&house, "tieng-thu").await.approval, Approval::SentBack);
    let queue = operator.get("/approvals").await.text();
    assert!(queue.contains("Thiếu tên cơ quan") && queue.contains("Đã trả lại"));
    let answer = approver.post("/approvals", &word("approve", "")).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/approvals"));
    assert!(approver.get("/approvals").await.text().contains("Đã duyệt: Phòng dịch."));
    roll(&house.district).await.unwrap();
    let page = operator.get("/clips/tieng-thu").await.text();
    assert!(page.contains("Tên minh") && page.contains("05:00 01/10/2020"), "{page}");

    // Retired it airs no more.
    operator.post("/clips/tieng-thu/retire", &[]).await;
    let page = operator.get("/clips/tieng-thu").await.text();
    assert!(page.contains("Đã ngừng dùng từ") && page.contains("Dùng lại bản ghi này"));
    assert!(!operator.get("/clips").await.text().contains("Phòng dịch"));
    assert!(operator.get("/clips?use=retired").await.text().contains("Phòng dịch"));
    operator.post("/clips/tieng-thu/bring-back", &[]).await;
    assert!(operator.get("/clips").await.text().contains("Phòng dịch"));
}

#[tokio::test]
async fn only_an_administrator_switches_four_eyes() {
    let house = House::new().await;
    let mut boss = Browser::of(&house, "boss", &[(Role::Administrator, None)]).await;
    let mut minh = Browser::of(&house, "minh", &[(Role::Approver, None)]).await;
    assert!(!minh.get("/approvals").await.text().contains("Tắt chế độ hai người"));
    let refused = minh.post("/approvals/four-eyes", &[("on", "false")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(boss.get("/approvals").await.text().contains("Tắt chế độ hai người"));
    boss.post("/approvals/four-eyes", &[("on", "false")]).await;
    assert!(!house.district.store().four_eyes().await.unwrap());
    assert!(minh.get("/approvals").await.text().contains("mỗi lần phát sẽ ghi rõ"));
}
