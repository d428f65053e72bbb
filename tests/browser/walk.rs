//! Every page that can be looked at, in a browser, as everybody: nothing breaks, and nothing keeps people out.

use loa::{
    radio::Role,
    server::{Need, needs},
};

use crate::{axe, site::Site};

/// The pages that need nothing in their address.
pub(crate) fn plain_pages() -> Vec<(&'static str, Need)> {
    let looked_at = needs().into_iter().filter(|(method, ..)| *method == "GET");
    looked_at
        .filter(|(_, path, _)| !path.contains('{'))
        .map(|(_, path, need)| (path, need))
        .collect()
}

#[tokio::test]
async fn nothing_on_any_page_keeps_anybody_out() {
    let site = Site::new().await;
    let browser = site.browser().await;
    let mut looked_at = 0;
    for path in ["/sign-in", "/welcome/khong-co", "/khong-co"] {
        browser.goto(path).await;
        assert_eq!(axe::violations(&browser).await, Vec::<String>::new(), "{path}");
    }
    browser.close().await;
    for role in Role::ALL {
        let browser = site.browser_of(*role).await;
        for (path, need) in plain_pages() {
            match need {
                Need::May(right) if !role.brings(right) => continue,
                _ => looked_at += 1,
            }
            for (language, width, height) in [("vi", 1366, 768), ("en", 390, 844)] {
                browser.size(width, height).await;
                browser.goto(&format!("{path}?lang={language}")).await;
                let problems = axe::violations(&browser).await;
                assert_eq!(problems, Vec::<String>::new(), "{path} as {role} in {language}");
                let wider = "return document.documentElement.scrollWidth > innerWidth";
                assert_eq!(browser.run(wider).await, false, "{path} is wider than {width}");
            }
        }
        browser.goto("/today?lang=vi").await;
        browser.close().await;
    }
    assert!(looked_at > 10);
}
