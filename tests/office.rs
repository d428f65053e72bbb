//! Reports as an office program prints them. LibreOffice is large, so this is run by `make reports` alone; what a document
//! is made of, the tests beside it look at without it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

mod common;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use chrono::NaiveDate;
use common::{
    clip,
    invented::{Diary, Fate, campaign},
    station, unit,
};
use futures_util::StreamExt as _;
use loa::{
    radio::{Campaign, Station, Unit, UtcMs},
    reports::{Letter, Period},
    server::{
        Language,
        reports::{Ask, Form, Progress, write},
    },
    store::{Removed, Rules, Store},
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// 2020-10-01T00:00:00+07:00.
const FIRST: i64 = 1_601_485_200_000;
/// The units of Thạch Thành in 2020.
const COMMUNES: [&str; 25] = [
    "Thị trấn Kim Tân",
    "Thị trấn Vân Du",
    "Xã Thạch Lâm",
    "Xã Thạch Quảng",
    "Xã Thạch Tượng",
    "Xã Thạch Cẩm",
    "Xã Thạch Sơn",
    "Xã Thạch Bình",
    "Xã Thạch Định",
    "Xã Thạch Đồng",
    "Xã Thạch Long",
    "Xã Thành Mỹ",
    "Xã Thành Yên",
    "Xã Thành Vinh",
    "Xã Thành Minh",
    "Xã Thành Công",
    "Xã Thành Tân",
    "Xã Thành Trực",
    "Xã Thành Tâm",
    "Xã Thành An",
    "Xã Thành Thọ",
    "Xã Thành Tiến",
    "Xã Thành Long",
    "Xã Thành Hưng",
    "Xã Ngọc Trạo",
];

#[tokio::test]
#[ignore = "needs LibreOffice: make reports"]
async fn an_office_prints_it_as_the_decree_wants() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reports");
    std::fs::create_dir_all(&folder).unwrap();
    let home = tempfile::tempdir().unwrap();
    let store =
        Store::open(&format!("sqlite:{}", home.path().join("loa.db").display())).await.unwrap();
    furnish(&store).await;
    for (form, days) in
        [(Form::Docx, 31), (Form::Diary, 7), (Form::Xlsx, 31), (Form::Svg, 31), (Form::Csv, 31)]
    {
        let file = folder.join(format!("{}.{}", form.as_str(), form.extension()));
        let mut bytes = Vec::new();
        let mut pieces = std::pin::pin!(write(store.clone(), ask(days), form, Progress::default()));
        while let Some(piece) = pieces.next().await {
            bytes.extend_from_slice(&piece.unwrap());
        }
        std::fs::write(&file, bytes).unwrap();
    }
    store.close().await;

    let pages = printed(&folder, "docx.docx");
    assert!(pages.len() >= 3, "{} pages", pages.len());
    let first: Vec<&str> =
        pages[0].lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert!(first[0].contains("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), "{first:?}");
    for expected in [
        "ỦY BAN NHÂN DÂN HUYỆN",
        "TRUNG TÂM VĂN HÓA, THÔNG",
        "Độc lập - Tự do - Hạnh phúc",
        "/BC-TTVH",
        "Thạch Thành, ngày 01 tháng 11 năm 2020",
        "BÁO CÁO",
    ] {
        assert!(pages[0].contains(expected), "{expected}: {}", pages[0]);
    }
    // The first page has no number; each later one has its own, alone on its first line.
    for (number, page) in (1..).zip(&pages) {
        let top = page.lines().map(str::trim).find(|line| !line.is_empty()).unwrap();
        assert_eq!(top == number.to_string(), number > 1, "page {number} begins with {top:?}");
    }
    // The head of a table that goes on is there again: there are more heads than tables.
    let heads = pages.iter().map(|page| page.matches("TT ").count()).sum::<usize>();
    assert!(heads >= 2, "{heads}");
    let whole = pages.concat();
    assert!(whole.contains("Nơi nhận:") && whole.contains("Lưu: VT."));
    assert!(whole.contains("GIÁM ĐỐC") && whole.contains("Bùi Thị Mường"));

    let pages = printed(&folder, "diary.docx");
    assert!(pages.len() >= 7 && pages[0].contains("SỔ NHẬT KÝ PHÁT SÓNG"), "{}", pages[0]);
    let pages = printed(&folder, "xlsx.xlsx");
    assert!(pages.concat().contains("01/10/2020"));
}

/// Prints a document, page by page, into pictures beside it; gives the pages' texts.
fn printed(folder: &Path, file: &str) -> Vec<String> {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).current_dir(folder).args(arguments).output();
        let output =
            output.unwrap_or_else(|error| panic!("{program}: {error}: make reports installs it"));
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let profile = tempfile::tempdir().unwrap();
    let profile = format!("-env:UserInstallation=file://{}", profile.path().display());
    run("soffice", &[&profile, "--headless", "--convert-to", "pdf", file]);
    let pdf = PathBuf::from(file).with_extension("pdf");
    let pdf = pdf.to_str().unwrap();
    run("pdftoppm", &["-r", "80", "-png", "-l", "4", pdf, pdf]);
    let text = run("pdftotext", &["-layout", pdf, "-"]);
    text.split('\u{c}').filter(|page| !page.trim().is_empty()).map(str::to_owned).collect()
}

fn ask(days: u32) -> Ask {
    let first = NaiveDate::from_ymd_opt(2020, 10, 1).unwrap();
    Ask {
        period: Period::new(first, first + chrono::Days::new(u64::from(days - 1))),
        units: vec![],
        station: None,
        campaign: Some("bluezone".parse().unwrap()),
        letter: Letter {
            superior: "Ủy ban nhân dân huyện Thạch Thành".to_owned(),
            issuer: "Trung tâm Văn hóa, Thông tin, Thể thao và Du lịch".to_owned(),
            symbol: "BC-TTVH".to_owned(),
            place: "Thạch Thành".to_owned(),
            authority: String::new(),
            office: "Giám đốc".to_owned(),
            signer: "Bùi Thị Mường".to_owned(),
            recipients: vec![
                "UBND tỉnh Thanh Hóa (báo cáo)".to_owned(),
                "Sở Thông tin và Truyền thông (báo cáo)".to_owned(),
                "UBND huyện (báo cáo)".to_owned(),
            ],
            verify_at: Some("https://loa.thachthanh.example/verify?head=3250%3ACsUYapGGPo4dkMgIAUqom%2FXajj7h2fB2MPA3j2jxq2I%3D".to_owned()),
            checkpoint: Some(
                "loa.thachthanh.example/log\n3250\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
                    .to_owned(),
            ),
        },
        language: Language::Vi,
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        now: UtcMs(FIRST + 31 * DAY + 9 * HOUR),
    }
}

/// Twice a day everywhere; some were silent, some cut short, some came late.
async fn furnish(store: &Store) {
    let id = |n: usize| format!("s{n}");
    let units = COMMUNES
        .iter()
        .enumerate()
        .map(|(n, name)| Unit { name: (*name).to_owned(), ..unit(&id(n), Some("thach-thanh")) });
    let huyen = Unit { name: "Huyện Thạch Thành".to_owned(), ..unit("thach-thanh", None) };
    let stations: Vec<Station> = COMMUNES
        .iter()
        .enumerate()
        .map(|(n, name)| Station { name: format!("Đài {name}"), ..station(&id(n), &id(n)) })
        .collect();
    let campaign = Campaign {
        title: "Cài đặt Bluezone và Smart Thanh Hóa".to_owned(),
        airings_per_day: 2,
        ..campaign("thach-thanh", "2020-10-01", "2020-10-31")
    };
    let rules = Rules {
        units: std::iter::once(huyen).chain(units).collect(),
        stations,
        clips: vec![clip("bluezone", b"")],
        campaigns: vec![campaign],
        ..Rules::default()
    };
    store.apply(&rules, &Removed::default(), UtcMs(FIRST)).await.unwrap();
    for (n, station) in rules.stations.iter().enumerate() {
        let mut diary = Diary::of(station, 1);
        for day in 0..31 {
            for hour in [5, 17] {
                let fate = if n == 7 && day > 20 {
                    Fate::Unreported
                } else if (n as i64 + day) % 13 == 5 && hour == 5 {
                    Fate::Missed
                } else if (n as i64 * 3 + day) % 29 == 7 && hour == 17 {
                    Fate::Cut
                } else {
                    Fate::Aired
                };
                diary.note(UtcMs(FIRST + day * DAY + hour * HOUR), true, fate);
            }
            // One commune's line was cut for four days.
            let until = if n == 12 && (10..14).contains(&day) { 14 } else { day };
            diary.keep(store, None, UtcMs(FIRST + until * DAY + 20 * HOUR)).await;
        }
    }
}
