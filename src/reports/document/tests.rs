use std::{collections::BTreeMap, io::Read as _};

use roxmltree::{Document as Xml, Node};
use zip::ZipArchive;

use super::*;
use crate::{
    radio::Channel,
    reports::{
        Diary, Period,
        sample::{Plain, WILD, campaign, day, entries, names, reconciled},
    },
};

const NOW: UtcMs = UtcMs(1_795_644_907_000);
const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

fn letter() -> Letter {
    Letter {
        superior: "Ủy ban nhân dân huyện".to_owned(),
        issuer: "Trung tâm <Văn hóa>".to_owned(),
        symbol: "BC-TTVH".to_owned(),
        place: "Thạch Thành".to_owned(),
        authority: String::new(),
        office: "Giám đốc".to_owned(),
        signer: "Nguyễn Văn A".to_owned(),
        recipients: vec!["UBND tỉnh Thanh Hóa".to_owned(), "Sở TT&TT".to_owned()],
        verify_at: Some("https://loa.example/verify?head=42%3Ahash%3D".to_owned()),
        checkpoint: Some("loa.example/log\n42\nhash=\n\n— loa sig".to_owned()),
    }
}

fn elsewhere() -> Vec<Elsewhere> {
    vec![Elsewhere {
        day: day(2),
        unit: "xa".parse().unwrap(),
        channel: Channel::Leaflet,
        number: 1_200,
        note: "Chợ <Vân Du>".to_owned(),
        by: "Bùi Thị Lường".to_owned(),
    }]
}

fn parts(file: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(file)).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut part = archive.by_index(at).unwrap();
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).unwrap();
            (part.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

fn text(parts: &BTreeMap<String, Vec<u8>>, name: &str) -> String {
    String::from_utf8(parts[name].clone()).unwrap()
}

fn all<'a>(xml: &'a Xml<'a>, name: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    xml.descendants().filter(move |node| node.has_tag_name((WORD, name)))
}

fn words(node: Node<'_, '_>) -> String {
    let texts = node.descendants().filter(|node| node.has_tag_name((WORD, "t")));
    texts.filter_map(|text| text.text().map(str::to_owned)).collect()
}

#[test]
fn the_form_is_that_of_the_decree() {
    let made = reconciled(4, Period::new(day(1), day(3)));
    let file =
        document((&letter(), Some(&campaign()), NOW), &made, &elsewhere(), &names(4), &Plain)
            .unwrap();
    let parts = parts(&file);
    for (name, bytes) in &parts {
        if name.ends_with(".xml") || name.ends_with(".rels") {
            let text = std::str::from_utf8(bytes).unwrap();
            assert!(Xml::parse(text).is_ok(), "{name}: {:?}", Xml::parse(text));
        }
    }
    assert!(parts["word/media/code.png"].starts_with(b"\x89PNG"));
    assert!(text(&parts, "word/_rels/document.xml.rels").contains("media/code.png"));
    assert!(text(&parts, "word/header1.xml").contains(" PAGE "));
    assert!(text(&parts, "word/styles.xml").contains("Times New Roman"));

    let text = text(&parts, "word/document.xml");
    let xml = Xml::parse(&text).unwrap();
    let whole = words(xml.root());
    for expected in [
        "ỦY BAN NHÂN DÂN HUYỆN",
        "TRUNG TÂM <VĂN HÓA>",
        "- Sở TT&TT;",
        "- UBND tỉnh Thanh Hóa;",
        "GIÁM ĐỐC",
        "Nguyễn Văn A",
        "Chợ <Vân Du>",
        "channel.leaflet",
        "loa.example/log",
        "https://loa.example/verify?head=42%3Ahash%3D",
        "reports.command",
        "— loa sig",
        &WILD.replace('\u{1}', ""),
    ] {
        assert!(whole.contains(expected), "{expected}");
    }
    // A4, with the decree's margins (20 to 25, 30 to 35, 15 to 20 mm), and no number on the first page.
    let attribute = |name: &'static str, of: &str| -> f64 {
        let node = all(&xml, name).next().unwrap();
        node.attribute((WORD, of)).unwrap().parse::<f64>().unwrap() / 1440.0 * 25.4
    };
    assert!(
        (attribute("pgSz", "w") - 210.0).abs() < 0.5
            && (attribute("pgSz", "h") - 297.0).abs() < 0.5
    );
    for (side, from, until) in
        [("top", 20.0, 25.0), ("bottom", 20.0, 25.0), ("left", 30.0, 35.0), ("right", 14.9, 20.0)]
    {
        let margin = attribute("pgMar", side);
        assert!(margin >= from && margin <= until, "{side}: {margin} mm");
    }
    assert_eq!(all(&xml, "titlePg").count(), 1);
    // The tables with lines repeat their heads, and no row of theirs is torn.
    let lined: Vec<_> = all(&xml, "tbl")
        .filter(|table| table.descendants().any(|it| it.has_tag_name((WORD, "tblBorders"))))
        .collect();
    assert_eq!(lined.len(), 3);
    for table in &lined {
        let rows: Vec<_> = table.children().filter(|it| it.has_tag_name((WORD, "tr"))).collect();
        let has =
            |row: &Node<'_, '_>, name| row.descendants().any(|it| it.has_tag_name((WORD, name)));
        assert!(has(&rows[0], "tblHeader") && rows[1..].iter().all(|row| !has(row, "tblHeader")));
        assert!(rows.iter().all(|row| has(row, "cantSplit")));
        let cells =
            |row: &Node<'_, '_>| row.children().filter(|it| it.has_tag_name((WORD, "tc"))).count();
        assert!(rows.iter().all(|row| cells(row) == cells(&rows[0])));
    }
    // Heads, four stations, their sum; the figures of each station add up to it.
    let rows: Vec<Vec<String>> = lined[0]
        .children()
        .filter(|it| it.has_tag_name((WORD, "tr")))
        .map(|row| row.children().filter(|it| it.has_tag_name((WORD, "tc"))).map(words).collect())
        .collect();
    assert_eq!(rows.len(), 6);
    let figure = |row: &Vec<String>, at: usize| row[at].parse::<u64>().unwrap();
    for column in 2..rows[0].len() {
        let sum: u64 = rows[1..5].iter().map(|row| figure(row, column)).sum();
        assert_eq!(figure(&rows[5], column), sum, "{}", rows[0][column]);
    }
    // Owed, met, airings; then the columns, which the airings fall into.
    assert_eq!(rows[0][2..5], ["reports.owed", "reports.met", "reports.airings"]);
    for row in &rows[1..] {
        assert_eq!(figure(row, 4), (5..row.len()).map(|column| figure(row, column)).sum::<u64>());
    }
}

