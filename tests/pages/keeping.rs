//! How long recordings are kept, and what stays of those that went.

use std::time::Duration;

use axum::http::StatusCode;
use loa::{
    radio::Role,
    server::{roll, tidy},
    store::{AuditFilter, Deed, Removed, Rules},
};
use serde_json::json;

use crate::{
    browser::Browser,
    common::{
        BEFORE, MORNING, SOUND, airing_at, district::House, invented::campaign, played, rules,
        sha256,
    },
};

on_both_databases!(a_recording_goes_after_its_time_and_its_record_stays);

const DAY: Duration = Duration::from_hours(24);

async fn a_recording_goes_after_its_time_and_its_record_stays(house: House) {
    let store = house.district.store();
    let date = |text: &str| text.parse().unwrap();
    let campaign = campaign("thach-thanh", "2020-10-01", "2020-12-31");
    let mut schedule = rules().schedules.remove(0);
    schedule.until = Some(date("2020-10-02"));
    let change = Rules { campaigns: vec![campaign], schedules: vec![schedule], ..Rules::default() };
    store.apply(&change, &Removed::default(), BEFORE).await.unwrap();
    roll(&house.district).await.unwrap();
    house.confirm(json!([played("thach-lam", 1)])).await;
    let lies = house
        .folder
        .path()
        .join("clips")
        .join(&sha256().to_string()[..2])
        .join(sha256().to_string());

    // By itself the district keeps everything.
    house.clock.advance(DAY * 2000);
    assert_eq!(tidy(&house.district).await.unwrap(), 0);
    house.clock.step_to(BEFORE);

    let mut administrator = Browser::of(&house, "hoa", &[(Role::Administrator, None)]).await;
    let page = administrator.get("/keeping").await.text();
    assert!(page.contains("giữ mãi mãi"), "{page}");
    for short in ["5", "0", "-1", "x", "1201"] {
        let answer = administrator.post("/keeping", &[("months", short)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{short}");
        assert!(answer.text().contains("từ 6 đến 1200"));
    }
    let saved = administrator.post("/keeping", &[("months", "6")]).await;
    assert_eq!(saved.location(), "/keeping");
    assert_eq!(store.keeping().await.unwrap().months(), Some(6));

    // Its last airing is seven months ago, but its campaign ended four months ago.
    house.clock.step_to(loa::radio::UtcMs(MORNING.0 + 212 * 86_400_000));
    assert_eq!(tidy(&house.district).await.unwrap(), 0);
    assert!(lies.is_file());
    house.clock.advance(DAY * 65);
    assert_eq!(tidy(&house.district).await.unwrap(), 1);
    assert!(!lies.exists());
    assert_eq!(tidy(&house.district).await.unwrap(), 0);

    // The record, the hash and the words stay, and the clip says what went.
    let airing = airing_at("thach-lam", MORNING);
    let mut operator = Browser::of(&house, "lan", &[(Role::Operator, None)]).await;
    assert!(operator.get(&format!("/record/{airing}")).await.text().contains("1.440.000"));
    let page = operator.get("/clips/bluezone").await.text();
    assert!(page.contains("Bản ghi âm thanh đã bỏ ngày 05/07/2021"), "{page}");
    assert!(page.contains(&sha256().to_string()) && !page.contains("<audio"));
    assert!(store.clip(&"bluezone".parse().unwrap()).await.unwrap().unwrap().clip.retired);
    let filter = AuditFilter { deed: Some(Deed::RecordingGone), ..AuditFilter::default() };
    let trail = store.trail(&filter, None, 10).await.unwrap();
    assert_eq!(trail.len(), 1);
    assert_eq!(trail[0].subject, "clip bluezone");
    assert_eq!(trail[0].after.as_ref().unwrap()["sha256"], sha256().to_string());

    // It cannot air without its sound; with the same file loaded again it can.
    operator.get("/clips/bluezone").await;
    operator.post("/clips/bluezone/bring-back", &[]).await;
    assert!(operator.get("/clips/bluezone").await.text().contains("hãy nạp lại tệp âm thanh"));
    assert!(store.clip(&"bluezone".parse().unwrap()).await.unwrap().unwrap().clip.retired);
    house.keep_clip(SOUND);
    store.keep_recording(&sha256(), "{}", BEFORE).await.unwrap();
    assert_eq!(store.gone_at(&sha256()).await.unwrap(), None);
    operator.post("/clips/bluezone/bring-back", &[]).await;
    assert!(!store.clip(&"bluezone".parse().unwrap()).await.unwrap().unwrap().clip.retired);
}
