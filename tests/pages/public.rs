//! What everybody may see, and what nobody but the district's own people may.

use axum::http::StatusCode;
use loa::{
    radio::{Campaign, Clip, Item, Programme, Role, Subject},
    server::roll,
    store::{Actor, AuditFilter, Deed, Removed, Rules, Said},
};
use serde_json::json;

use crate::{
    browser::{Browser, HOST},
    common::{
        BEFORE, clip,
        district::{Answer, House},
        invented::campaign,
        played, sha256_of,
    },
};

on_both_databases!(
    nothing_is_public_until_the_district_says_so,
    what_aired_is_found_by_everybody_and_names_nobody,
    a_campaign_shows_its_clips_and_no_others,
    who_asks_too_often_waits,
);

/// What anybody gets who sends nothing but the address.
async fn asked(house: &House, path: &str, headers: &[(&str, &str)]) -> Answer {
    let headers = [&[("host", HOST), ("accept", "text/html")], headers].concat();
    house.get_with(path, "", &headers).await
}

async fn seen(house: &House, path: &str) -> String {
    let answer = asked(house, path, &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.text()
}

/// The clip of the house with all that people may read of it, and its airing.
async fn aired(house: &House) {
    let told = Clip {
        issuing_office: Some("UBND huyện Thạch Thành".to_owned()),
        source_document: Some("12075/UBND-CNTT".to_owned()),
        transcript: Some("Mời bà con cài đặt Bluezone".to_owned()),
        ..clip("bluezone", crate::common::SOUND)
    };
    let change = Rules { clips: vec![told], ..Rules::default() };
    house.district.store().apply(&change, &Removed::default(), BEFORE).await.unwrap();
    roll(&house.district).await.unwrap();
    house.confirm(json!([played("thach-lam", 1)])).await;
    let declared = json!({"outcome": "aired", "detail": "bà Hoa đã nghe"});
    let airing = crate::common::airing_at("kim-tan", crate::common::MORNING);
    house.clock.advance(std::time::Duration::from_mins(10));
    let said =
        house.post(&format!("/api/v1/airings/{airing}/confirmation"), &house.lan, &declared).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.text());
}

fn code() -> String {
    sha256_of(crate::common::SOUND).to_string()[..12].to_owned()
}

