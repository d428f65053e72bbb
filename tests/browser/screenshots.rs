//! Pictures of every page, for people to look at: `make screenshots`.

use std::path::Path;

use loa::{radio::Role, server::Need};

use crate::{driver::Browser, site::Site, walk::plain_pages};

/// The windows that pages are looked at in: an old office computer, a phone.
const WINDOWS: [(u32, u32); 2] = [(1366, 768), (390, 844)];

/// Takes the page that is shown in both languages and in both windows.
pub(crate) async fn take(browser: &Browser, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let path = browser.path().await;
    let joint = if path.contains('?') { '&' } else { '?' };
    for (width, height) in WINDOWS {
        browser.size(width, height).await;
        for language in ["vi", "en"] {
            browser.goto(&format!("{path}{joint}lang={language}")).await;
            let file = folder.join(format!("{name}-{language}-{width}x{height}.png"));
            std::fs::write(file, browser.picture().await).unwrap();
        }
    }
    browser.goto(&format!("{path}{joint}lang=vi")).await;
}

#[tokio::test]
#[ignore = "for people to look at: make screenshots"]
async fn pictures() {
    let site = Site::thach_thanh().await;
    let stranger = site.browser().await;
    stranger.goto("/sign-in").await;
    take(&stranger, "sign-in").await;
    stranger.goto("/khong-co").await;
    take(&stranger, "missing").await;
    stranger.close().await;
    // The first who may see a page shows it.
    let mut left = plain_pages();
    for role in Role::ALL {
        let browser = site.browser_of(*role).await;
        let mine = |need: &Need| match need {
            Need::Anybody => false,
            Need::Member => true,
            Need::May(right) => role.brings(*right),
        };
        for (path, _) in left.extract_if(.., |(_, need)| mine(need)) {
            browser.goto(path).await;
            take(&browser, path.trim_matches('/').replace('/', "-").as_str()).await;
        }
        browser.close().await;
    }
}
