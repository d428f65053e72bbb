//! The day at a glance.

use std::time::Duration;

use axum::http::StatusCode;
use loa::{
    radio::{Role, UtcMs},
    wire::Fault,
};
use serde_json::json;

use crate::{
    browser::Browser,
    common::{BEFORE, after, district::House, played},
};

on_both_databases!(
    the_day_shows_what_came_of_each_airing,
    silent_stations_and_faults_come_first,
    a_fault_that_only_a_newer_station_knows_is_told,
    the_list_is_narrowed_by_unit_by_trouble_and_by_words,
);

/// What stands between two texts.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from} in {text}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to} after {from}")).0
}

fn row<'a>(page: &'a str, station: &str) -> &'a str {
    between(page, &format!("<tr id=\"at-{station}\">"), "</tr>")
}

fn status(faults: &[Fault]) -> serde_json::Value {
    json!({"software": "loa 0.1.0", "speaker": "device", "clock": "synced", "rundown_version": null,
           "waiting": 0, "faults": faults})
}

async fn call(house: &House, token: &str, faults: &[Fault]) {
    let body = json!({"records": [], "status": status(faults)});
    assert_eq!(house.post("/api/v1/confirmations", token, &body).await.status, StatusCode::OK);
}

async fn planned(house: &House) {
    loa::server::roll(&house.district).await.unwrap();
}

async fn the_day_shows_what_came_of_each_airing(house: House) {
    planned(&house).await;
    let mut lan = Browser::of(&house, "lan", &[(Role::Auditor, None)]).await;
    let page = lan.get("/today").await.text();
    assert!(page.contains("Thứ Năm 01/10/2020"), "{page}");
    assert!(row(&page, "thach-lam").contains("Sắp phát</span></a> <span class=\"at\">05:00"));
    // A minute before it is what comes next.
    assert!(page.contains("05:00 Bản tin, 2 đài") && page.contains("còn 1 phút"));

    house.clock.advance(Duration::from_secs(70));
    let page = lan.get("/today").await.text();
    assert!(row(&page, "thach-lam").contains("Đến giờ phát"));
    assert!(page.contains("05:00–05:00 Bản tin, 2 đài"));

    let record = after(None, played("thach-lam", 1));
    house.confirm_signed(&house.thach_lam, &json!([record])).await;
    house.clock.advance(Duration::from_mins(30));
    let page = lan.get("/today").await.text();
    let aired = row(&page, "thach-lam");
    assert!(aired.contains("state good\">Đã phát"), "{aired}");
    assert!(aired.contains("on-played") && aired.contains("aria-label=\"thiết bị đã phát\""));
    let unreported = row(&page, "kim-tan");
    assert!(unreported.contains("state warn\">Chưa báo") && unreported.contains("đài chưa báo gì"));
    // Nothing more today: tomorrow's is next, and says its date.
    assert!(page.contains("05:00 02/10/2020 Bản tin, 2 đài"), "{page}");

    lan.get("/today?lang=en").await;
    let page = lan.get("/today").await.text();
    assert!(page.contains("Thursday 01/10/2020") && row(&page, "kim-tan").contains("Not reported"));
}

