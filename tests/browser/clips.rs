//! Recordings come in, are heard, and are approved by somebody else.

use std::path::{Path, PathBuf};

use fantoccini::{Locator, key::Key};
use loa::radio::{Approval, Role};
use serde_json::json;

use crate::{
    axe,
    driver::Browser,
    keyboard::{choose, fill, key, keys, press, tab_to},
    screenshots::take,
    site::Site,
};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Two good recordings and half of one, as a browser's list of files takes them.
fn three(folder: &Path) -> String {
    let flac = std::fs::read(fixture("tone.flac")).unwrap();
    let broken = folder.join("Tin hỏng.flac");
    std::fs::write(&broken, &flac[..flac.len() / 2]).unwrap();
    let files = [fixture("tone.wav"), broken, fixture("bare.mp3")];
    files.map(|file| file.display().to_string()).join("\n")
}

/// Waits until something is to be read on the page.
async fn reads(browser: &Browser, text: &str) {
    let script = format!("return document.body.innerText.includes({})", serde_json::json!(text));
    for _ in 0..600 {
        if browser.run(&script).await == true {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("\"{text}\" does not appear: {}", browser.text().await);
}

/// Drops files, a path a line, as from a window of folders.
async fn drop_files(browser: &Browser, css: &str, files: &str) {
    let middle = format!(
        "const box = document.querySelector('{css}').getBoundingClientRect();
         return [box.x + box.width / 2, box.y + box.height / 2]"
    );
    let middle = browser.run(&middle).await;
    let files: Vec<&str> = files.lines().collect();
    for kind in ["dragEnter", "dragOver", "drop"] {
        let data = json!({"items": [], "files": files, "dragOperationsMask": 1});
        let event = json!({"type": kind, "x": middle[0], "y": middle[1], "data": data});
        browser.devtools("Input.dispatchDragEvent", event).await;
    }
}

#[tokio::test]
async fn three_files_of_which_one_is_broken_and_another_person_approves() {
    let site = Site::new().await;
    let folder = tempfile::tempdir().unwrap();
    let operator = site.browser_of(Role::Operator).await;
    operator.goto("/clips").await;
    drop_files(&operator, ".drop", &three(folder.path())).await;
    for file in ["tone.wav", "Tin hỏng.flac", "bare.mp3"] {
        reads(&operator, file).await;
    }
    for number in 1..=3 {
        operator.wait_for(&format!(".arriving li:nth-child({number}) .state")).await;
    }
    reads(&operator, "Bản ghi bị hỏng từ giây thứ").await;
    let good = operator.client.find_all(Locator::Css(".arriving .state.good")).await.unwrap();
    let bad = operator.client.find_all(Locator::Css(".arriving .state.bad")).await.unwrap();
    assert_eq!((good.len(), bad.len()), (2, 1));
    assert_eq!(axe::violations(&operator).await, Vec::<String>::new());

    // Only somebody else can approve it, and they can hear it.
    operator.goto("/approvals").await;
    assert!(!operator.text().await.contains("Duyệt cho phát"));
    let approver = site.browser_of(Role::Approver).await;
    approver.goto("/approvals").await;
    assert_eq!(axe::violations(&approver).await, Vec::<String>::new());
    let script = "const sound = document.querySelector('#clip-tieng-thu audio'); sound.load(); \
                  sound.preload = 'auto'; return sound.src";
    assert!(approver.run(script).await.as_str().unwrap().contains("/api/v1/clips/"));
    approver.wait_for("#clip-tieng-thu audio").await;
    let is_heard = "const sound = document.querySelector('#clip-tieng-thu audio'); \
                    return sound.error ? sound.error.message : sound.duration > 0.5";
    while approver.run(is_heard).await == false {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(approver.run(is_heard).await, true);
    let approve = "#clip-tieng-thu button[value=approve]";
    approver.client.find(Locator::Css(approve)).await.unwrap().click().await.unwrap();
    reads(&approver, "Đã duyệt: Tiếng thử.").await;
    let clip = site.house.district.store().clip(&"tieng-thu".parse().unwrap()).await.unwrap();
    assert_eq!(clip.unwrap().approval, Approval::Approved);
    operator.goto("/clips/tieng-thu").await;
    reads(&operator, "Phạm Quốc Thắng, lúc").await;
    assert_eq!(axe::violations(&operator).await, Vec::<String>::new());
    operator.close().await;
    approver.close().await;
}

#[tokio::test]
async fn the_keyboard_is_enough_from_the_file_to_its_schedule() {
    let site = Site::new().await;
    let operator = site.browser_of(Role::Operator).await;
    operator.goto("/clips").await;
    tab_to(&operator, "#files").await;
    // The browser's own window for files cannot be driven: this says what would be chosen in it.
    let files = operator.client.active_element().await.unwrap();
    files.send_keys(&fixture("bare.mp3").display().to_string()).await.unwrap();
    tab_to(&operator, ".drop button").await;
    key(&operator, Key::Enter).await;
    reads(&operator, "Đã nhận, chờ duyệt").await;

    operator.goto("/clips/bare").await;
    fill(&operator, "[name=title]", "Phòng dịch").await;
    key(&operator, Key::Enter).await;
    reads(&operator, "Đã lưu.").await;

    operator.goto("/timetable/programmes/new").await;
    fill(&operator, "[name=title]", "Tin phòng dịch").await;
    choose(&operator, "[name=item]", "Phòng dịch").await;
    press(&operator, "button[value=save]").await;
    reads(&operator, "Đã lưu chương trình “Tin phòng dịch”.").await;

    let approver = site.browser_of(Role::Approver).await;
    for title in ["Phòng dịch", "Tin phòng dịch"] {
        approver.goto("/approvals").await;
        let case = format!(
            "[...document.querySelectorAll('.case')].find(one => one.querySelector('h3').innerText === '{title}')"
        );
        let case = approver.run(&format!("return {case}.id")).await;
        let case = case.as_str().unwrap();
        fill(&approver, &format!("#{case}-comment"), "Nghe rõ").await;
        press(&approver, &format!("#{case} button[value=approve]")).await;
        reads(&approver, &format!("Đã duyệt: {title}.")).await;
    }

    operator.goto("/timetable/schedules/new").await;
    fill(&operator, "[name=title]", "Phòng dịch hằng ngày").await;
    choose(&operator, "[name=programme]", "Tin phòng dịch").await;
    for day in 1..=7 {
        tab_to(&operator, &format!("[name=days][value='{day}']")).await;
        if operator.run("return document.activeElement.checked").await == false {
            keys(&operator, " ").await;
        }
    }
    fill(&operator, "[name=times]", "11:30").await;
    tab_to(&operator, "[name=kinds][value=commune]").await;
    keys(&operator, " ").await;
    press(&operator, "button[value=save]").await;
    reads(&operator, "Đã lưu lịch phát “Phòng dịch hằng ngày”.").await;
    let rules = site.house.district.store().rules().await.unwrap();
    let schedule = rules.schedules.iter().find(|one| one.title == "Phòng dịch hằng ngày").unwrap();
    let programme = rules.programmes.iter().find(|one| one.title == "Tin phòng dịch").unwrap();
    assert_eq!(schedule.programme, programme.id);
    operator.close().await;
    approver.close().await;
}

#[tokio::test]
#[ignore = "for people to look at: make screenshots"]
async fn pictures_of_clips() {
    let site = Site::thach_thanh().await;
    let folder = tempfile::tempdir().unwrap();
    let operator = site.browser_of(Role::Operator).await;
    operator.goto("/clips").await;
    let files = operator.client.find(Locator::Css("#files")).await.unwrap();
    files.send_keys(&three(folder.path())).await.unwrap();
    operator.client.find(Locator::Css(".drop button")).await.unwrap().click().await.unwrap();
    operator.wait_for(".arriving li:nth-child(3) .state").await;
    operator.goto("/clips/tieng-thu").await;
    take(&operator, "clip").await;
    let approver = site.browser_of(Role::Approver).await;
    approver.goto("/approvals").await;
    take(&approver, "approvals-waiting").await;
    operator.close().await;
    approver.close().await;
}