async fn nothing_is_public_until_the_district_says_so(house: House) {
    aired(&house).await;
    let page = format!("/p/{}", code());
    let hidden = async || {
        for path in ["/public", &page, &format!("{page}/poster"), &format!("{page}/qr.svg")] {
            let answer = asked(&house, path, &[]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(answer.headers["cache-control"], "no-store");
        }
    };
    hidden().await;
    // A clip alone shows nothing while the whole is off; the whole alone shows no clip.
    let mut approver = Browser::of(&house, "duyet", &[(Role::Approver, None)]).await;
    let list = approver.get("/publishing").await.text();
    assert!(list.contains("Đang đóng") && list.contains("Cài đặt Bluezone"), "{list}");
    let shown = approver.post("/publishing/clips/bluezone", &[("shown", "true")]).await;
    assert_eq!(shown.location(), "/publishing");
    hidden().await;
    approver.post("/publishing/clips/bluezone", &[("shown", "false")]).await;
    approver.post("/publishing", &[("on", "true")]).await;
    assert!(!seen(&house, "/public").await.contains("Cài đặt Bluezone"));
    assert_eq!(asked(&house, &page, &[]).await.status, StatusCode::NOT_FOUND);
    // What is shown is shown at once, and what is shown no longer is gone at once.
    approver.post("/publishing/clips/bluezone", &[("shown", "true")]).await;
    assert!(seen(&house, &page).await.contains("Cài đặt Bluezone"));
    approver.post("/publishing", &[("on", "false")]).await;
    hidden().await;
    let trail = house.district.store().trail(&AuditFilter::default(), None, 50).await.unwrap();
    let deeds: Vec<&str> = trail.iter().map(|entry| entry.deed.as_str()).collect();
    for (deed, times) in [(Deed::PublicSet, 2), (Deed::Published, 2), (Deed::Unpublished, 1)] {
        assert_eq!(deeds.iter().filter(|it| **it == deed.as_str()).count(), times, "{deed}");
    }
    let mut operator = Browser::of(&house, "lan", &[(Role::Operator, None)]).await;
    assert_eq!(operator.get("/publishing").await.status, StatusCode::FORBIDDEN);
}

async fn publish(house: &House, what: &str) {
    let mut approver = Browser::of(house, "duyet", &[(Role::Approver, None)]).await;
    approver.get("/publishing").await;
    approver.post("/publishing", &[("on", "true")]).await;
    let answer = approver.post(&format!("/publishing/{what}"), &[("shown", "true")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

async fn what_aired_is_found_by_everybody_and_names_nobody(house: House) {
    aired(&house).await;
    publish(&house, "clips/bluezone").await;
    let list = asked(&house, "/public", &[]).await;
    assert_eq!(list.headers["cache-control"], "public, max-age=60");
    assert!(!list.headers.contains_key("set-cookie"));
    let policy = list.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    let text = list.text();
    for said in [
        "05:00 01/10/2020",
        "Đài thach-lam",
        "Đài kim-tan",
        "thiết bị đã phát",
        "người xác nhận",
        "UBND huyện Thạch Thành",
        "Tin chính thức",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    // With marks or without, by any of its words, and nothing else.
    for words in ["c%C3%A0i+%C4%91%E1%BA%B7t", "CAI+DAT", "moi+ba+con", "12075"] {
        assert!(seen(&house, &format!("/public?words={words}")).await.contains("Cài đặt Bluezone"));
    }
    let none = seen(&house, "/public?words=khong+co+gi").await;
    assert!(!none.contains("Cài đặt Bluezone") && none.contains("Không thấy lần phát nào"));
    let at = seen(&house, "/public?unit=kim-tan&day=2020-10-01").await;
    assert!(at.contains("Đài kim-tan") && !at.contains("Đài thach-lam"));
    assert!(!seen(&house, "/public?day=2020-09-30").await.contains("Đài kim-tan"));

    let path = format!("/p/{}", code());
    assert!(text.contains(&format!("href=\"{path}\"")));
    let one = seen(&house, &path).await;
    for said in ["Mời bà con cài đặt Bluezone", "12075/UBND-CNTT", "Đài kim-tan", "class=\"qr"]
    {
        assert!(one.contains(said), "{said}: {one}");
    }
    let address = format!("http://{HOST}{path}");
    assert!(one.contains(&address));
    let poster = seen(&house, &format!("{path}/poster")).await;
    assert!(poster.contains(&address) && poster.contains("Quét mã"));
    let qr = asked(&house, &format!("{path}/qr.svg"), &[]).await;
    assert_eq!(qr.headers["content-type"], "image/svg+xml");
    assert!(qr.text().starts_with("<svg xmlns="));
    // English keeps to itself in its links.
    let english = seen(&house, "/public?lang=en").await;
    assert!(english.contains("Official") && english.contains(&format!("{path}?lang=en")));
    assert!(english.contains("href=\"/public?lang=vi\""));

    // Nobody is named, whoever approved, declared or published, and no secret is there.
    let secrets = [house.lan.as_str(), &house.thach_lam, &house.kim_tan];
    for page in [&text, &one, &poster, &english] {
        for name in ["Chủ tịch", "Lan", "Tên duyet", "bà Hoa", "form-token"].iter().chain(&secrets)
        {
            assert!(!page.contains(name), "{name}: {page}");
        }
    }

    // Who has it is told so in a few bytes; a page from before the change is not right any more.
    let tag = asked(&house, &path, &[]).await.headers["etag"].to_str().unwrap().to_owned();
    let again = asked(&house, &path, &[("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(again.headers["cache-control"], "public, max-age=60");
    let id = "bluezone".parse().unwrap();
    let (subject, content) = (Subject::Clip(id), sha256_of(crate::common::SOUND));
    let said = Said { subject: &subject, content, approved: false, comment: Some("sai") };
    house
        .district
        .store()
        .rule(&Actor::command("a test"), &said, loa::clock::Clock::now(&*house.clock))
        .await
        .unwrap();
    house.clock.advance(std::time::Duration::from_mins(2));
    let changed = asked(&house, &path, &[("if-none-match", &tag)]).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert!(changed.text().contains("Đã thu hồi") && !changed.text().contains("Tin chính thức"));
}

async fn a_campaign_shows_its_clips_and_no_others(house: House) {
    let other = Clip { title: "Họp nội bộ".to_owned(), ..clip("hop", b"other") };
    let waiting = Clip {
        title: "Chưa duyệt".to_owned(),
        approved_by: None,
        ..clip("chua-duyet", b"waiting")
    };
    let campaign = Campaign {
        clips: ["bluezone", "chua-duyet"].map(|id| id.parse().unwrap()).into(),
        ..campaign("thach-thanh", "2020-10-01", "2020-10-03")
    };
    let both = Programme {
        id: "ban-tin".parse().unwrap(),
        title: "Bản tin".to_owned(),
        items: ["bluezone", "hop"].map(|id| Item::Clip(id.parse().unwrap())).into(),
    };
    let change = Rules {
        clips: vec![other, waiting],
        campaigns: vec![campaign],
        programmes: vec![both],
        ..Rules::default()
    };
    house.district.store().apply(&change, &Removed::default(), BEFORE).await.unwrap();
    roll(&house.district).await.unwrap();
    let mut second = played("thach-lam", 2);
    (second.position, second.clip, second.title) =
        (1, Some(sha256_of(b"other")), "Họp nội bộ".to_owned());
    house.confirm(json!([played("thach-lam", 1), second])).await;
    house.clock.advance(std::time::Duration::from_mins(10));
    publish(&house, "campaigns/bluezone").await;
    let list = seen(&house, "/public").await;
    assert!(list.contains("Cài đặt Bluezone") && list.contains("Đài thach-lam"), "{list}");
    assert!(!list.contains("Họp nội bộ") && !list.contains("Chưa duyệt"));
    for hidden in [&b"other"[..], b"waiting"] {
        let path = format!("/p/{}", &sha256_of(hidden).to_string()[..12]);
        assert_eq!(asked(&house, &path, &[]).await.status, StatusCode::NOT_FOUND);
    }
}

async fn who_asks_too_often_waits(house: House) {
    publish(&house, "clips/bluezone").await;
    for number in 0..=60 {
        seen(&house, &format!("/public?words={number}")).await;
    }
    let more = asked(&house, "/public?words=khac", &[]).await;
    assert_eq!(more.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(more.headers["retry-after"], "1");
    assert!(more.text().contains("Bạn hỏi quá nhanh"));
    // What is kept costs nothing, and staff are not the public.
    assert_eq!(asked(&house, "/public?words=60", &[]).await.status, StatusCode::OK);
    assert_eq!(asked(&house, "/sign-in", &[]).await.status, StatusCode::OK);
    house.clock.advance(std::time::Duration::from_secs(2));
    assert_eq!(asked(&house, "/public?words=khac", &[]).await.status, StatusCode::OK);
}
