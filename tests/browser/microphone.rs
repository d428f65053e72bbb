//! A bulletin is spoken into the microphone. Chromium takes a file for one, and begins it again whenever it ends.

use std::time::Duration;

use fantoccini::Locator;
use loa::radio::Role;

use crate::{
    axe,
    driver::Browser,
    site::{Site, sign_in},
    village::tones,
};

/// Among the pitches of the tests.
const SPOKEN: usize = 7;
const PITCHES: usize = 12;
const RATE: u32 = 48_000;

async fn click(browser: &Browser, css: &str) {
    browser.client.find(Locator::Css(css)).await.unwrap().click().await.unwrap();
}

/// Waits until a script says so.
async fn until(browser: &Browser, script: &str) {
    for _ in 0..1200 {
        if browser.run(script).await == true {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never so: {script}: {}", browser.text().await);
}

#[tokio::test]
async fn what_is_spoken_into_the_microphone_is_asked_for_and_heard_by_the_second_person() {
    let site = Site::new().await;
    let spoken = site.house.folder.path().join("spoken.wav");
    tones::write(&spoken, SPOKEN, 1.0);
    let microphone = format!("--use-file-for-fake-audio-capture={}", spoken.display());
    let flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
    let operator = Browser::with(&site.origin(), &[flags[0], flags[1], microphone.as_str()]).await;
    sign_in(&operator, Role::Operator).await;
    operator.goto("/emergency").await;
    click(&operator, ".recorder .start").await;
    let three_seconds = "return document.querySelector('.recorder output').textContent >= '0:03'";
    until(&operator, three_seconds).await;
    click(&operator, ".recorder .stop").await;
    let is_sent = "return document.querySelector('[name=recording]').value.length === 64";
    until(&operator, is_sent).await;
    assert_eq!(axe::violations(&operator).await, Vec::<String>::new());
    let sha256 = operator.run("return document.querySelector('[name=recording]').value").await;
    let sha256 = sha256.as_str().unwrap();
    operator.fill("title", "Nước lên nhanh").await;
    operator.fill("word", "KHẨN CẤP").await;
    click(&operator, "form button.grave").await;
    operator.wait_for("section.decision").await;
    let path = operator.path().await;
    operator.close().await;

    let approver = site.browser_of(Role::Approver).await;
    approver.goto(&path).await;
    let sounds = format!(
        "const sound = document.querySelector('audio[src$=\"{sha256}\"]'); sound.preload = 'auto'; \
         if (!sound.readyState) sound.load(); return sound.duration >= 3"
    );
    until(&approver, &sounds).await;
    approver.close().await;

    let shelf = site.house.folder.path().join("clips");
    let wav = std::fs::read(shelf.join(&sha256[..2]).join(sha256)).unwrap();
    assert_eq!(
        wav[20..36],
        *b"\x01\0\x01\0\x80\xbb\0\0\0\x77\x01\0\x02\0\x10\0",
        "not 48 kHz, mono, 16 bits"
    );
    let samples: Vec<f64> = wav[44..]
        .chunks_exact(2)
        .map(|sample| f64::from(i16::from_le_bytes([sample[0], sample[1]])))
        .collect();
    let heard = tones::heard_in(&samples, RATE, PITCHES);
    let tenths: usize = heard.iter().filter(|(pitch, _)| *pitch == SPOKEN).map(|(_, n)| n).sum();
    // The browser brings the level of a microphone up by itself, and takes a moment for it.
    assert!(tenths >= 15, "of three seconds: {heard:?}");
    assert!(heard.iter().all(|(pitch, n)| *pitch == SPOKEN || *n == 1), "{heard:?}");
}
