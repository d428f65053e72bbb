//! Every page that is looked at, in a browser, as everybody: nothing breaks, and nothing keeps people out.

use loa::{radio::Role, server::Need};

use crate::{
    axe,
    common::{MORNING, airing_at, pages::Examples},
    driver::Browser,
    site::Site,
};

/// Looks at a page in a wide window and in a narrow one, in both languages.
async fn look(browser: &Browser, address: &str, who: &str, statuses: &[u16]) {
    for (language, width, height) in [("vi", 1366, 768), ("en", 390, 844)] {
        browser.size(width, height).await;
        let joint = if address.contains('?') { '&' } else { '?' };
        browser.goto(&format!("{address}{joint}lang={language}")).await;
        let about = "return performance.getEntriesByType('navigation')[0].responseStatus";
        let status = browser.run(about).await;
        assert!(statuses.iter().any(|known| status == *known), "{address} as {who}: {status}");
        let problems = axe::violations(browser).await;
        assert_eq!(problems, Vec::<String>::new(), "{address} as {who} in {language}");
        let wider = "return document.documentElement.scrollWidth > innerWidth";
        assert_eq!(browser.run(wider).await, false, "{address} is wider than {width}");
    }
}

#[tokio::test]
async fn nothing_on_any_page_keeps_anybody_out() {
    let site = Site::new().await;
    let airing = airing_at("thach-lam", MORNING);
    let known = [("{station}", "thach-lam"), ("{airing}", airing.as_str())];
    let pages = Examples::of(&site.house, &known).await.pages();
    let browser = site.browser().await;
    for page in pages.iter().filter(|page| page.need == Need::Anybody) {
        look(&browser, &page.address, "nobody", &[200]).await;
    }
    look(&browser, "/welcome/khong-co", "nobody", &[200]).await;
    look(&browser, "/khong-co", "nobody", &[404]).await;
    browser.close().await;
    for role in Role::ALL {
        let browser = site.browser_of(*role).await;
        // What lies in another unit, or in none, says so to who is of one unit.
        let statuses: &[u16] =
            if *role == Role::CommuneOfficer { &[200, 403, 404] } else { &[200] };
        for page in &pages {
            let may = match page.need {
                Need::Anybody => false,
                Need::Member => true,
                Need::May(right) => role.brings(right),
            };
            if may {
                look(&browser, &page.address, role.as_str(), statuses).await;
            }
        }
        browser.goto("/today?lang=vi").await;
        browser.close().await;
    }
}