#[test]
fn without_a_code_there_is_no_picture_and_without_airings_a_report_all_the_same() {
    let made = Reconciliation::new(Period::new(day(1), day(1)));
    let file = document((&Letter::default(), None, NOW), &made, &[], &names(0), &Plain).unwrap();
    let parts = parts(&file);
    assert!(!parts.keys().any(|name| name.contains("media")));
    let text = text(&parts, "word/document.xml");
    assert!(!text.contains("reports.scan") && !text.contains("reports.command"));
    assert!(
        Xml::parse(&text).is_ok() && !text.contains("r:embed") && text.contains("reports.nothing")
    );
}

#[test]
fn days_and_early_months_have_two_digits() {
    let on = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
    struct Placing;
    impl Pen for Placing {
        fn of(&self, _: &str) -> String {
            "{place}, {day}-{month}-{year}".to_owned()
        }
        fn code(&self, _: &str, code: &str) -> String {
            code.to_owned()
        }
        fn date(&self, _: &NaiveDate) -> String {
            String::new()
        }
        fn weekday(&self, _: &NaiveDate) -> String {
            String::new()
        }
        fn number(&self, number: u64) -> String {
            number.to_string()
        }
        fn zone(&self) -> chrono_tz::Tz {
            chrono_tz::Tz::UTC
        }
    }
    assert_eq!(placed(&letter(), on(2, 9), &Placing), "Thạch Thành, 09-02-2026");
    assert_eq!(placed(&letter(), on(3, 10), &Placing), "Thạch Thành, 10-3-2026");
}

#[test]
fn a_diary_has_a_table_a_day_and_a_line_an_airing() {
    let period = Period::new(day(2), day(8));
    let mut diary = Diary::new(Cursor::new(Vec::new()), &letter(), period, &Plain).unwrap();
    for date in period.days() {
        let found = if date == day(5) { vec![] } else { entries(3, date) };
        diary.add(date, &found, &names(3), &Plain).unwrap();
    }
    let file = diary.finish(&letter(), &Plain).unwrap().into_inner();
    let text = text(&parts(&file), "word/document.xml");
    let xml = Xml::parse(&text).unwrap();
    let heads = all(&xml, "tblHeader").count();
    assert_eq!((heads, all(&xml, "tr").count()), (6, 6 * 7 + 2));
    assert!(text.contains("Monday, 02/11/2026") && text.contains("w:orient=\"landscape\""));
    assert!(text.contains("05:00:00") && text.contains("1:30") && text.contains("reports.nothing"));
}