async fn silent_stations_and_faults_come_first(house: House) {
    let mut lan = Browser::of(&house, "lan", &[(Role::Auditor, None)]).await;
    let page = lan.get("/today").await.text();
    assert!(row(&page, "kim-tan").contains("Chưa từng liên lạc"));
    call(&house, &house.thach_lam, &[]).await;
    call(&house, &house.kim_tan, &[]).await;
    let page = lan.get("/today").await.text();
    assert!(page.contains("Không đài nào mất liên lạc"), "{page}");
    let order = |page: &str| page.find("at-kim-tan").unwrap() < page.find("at-thach-lam").unwrap();
    assert!(order(&page));

    // A fault has a beginning, which stays while it lasts.
    let deck = Fault::new("deck", "no sound device");
    for _ in 0..3 {
        house.clock.advance(Duration::from_secs(60));
        call(&house, &house.thach_lam, std::slice::from_ref(&deck)).await;
        call(&house, &house.kim_tan, &[]).await;
    }
    let page = lan.get("/today").await.text();
    let alarms = between(&page, "<section class=\"alarms\">", "</section>");
    assert!(
        alarms.contains("Thiết bị âm thanh có sự cố") && alarms.contains("05:00, đã 2 phút"),
        "{alarms}"
    );
    assert!(alarms.contains("Kiểm tra thiết bị âm thanh") && !order(&page));
    // What the machine says is on its station's page, as its own words.
    assert!(!page.contains("no sound device"));
    let station = lan.get("/stations/thach-lam").await.text();
    assert!(station.contains("<q lang=\"en\">no sound device</q>"), "{station}");

    // Silence outweighs it, and is kept when it is over.
    house.clock.advance(Duration::from_mins(3));
    call(&house, &house.thach_lam, &[deck]).await;
    let page = lan.get("/today").await.text();
    assert!(row(&page, "kim-tan").contains("state bad\">Mất liên lạc") && order(&page));
    call(&house, &house.kim_tan, &[]).await;
    call(&house, &house.thach_lam, &[]).await;
    assert!(lan.get("/today").await.text().contains("Không đài nào mất liên lạc"));
    let store = house.district.store();
    let kept = async |station: &str| {
        let faults = store.faults_of(&station.parse().unwrap(), 10).await.unwrap();
        let told = |at: UtcMs| at.since(BEFORE).as_secs();
        let spans = faults
            .into_iter()
            .map(|fault| (fault.code, told(fault.since), fault.ended_at.map(told)));
        spans.collect::<Vec<_>>()
    };
    assert_eq!(kept("kim-tan").await, [("silent".to_owned(), 180, Some(360))]);
    let of_deck = ("deck".to_owned(), 60, Some(360));
    assert_eq!(kept("thach-lam").await, [("silent".to_owned(), 180, Some(360)), of_deck]);
    assert_eq!(store.open_faults().await.unwrap(), []);
}

async fn a_fault_that_only_a_newer_station_knows_is_told(house: House) {
    let mut lan = Browser::of(&house, "lan", &[(Role::Auditor, None)]).await;
    call(&house, &house.thach_lam, &[Fault::new("teapot", "short and stout")]).await;
    let day = lan.get("/today").await.text();
    assert!(day.contains("Sự cố khác (teapot)") && day.contains("lời ghi của máy"), "{day}");
    assert!(!day.contains("short and stout"));
    let station = lan.get("/stations/thach-lam").await.text();
    assert!(station.contains("<q lang=\"en\">short and stout</q>"), "{station}");
}

async fn the_list_is_narrowed_by_unit_by_trouble_and_by_words(house: House) {
    planned(&house).await;
    let mut lan = Browser::of(&house, "lan", &[(Role::Operator, None)]).await;
    call(&house, &house.kim_tan, &[]).await;
    let mut found = async |query: &str| {
        let page = lan.get(&format!("/today?{query}")).await.text();
        ["kim-tan", "thach-lam"].map(|station| page.contains(&format!("id=\"at-{station}\"")))
    };
    assert_eq!(found("").await, [true, true]);
    assert_eq!(found("unit=kim-tan").await, [true, false]);
    assert_eq!(found("unit=thach-thanh").await, [true, true]);
    assert_eq!(found("unit=khong-co").await, [false, false]);
    assert_eq!(found("only=trouble").await, [false, true]);
    assert_eq!(found("q=%C4%90%C3%80I+Kim").await, [true, false]);
    assert_eq!(found("q=dai").await, [true, true]);
    // What was typed comes back as text, whatever it is.
    let page = lan.get("/today?q=%22%3E%3Cscript%3E").await.text();
    assert!(page.contains("Không có đài nào khớp") && !page.contains("\"><script>"));
}
