//! What is done for a campaign beside its airings.

use std::path::Path;

use axum::http::StatusCode;
use loa::{
    radio::{Channel, Role},
    store::{AuditFilter, Deed, Removed, Rules},
};

use crate::{
    browser::Browser,
    common::{
        BEFORE,
        district::{Answer, House},
        invented::campaign,
    },
};

on_both_databases!(an_officer_reports_for_their_own_unit_and_the_campaign_shows_it);

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// Sends the form as a browser does.
async fn send(
    browser: &mut Browser<'_>,
    fields: &[(&str, &str)],
    photograph: Option<(&str, Vec<u8>)>,
) -> Answer {
    let token = browser.token.clone();
    let mut body = Vec::new();
    for (name, value) in [&[("form-token", token.as_str())], fields].concat() {
        let part =
            format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.into_bytes());
    }
    let (name, bytes) = photograph.unwrap_or_default();
    let head = format!(
        "--xyz\r\nContent-Disposition: form-data; name=\"photograph\"; filename=\"{name}\"\r\n\
         Content-Type: image/jpeg\r\n\r\n"
    );
    body.extend(head.into_bytes());
    body.extend(bytes);
    body.extend(b"\r\n--xyz--\r\n");
    let kind = "multipart/form-data; boundary=xyz";
    browser.post_body("/campaigns/bluezone/channels", kind, body.into()).await
}

async fn an_officer_reports_for_their_own_unit_and_the_campaign_shows_it(house: House) {
    let date = |text: &str| text.parse().unwrap();
    let campaign = campaign("thach-thanh", "2020-09-20", "2020-10-03");
    let id = campaign.id.clone();
    let change = Rules { campaigns: vec![campaign], ..Rules::default() };
    let store = house.district.store();
    store.apply(&change, &Removed::default(), BEFORE).await.unwrap();

    let of_unit = [(Role::CommuneOfficer, Some("kim-tan"))];
    let mut officer = Browser::of(&house, "nam", &of_unit).await;
    let page = officer.get("/campaigns/bluezone/channels").await.text();
    assert!(page.contains("value=\"kim-tan\"") && !page.contains("value=\"thach-lam\""), "{page}");
    let form = |unit, channel, day, number| {
        [
            ("unit", unit),
            ("channel", channel),
            ("day", day),
            ("number", number),
            ("note", "Chợ <Kim Tân>"),
        ]
    };
    let right = form("kim-tan", "poster", "2020-09-30", "12");
    let sent = send(&mut officer, &right, Some(("anh.jpg", fixture("poster.jpg")))).await;
    assert_eq!(
        (sent.status, sent.location()),
        (StatusCode::SEE_OTHER, "/campaigns/bluezone/channels")
    );
    let page = officer.get("/campaigns/bluezone/channels").await.text();
    for said in ["30/09/2020", "Áp phích", "Chợ &#60;Kim Tân&#62;", "Tên nam", "người xác nhận"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    let whole = Some((date("2020-09-01"), date("2020-10-31")));
    let kept = store.channel_reports(&id, whole).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(store.channel_reports(&id, None).await.unwrap(), kept);
    let said = &kept[0].said;
    assert_eq!((said.channel, said.number), (Channel::Poster, 12));
    assert!(
        store
            .channel_reports(&id, Some((date("2020-10-01"), date("2020-10-31"))))
            .await
            .unwrap()
            .is_empty()
    );
    let path = format!("/channels/{}/photograph", kept[0].id);
    assert!(page.contains(&path));
    let shown = officer.get(&path).await;
    assert_eq!(shown.headers["content-type"], "image/jpeg");
    assert_eq!(shown.headers["x-content-type-options"], "nosniff");
    assert_eq!(shown.body, fixture("poster.jpg"), "it is kept as it is");
    // It lies by its hash, and is no clip.
    let hash = said.photograph.unwrap().to_string();
    assert!(house.folder.path().join("clips/photographs").join(&hash[..2]).join(&hash).is_file());
    assert_eq!(
        house.get(&format!("/api/v1/clips/{hash}"), &house.lan).await.status,
        StatusCode::NOT_FOUND
    );

    // What is wrong is said where it stands, and nothing is kept.
    for (fields, photograph, why) in [
        (form("kim-tan", "poster", "2020-10-02", "12"), None, "không muộn hơn hôm nay"),
        (form("kim-tan", "poster", "2020-09-30", "0"), None, "từ 1 trở lên"),
        (form("kim-tan", "gossip", "2020-09-30", "1"), None, "Hãy chọn hình thức"),
        (right, Some(("anh.jpg", fixture("tone.wav"))), "không phải ảnh JPEG"),
        (right, Some(("anh.png", fixture("poster.png")[..400].to_vec())), "bị hỏng"),
    ] {
        let answer = send(&mut officer, &fields, photograph).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
        assert!(answer.text().contains(why), "{why}: {}", answer.text());
    }
    let other = send(&mut officer, &form("thach-lam", "poster", "2020-09-30", "3"), None).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    let huge = send(&mut officer, &right, Some(("a.jpg", vec![0; 11 * 1024 * 1024]))).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(store.channel_reports(&id, whole).await.unwrap().len(), 1);

    // The operator reports for any unit; each officer sees and withdraws their own unit's only.
    let mut operator = Browser::of(&house, "lan", &[(Role::Operator, None)]).await;
    operator.get("/campaigns/bluezone/channels").await;
    send(&mut operator, &form("thach-lam", "leaflet", "2020-10-01", "250"), None).await;
    let page = operator.get("/campaigns/bluezone").await.text();
    assert!(page.contains("Tờ rơi") && page.contains("250") && page.contains("Áp phích"), "{page}");
    let page = officer.get("/campaigns/bluezone").await.text();
    assert!(!page.contains("Tờ rơi") && page.contains("Áp phích"));
    let kept = store.channel_reports(&id, whole).await.unwrap();
    let withdraw = |at: usize| format!("/channels/{}/withdraw", kept[at].id);
    assert_eq!(officer.post(&withdraw(1), &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(officer.post(&withdraw(0), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(officer.post(&withdraw(0), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(store.channel_reports(&id, whole).await.unwrap().len(), 1);
    let deeds = [Deed::ChannelReported, Deed::ChannelWithdrawn];
    for (deed, times) in deeds.into_iter().zip([2, 1]) {
        let filter = AuditFilter { deed: Some(deed), ..AuditFilter::default() };
        assert_eq!(store.trail(&filter, None, 50).await.unwrap().len(), times, "{deed}");
    }
    let mut auditor = Browser::of(&house, "hoa", &[(Role::Auditor, None)]).await;
    let page = auditor.get("/campaigns/bluezone/channels").await.text();
    assert!(page.contains("Tên lan") && !page.contains("enctype"), "{page}");
}
