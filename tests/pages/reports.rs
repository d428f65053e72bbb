//! Reports, as the page shows them and as they are taken along.

use std::io::{Cursor, Read as _};

use axum::http::StatusCode;
use loa::{
    clock::Clock,
    radio::{Role, Station, StationKind, UtcMs, Window},
    server::{roll, settle, sign_log},
    store::{Removed, Rules},
};
use serde_json::json;

use crate::{
    browser::{Browser, HOST},
    common::{
        BEFORE, MORNING, airing_at,
        district::{Answer, House},
        invented::campaign,
        played, rules, station,
    },
};

const DAY: i64 = 86_400_000;

on_both_databases!(
    figures_follow_what_comes_late,
    files_hold_what_the_page_shows,
    nothing_judged_before_a_late_word_is_kept,
    stations_of_one_instant_stand_as_readers_look_for_them,
    the_code_on_a_report_leads_to_a_page_that_is_there,
);

/// A campaign of three days, owed once a day; every station airs it at 05:00.
async fn furnish(house: &House) {
    let campaign = campaign("thach-thanh", "2020-10-01", "2020-10-03");
    let mut schedule = rules().schedules.remove(0);
    schedule.campaign = Some(campaign.id.clone());
    let change = Rules { campaigns: vec![campaign], schedules: vec![schedule], ..Rules::default() };
    house.district.store().apply(&change, &Removed::default(), BEFORE).await.unwrap();
    roll(&house.district).await.unwrap();
}

/// The figures of a station's line, by the heads of their columns.
fn figures(page: &str, station: &str) -> Vec<(String, String)> {
    let cells = |row: &str, end: &str| -> Vec<String> {
        let cells = row.split("class=\"number\">").skip(1);
        cells.map(|cell| cell.split(end).next().unwrap().to_owned()).collect()
    };
    let head = page.split("<thead>").nth(1).unwrap().split("</thead>").next().unwrap();
    let row = page.split(&format!("<th scope=\"row\">{station}</th>")).nth(1);
    let row = row.unwrap_or_else(|| panic!("{station}: {page}")).split("</tr>").next().unwrap();
    cells(head, "</th>").into_iter().zip(cells(row, "</td>")).collect()
}

fn figure(page: &str, station: &str, head: &str) -> String {
    let all = figures(page, station);
    let found = all.iter().find(|(name, _)| name == head);
    found.unwrap_or_else(|| panic!("{head}: {all:?}")).1.clone()
}

const FIGURES: &str = "/reports?show=1&from=2020-10-01&until=2020-10-01&campaign=bluezone";

async fn figures_follow_what_comes_late(house: House) {
    furnish(&house).await;
    house.confirm(json!([played("thach-lam", 1)])).await;
    house.clock.step_to(UtcMs(MORNING.0 + 2 * DAY));
    let mut hoa = Browser::of(&house, "hoa", &[(Role::Auditor, None)]).await;
    let midnight = UtcMs(MORNING.0 - 5 * 3_600_000);
    let day = Window { from: midnight, until: UtcMs(midnight.0 + DAY) };
    let kept = async || house.district.store().judged(day).await.unwrap().days.len();
    // Asked again and again: the day is judged, and once its airings are settled, it is read as it was kept.
    for kept_then in [0, 1, 1] {
        let page = hoa.get(FIGURES).await.text();
        assert_eq!(figure(&page, "Đài thach-lam", "Máy đã phát"), "1");
        assert_eq!(figure(&page, "Đài thach-lam", "Đạt"), "1");
        assert_eq!(figure(&page, "Đài kim-tan", "Phải phát"), "1");
        assert_eq!(figure(&page, "Đài kim-tan", "Chưa báo"), "1");
        assert_eq!(figure(&page, "Tổng cộng", "Số lần phát"), "2");
        assert!(!page.contains("xác nhận đến ngày"));
        settle(house.district.store(), house.clock.now()).await.unwrap();
        assert_eq!(kept().await, kept_then);
    }
    // The other's line held, two days late: yesterday's figures change, and say so.
    house.confirm_as(&house.kim_tan, json!([played("kim-tan", 1)])).await;
    assert_eq!(kept().await, 0);
    let page = hoa.get(FIGURES).await.text();
    assert_eq!(figure(&page, "Đài kim-tan", "Máy đã phát"), "1");
    assert_eq!(figure(&page, "Đài kim-tan", "Chưa báo"), "0");
    assert_eq!(figure(&page, "Tổng cộng", "Đạt"), "2");
    assert!(page.contains("1 xác nhận đến ngày 03/10/2020."), "{page}");
}

