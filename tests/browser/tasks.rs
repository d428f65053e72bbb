//! What each page is there for, done by who does it.

use std::time::Duration;

use base64::Engine as _;
use fantoccini::{
    Locator,
    actions::{InputSource as _, MOUSE_BUTTON_LEFT, MouseActions, PointerAction},
};
use loa::{radio::Role, wire::EnrolmentCode};
use serde_json::json;

use crate::{
    common::{MORNING, airing_at},
    driver::Browser,
    site::Site,
};

/// Of a list, the choice with these words.
async fn choose_called(browser: &Browser, name: &str, words: &str) {
    let list = browser.client.find(Locator::Css(&format!("select[name='{name}']"))).await.unwrap();
    list.select_by_label(words).await.unwrap();
}

#[tokio::test]
async fn an_administrator_makes_a_station_enrols_it_and_ends_it() {
    let site = Site::new().await;
    let browser = site.browser_of(Role::Administrator).await;
    browser.goto("/stations/units/new").await;
    browser.fill("name", "Xã Thành Tâm").await;
    browser.choose("kind", "commune").await;
    browser.choose("parent", "thach-thanh").await;
    browser.press("Lưu").await;
    browser.goto("/stations/new").await;
    browser.fill("name", "Đài xã Thành Tâm").await;
    browser.choose("kind", "commune").await;
    choose_called(&browser, "unit", "Xã Thành Tâm").await;
    browser.press("Lưu").await;
    let page = browser.path().await;
    assert!(browser.text().await.contains("Đài xã Thành Tâm"));

    browser.press("Tạo mã đăng ký").await;
    assert!(browser.client.find(Locator::Css("svg.qr path")).await.is_ok());
    let code = browser.wait_for("code.secret").await.text().await.unwrap();
    let code: EnrolmentCode = code.parse().unwrap();
    let call = json!({"code": code.secret, "software": "a test"});
    let enrolled = site.house.post("/api/v1/enrolments", "", &call).await;
    assert_eq!(enrolled.status, 200);
    let token = enrolled.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(site.house.get("/api/v1/rundown", &token).await.status, 200);

    browser.goto(&page).await;
    let link = browser.client.find(Locator::Css("a.grave")).await.unwrap();
    browser.leave(async || link.click().await.unwrap(), "the way to end it").await;
    browser.press("Thu hồi quyền của máy").await;
    assert!(browser.text().await.contains("Đã thu hồi quyền của máy tại Đài xã Thành Tâm."));
    assert_eq!(site.house.get("/api/v1/rundown", &token).await.status, 401);
    browser.close().await;
}

#[tokio::test]
async fn an_operator_makes_a_campaign() {
    let site = Site::new().await;
    let browser = site.browser_of(Role::Operator).await;
    browser.goto("/campaigns/new").await;
    for (field, text) in [
        ("title", "Cài đặt Bluezone"),
        ("number", "12075/UBND-CNTT"),
        ("date", "01/09/2020"),
        ("issuer", "UBND tỉnh Thanh Hóa"),
        ("from", "01/10/2020"),
        ("until", "31/10/2020"),
        ("owed", "2"),
    ] {
        browser.fill(field, text).await;
    }
    browser.tick("kinds", "commune").await;
    browser.tick("clips", "bluezone").await;
    browser.press("Lưu").await;
    browser.goto("/campaigns").await;
    let link = browser.client.find(Locator::LinkText("Cài đặt Bluezone")).await.unwrap();
    browser.leave(async || link.click().await.unwrap(), "the campaign").await;
    let text = browser.text().await;
    assert!(text.contains("Số 12075/UBND-CNTT ngày 01/09/2020, UBND tỉnh Thanh Hóa"), "{text}");
    // Station by day: what is owed, and that the timetable has half of it.
    assert!(
        text.contains("Đài kim-tan") && text.contains("0/2") && text.contains("thiếu"),
        "{text}"
    );
    browser.close().await;
}

#[tokio::test]
async fn an_officer_reports_a_fault_and_an_operator_closes_it() {
    let site = Site::new().await;
    let officer = site.browser_of(Role::CommuneOfficer).await;
    officer.size((390, 844)).await;
    officer.goto("/confirm").await;
    officer.wait_for("#hand[data-kept]").await;
    officer.click(Locator::Css(".sites section > details.no > summary")).await;
    officer.click(Locator::Css("form[data-send=fault] .tick")).await;
    officer.click(Locator::Css("form[data-send=fault] button.grave")).await;
    let store = site.house.district.store();
    while store.open_troubles().await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    officer.close().await;

    let operator = site.browser_of(Role::Operator).await;
    operator.goto("/faults").await;
    let row = operator.wait_for("tbody tr").await.text().await.unwrap();
    assert!(row.contains("Đài kim-tan") && row.contains("Bùi Thị Lường"), "{row}");
    operator.fill("remedy", "Đã thay cầu chì").await;
    operator.press("Đánh dấu đã xử lý").await;
    let text = operator.text().await;
    assert!(text.contains("Đã đánh dấu sự cố là đã xử lý.") && text.contains("Đã thay cầu chì"));
    assert_eq!(store.open_troubles().await.unwrap(), []);
    operator.close().await;
}

