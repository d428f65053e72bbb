//! Campaigns, as their pages show them.

use axum::http::StatusCode;
use loa::{
    radio::{Evidence, Role, UtcMs},
    server::roll,
    store::{Removed, Rules},
};
use serde_json::json;

use crate::{
    browser::Browser,
    common::{BEFORE, MORNING, district::House, invented::campaign, played, rules},
};

on_both_databases!(
    progress_counts_what_was_heard_and_nothing_else,
    a_campaign_is_made_and_changed_by_form,
);

async fn progress_counts_what_was_heard_and_nothing_else(house: House) {
    let campaign = campaign("thach-thanh", "2020-10-01", "2020-10-03");
    let mut schedule = rules().schedules.remove(0);
    schedule.campaign = Some(campaign.id.clone());
    let change = Rules { campaigns: vec![campaign], schedules: vec![schedule], ..Rules::default() };
    house.district.store().apply(&change, &Removed::default(), BEFORE).await.unwrap();
    roll(&house.district).await.unwrap();

    let mut auditor = Browser::of(&house, "hoa", &[(Role::Auditor, None)]).await;
    let list = auditor.get("/campaigns").await.text();
    assert!(list.contains("Số 12075/UBND-CNTT ngày 01/09/2020, UBND tỉnh Thanh Hóa"));
    assert!(list.contains("01/10/2020 – 03/10/2020") && list.contains("sẽ đạt"));
    let page = auditor.get("/campaigns/bluezone").await.text();
    assert!(page.contains("mọi đài sẽ phát đủ") && page.contains("0/1") && page.contains("0/3"));

    house.confirm(json!([played("thach-lam", 1)])).await;
    let mut simulated = played("kim-tan", 1);
    simulated.evidence = Some(Evidence::Simulated);
    house.confirm_as(&house.kim_tan, json!([simulated])).await;
    house.clock.step_to(UtcMs(MORNING.0 + 86_400_000 - 60_000));
    let mut auditor = Browser::of(&house, "lam", &[(Role::Auditor, None)]).await;
    let page = auditor.get("/campaigns/bluezone").await.text();
    assert!(page.contains("Thiếu 1 lần phát") && page.contains("sẽ thiếu thêm 0 lần"), "{page}");
    assert!(page.contains("1/3") && page.contains("0/3"));

    // An officer sees what their own unit owes.
    let of_unit = [(Role::CommuneOfficer, Some("thach-lam"))];
    let mut officer = Browser::of(&house, "nam", &of_unit).await;
    let page = officer.get("/campaigns/bluezone").await.text();
    assert!(page.contains("Đài thach-lam") && !page.contains("Đài kim-tan"));
    assert!(page.contains("mọi đài sẽ phát đủ"));
    assert_eq!(officer.get("/campaigns/khong-co").await.status, StatusCode::NOT_FOUND);
}

async fn a_campaign_is_made_and_changed_by_form(house: House) {
    let store = house.district.store();
    let mut hoa = Browser::of(&house, "hoa", &[(Role::Operator, None)]).await;
    hoa.get("/campaigns/new").await;
    let form = [
        ("title", "Cài đặt Bluezone"),
        ("number", "12075/UBND-CNTT"),
        ("date", "01/09/2020"),
        ("issuer", "UBND tỉnh Thanh Hóa"),
        ("from", "01/10/2020"),
        ("until", "03/10/2020"),
        ("owed", "2"),
        ("clips", "bluezone"),
        ("units", "thach-thanh"),
    ];
    let empty = hoa.post("/campaigns/new", &form[..1]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = empty.text();
    for wrong in ["Hãy ghi số của văn bản", "Hãy ghi cơ quan ban hành", "chưa giao cho đài nào"]
    {
        assert!(text.contains(wrong), "{wrong}: {text}");
    }
    let answer = hoa.post("/campaigns/new", &form).await;
    assert_eq!(answer.location(), "/campaigns/cai-dat-bluezone", "{}", answer.text());
    let page = hoa.get("/campaigns/cai-dat-bluezone").await.text();
    assert!(page.contains("Số 12075/UBND-CNTT ngày 01/09/2020, UBND tỉnh Thanh Hóa"), "{page}");

    let address = "/campaigns/cai-dat-bluezone/edit";
    let page = hoa.get(address).await.text();
    assert!(page.contains("value=\"03/10/2020\"") && !page.contains("do tệp cài đặt"), "{page}");
    let longer = [&form[..5], &[("until", "31/10/2020")], &form[6..]].concat();
    assert_eq!(hoa.post(address, &longer).await.status, StatusCode::SEE_OTHER);
    let campaign = store.campaigns().await.unwrap().remove(0);
    assert_eq!(campaign.until.to_string(), "2020-10-31");
    assert_eq!(campaign.airings_per_day, 2);
    let gone = [&form[..7], &[("clips", "khong-co")], &form[8..]].concat();
    let answer = hoa.post(address, &gone).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("không còn nữa"));

    // Whoever plans for one commune does not change what the district owes.
    let mut planner = Browser::of(&house, "mai", &[(Role::Operator, Some("thach-lam"))]).await;
    assert_eq!(planner.get(address).await.status, StatusCode::FORBIDDEN);
    assert_eq!(planner.post(address, &form).await.status, StatusCode::FORBIDDEN);
}