async fn files_hold_what_the_page_shows(house: House) {
    furnish(&house).await;
    house.confirm(json!([played("thach-lam", 1)])).await;
    house.clock.step_to(UtcMs(MORNING.0 + DAY));
    let mut lan = Browser::of(&house, "hoa", &[(Role::Operator, None)]).await;
    // What a person says after the day was kept counts too.
    settle(house.district.store(), house.clock.now()).await.unwrap();
    lan.get(FIGURES).await;
    let path = format!("/api/v1/airings/{}/confirmation", airing_at("kim-tan", MORNING));
    let said = house.post(&path, &house.lan, &json!({"outcome": "aired"})).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.text());
    let page = lan.get(FIGURES).await.text();
    assert_eq!(figure(&page, "Đài kim-tan", "Khai báo"), "1");

    let asked =
        "/reports/file?from=2020-10-01&until=2020-10-01&campaign=bluezone&issuer=Trung+t%C3%A2m";
    let csv = lan.get(&format!("{asked}&as=csv")).await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    let name = csv.headers["content-disposition"].to_str().unwrap();
    assert_eq!(name, "attachment; filename=\"loa-csv-2020-10-01-2020-10-01.csv\"");
    let text = csv.text();
    assert!(text.starts_with("\u{feff}Ngày,Giờ lịch,"), "{text}");
    let lines: Vec<&str> = text.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(
        lines[1].starts_with("01/10/2020,05:00:00,Đài kim-tan,kim-tan,Cài đặt Bluezone,"),
        "{text}"
    );
    assert!(
        lines[1].contains("Đã phát,có người xác nhận")
            && lines[2].contains("Đã phát,thiết bị đã phát")
    );
    assert!(lines[1].contains(",Lan,") && !lines[2].contains("Lan"), "{text}");
    for form in ["docx", "diary", "xlsx"] {
        let file = lan.get(&format!("{asked}&as={form}")).await;
        assert!(file.body.starts_with(b"PK\x03\x04"), "{form}");
    }
    let picture = lan.get(&format!("{asked}&as=svg")).await.text();
    assert!(picture.contains("Cài đặt Bluezone. Phát thanh từ ngày 01/10/2020"), "{picture}");
    assert_eq!(lan.get(&format!("{asked}&as=pdf")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(lan.get("/reports/progress/nothing").await.text(), r#"{"all":null,"done":null}"#);

    // Whoever answers for one commune takes out that one's record alone.
    let mut nam = Browser::of(&house, "nam", &[(Role::Auditor, Some("thach-lam"))]).await;
    let text = nam.get("/reports/file?from=2020-10-01&until=2020-10-01&as=csv").await.text();
    assert!(text.contains("Đài thach-lam") && !text.contains("kim-tan"), "{text}");
    let page = nam.get(FIGURES).await.text();
    assert!(page.contains("Đài thach-lam") && !page.contains("Đài kim-tan"));
    for beyond in ["unit=kim-tan", "station=kim-tan", "unit=thach-thanh"] {
        let path = format!("/reports/file?from=2020-10-01&until=2020-10-01&as=csv&{beyond}");
        assert_eq!(nam.get(&path).await.status, StatusCode::FORBIDDEN, "{beyond}");
    }
    let mut officer = Browser::of(&house, "bac", &[(Role::CommuneOfficer, None)]).await;
    assert_eq!(officer.get("/reports").await.status, StatusCode::FORBIDDEN);
}

async fn nothing_judged_before_a_late_word_is_kept(house: House) {
    furnish(&house).await;
    let store = house.district.store();
    let midnight = UtcMs(MORNING.0 - 5 * 3_600_000);
    let next = UtcMs(midnight.0 + DAY);
    let window = Window { from: midnight, until: UtcMs(midnight.0 + 3 * DAY) };
    let days = [(midnight, "[]".to_owned()), (next, "[]".to_owned())];
    house.clock.step_to(UtcMs(MORNING.0 + 20 * 60_000));
    let before = store.judged(window).await.unwrap();
    assert_eq!(before.days, []);
    assert!(!store.is_settled(Window { from: midnight, until: next }).await.unwrap());
    // Of an airing that is not settled: it takes nothing away.
    house.confirm(json!([played("thach-lam", 1)])).await;
    assert_eq!(store.judged(window).await.unwrap(), before);
    house.clock.step_to(UtcMs(MORNING.0 + DAY / 2));
    settle(house.district.store(), house.clock.now()).await.unwrap();
    assert!(store.is_settled(Window { from: midnight, until: next }).await.unwrap());
    assert!(store.keep_judged(before.edition, &days).await.unwrap());
    assert_eq!(store.judged(window).await.unwrap().days, days);
    // Late, while somebody judges: what was kept of its day goes, and what was judged before it came is not kept.
    house.clock.step_to(UtcMs(MORNING.0 + 2 * DAY));
    house.confirm_as(&house.kim_tan, json!([played("kim-tan", 1)])).await;
    assert!(!store.is_settled(Window { from: midnight, until: next }).await.unwrap());
    assert!(!store.keep_judged(before.edition, &days).await.unwrap());
    let after = store.judged(window).await.unwrap();
    assert_eq!(after.days, days[1..]);
    assert!(store.keep_judged(after.edition, &days).await.unwrap());
    assert_eq!(store.judged(window).await.unwrap().days, days);
}

/// A part of a file of an office program.
fn part(file: &Answer, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(&file.body)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

async fn stations_of_one_instant_stand_as_readers_look_for_them(house: House) {
    furnish(&house).await;
    let named = |id: &str, name: &str, kind| Station {
        name: name.to_owned(),
        kind,
        ..station(id, "kim-tan")
    };
    let stations = vec![
        named("a-xe", "Xe loa", StationKind::Mobile),
        named("b-xa", "Đài xã Ân", StationKind::Commune),
        named("c-xa", "Đài xã An", StationKind::Commune),
        named("z-huyen", "Đài huyện Thạch Thành", StationKind::District),
    ];
    let change = Rules { stations, ..Rules::default() };
    house.district.store().apply(&change, &Removed::default(), BEFORE).await.unwrap();
    roll(&house.district).await.unwrap();
    house.clock.step_to(UtcMs(MORNING.0 + DAY / 2));
    let mut lan = Browser::of(&house, "hoa", &[(Role::Operator, None)]).await;
    let asked = "/reports/file?from=2020-10-01&until=2020-10-01";
    let expected = [
        "Đài huyện Thạch Thành",
        "Đài kim-tan",
        "Đài thach-lam",
        "Đài xã An",
        "Đài xã Ân",
        "Xe loa",
    ];
    let within =
        |text: &str, name: &str| text.find(name).unwrap_or_else(|| panic!("{name}: {text}"));
    for form in ["csv", "diary", "docx", "xlsx", "svg"] {
        let file = lan.get(&format!("{asked}&as={form}")).await;
        let texts = match form {
            "diary" | "docx" => vec![part(&file, "word/document.xml")],
            "xlsx" => {
                (1..=6).map(|n| part(&file, &format!("xl/worksheets/sheet{n}.xml"))).collect()
            }
            _ => vec![file.text()],
        };
        for text in texts.iter().filter(|text| text.contains(expected[0])) {
            let places = expected.map(|name| within(text, name));
            assert!(places.is_sorted(), "{form}: {places:?}");
        }
        assert!(texts.iter().any(|text| text.contains(expected[0])), "{form}");
    }
    let page = lan.get(FIGURES).await.text();
    assert!(expected.map(|name| within(&page, &format!("row\">{name}<"))).is_sorted(), "{page}");
}

async fn the_code_on_a_report_leads_to_a_page_that_is_there(house: House) {
    furnish(&house).await;
    house.confirm(json!([played("thach-lam", 1)])).await;
    house.clock.step_to(UtcMs(MORNING.0 + DAY));
    let mut lan = Browser::of(&house, "hoa", &[(Role::Operator, None)]).await;
    let asked = "/reports/file?from=2020-10-01&until=2020-10-01&as=docx";
    // Before a head was signed, nothing is promised.
    let text = part(&lan.get(asked).await, "word/document.xml");
    assert!(!text.contains("/verify") && !text.contains("--older"), "{text}");
    assert_eq!(sign_log(&house.district).await.unwrap(), None);
    let text = part(&lan.get(asked).await, "word/document.xml");
    assert!(text.contains("r:embed=\"code\"") && !text.contains("/public"), "{text}");
    let address = text.split(&format!("http://{HOST}")).nth(1).unwrap().split('<').next().unwrap();
    assert!(address.starts_with("/verify?head="), "{address}");
    let head = text.split("--older ").nth(1).unwrap().split('<').next().unwrap();

    // Anybody sees it, though the district shows nothing to everybody.
    let read = async |path: &str| {
        let answer = house.get_with(path, "", &[("host", HOST), ("accept", "text/html")]).await;
        (answer.status, answer.text())
    };
    assert_eq!(read("/public").await.0, StatusCode::NOT_FOUND);
    let (status, page) = read(address).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("good\">Khớp<") && page.contains(&format!("--older {head}")), "{page}");
    assert!(page.contains("được ký lúc 05:00 02/10/2020"), "{page}");
    for name in ["Đài thach-lam", "Cài đặt", "Tên hoa", "/public"] {
        assert!(!page.contains(name), "{name}: {page}");
    }
    // More comes, and it still fits; what was never the log's does not.
    house.confirm_as(&house.kim_tan, json!([played("kim-tan", 1)])).await;
    assert_eq!(sign_log(&house.district).await.unwrap(), None);
    house.clock.advance(std::time::Duration::from_mins(2));
    assert!(read(address).await.1.contains("good\">Khớp<"));
    let (size, root) = head.split_once(':').unwrap();
    let size: u64 = size.parse().unwrap();
    let root = root.replace('+', "%2B").replace('=', "%3D");
    for (asked, said) in [
        (format!("/verify?head={}:{root}", size - 1), "bad\">Không khớp<"),
        (format!("/verify?head={}:{root}", size + 1000), "Nhật ký chỉ có"),
        ("/verify?head=x".to_owned(), "Không đọc được"),
        (format!("/verify?lang=en&head={size}:{root}"), "good\">It fits<"),
    ] {
        let (status, page) = read(&asked).await;
        assert_eq!(status, StatusCode::OK, "{asked}");
        assert!(page.contains(said), "{asked}: {page}");
    }
}