#[tokio::test]
async fn an_auditor_finds_an_airing_and_who_did_what() {
    let site = Site::new().await;
    site.house.clock.step_to(MORNING + Duration::from_mins(30));
    let browser = site.browser_of(Role::Auditor).await;
    browser.goto("/record").await;
    browser.choose("station", "kim-tan").await;
    browser.press("Xem").await;
    let lines = browser.client.find_all(Locator::Css("tbody th a")).await.unwrap();
    assert_eq!(lines.len(), 1, "{}", browser.text().await);
    browser.leave(async || lines[0].click().await.unwrap(), "the airing").await;
    assert_eq!(browser.path().await, format!("/record/{}", airing_at("kim-tan", MORNING)));
    assert!(browser.text().await.contains("Chưa báo"));

    browser.goto("/trail").await;
    browser.choose("deed", "signed-in").await;
    browser.press("Lọc").await;
    let row = browser.wait_for("tbody tr").await.text().await.unwrap();
    assert!(row.contains("người dùng: Trương Công Định (auditor)"), "{row}");
    browser.close().await;
}

#[tokio::test]
async fn an_operator_drags_an_airing_to_another_day() {
    let site = Site::new().await;
    let browser = site.browser_of(Role::Operator).await;
    // The hours at which nothing airs appear while something is dragged: all of the day is to be in sight.
    browser.size((1366, 2400)).await;
    browser.goto("/timetable?day=2020-10-01").await;
    let entry = browser.wait_for("td[data-to='2020-10-02T05'] .slot[draggable=true]").await;
    let target = browser.wait_for("td[data-to='2020-10-03T05']").await;
    let to = |element: &fantoccini::elements::Element| PointerAction::MoveToElement {
        element: element.clone(),
        duration: Some(Duration::from_millis(100)),
        x: 0.0,
        y: 0.0,
    };
    let drag = MouseActions::new("mouse".to_owned())
        .then(to(&entry))
        .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
        .then(PointerAction::MoveBy { duration: None, x: 0.0, y: 9.0 })
        .then(PointerAction::Pause { duration: Duration::from_millis(500) })
        .then(to(&target))
        .then(PointerAction::Pause { duration: Duration::from_millis(200) })
        .then(PointerAction::MoveBy { duration: None, x: 0.0, y: 1.0 })
        .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
    let dropped = async || browser.client.perform_actions(drag).await.unwrap();
    browser.leave(dropped, "the airing to another day").await;
    let asked =
        "/timetable/move?schedule=sang-05h&at=2020-10-02T05%3A00%3A00&to=2020-10-03T05%3A00";
    assert_eq!(browser.path().await, asked);
    assert!(browser.text().await.contains("05:00 02/10/2020"));
    browser.close().await;
}

/// The sizes of a document's pages in points, width before height.
async fn printed(browser: &Browser) -> Vec<(f64, f64)> {
    let answer = browser.devtools("Page.printToPDF", json!({"preferCSSPageSize": true})).await;
    let pdf = answer["data"].as_str().unwrap();
    let pdf = base64::engine::general_purpose::STANDARD.decode(pdf).unwrap();
    let text = String::from_utf8_lossy(&pdf);
    let boxes = text.split("/MediaBox [").skip(1).map(|rest| rest.split(']').next().unwrap());
    let sizes = boxes.map(|corners| {
        let corners: Vec<f64> =
            corners.split_whitespace().map(|number| number.parse().unwrap()).collect();
        (corners[2], corners[3])
    });
    sizes.collect()
}

/// Paper is as wide as a tablet, and often takes no colours.
#[tokio::test]
async fn what_is_printed_is_what_is_on_a_wide_screen() {
    let site = Site::thach_thanh().await;
    let browser = site.browser_of(Role::Operator).await;
    browser.size((720, 1000)).await;
    browser.devtools("Emulation.setEmulatedMedia", json!({"media": "print"})).await;
    let shown = async |address: &str, what: &str| {
        browser.goto(address).await;
        let seen = format!(
            "return [...document.querySelectorAll({what:?})].map(one => one.checkVisibility())"
        );
        let seen = browser.run(&seen).await;
        seen.as_array().unwrap().iter().map(|one| one.as_bool().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(shown("/timetable", ".week thead th").await, [true; 8]);
    for address in ["/record", "/today", "/clips", "/timetable"] {
        assert_eq!(shown(address, "main form[method=get]").await, [false], "{address}");
    }
    for (address, of, style, expected) in [
        ("/clips", "'.stacked thead'", "display", "table-header-group"),
        ("/today", "'.state', '::before'", "printColorAdjust", "exact"),
    ] {
        browser.goto(address).await;
        let (one, part) = of.split_once(", ").unwrap_or((of, "null"));
        let style =
            format!("return getComputedStyle(document.querySelector({one}), {part}).{style}");
        assert_eq!(browser.run(&style).await, expected, "{of}");
    }
    browser.close().await;
}

#[tokio::test]
async fn a_stations_week_is_one_sheet_of_a4() {
    let site = Site::thach_thanh().await;
    let browser = site.browser_of(Role::Operator).await;
    let near = |(width, height): (f64, f64), (w, h): (f64, f64)| {
        (width - w).abs() < 2.0 && (height - h).abs() < 2.0
    };
    for (address, least) in [("?at=station:thach-lam", 1), ("?kind=commune", 20)] {
        browser.goto(&format!("/timetable/sheet{address}")).await;
        let sheets = browser.client.find_all(Locator::Css(".sheet")).await.unwrap().len();
        let pages = printed(&browser).await;
        assert!(sheets >= least, "{address}: {sheets}");
        assert_eq!(pages.len(), sheets, "{address}");
        let a4 = |page: &(f64, f64)| near(*page, (841.9, 595.3)) || near(*page, (595.3, 841.9));
        assert!(pages.iter().all(a4), "{pages:?}");
    }
    browser.close().await;
}
