//! Every page that is looked at, in a browser, as everybody: nothing breaks, and nothing keeps people out.

use loa::{clock::Clock, radio::Role, server::Need, store::Actor};
use serde_json::json;

use crate::{
    axe,
    common::{MORNING, airing_at, pages::Examples},
    driver::Browser,
    screenshots::{WINDOWS, everything, shown},
    site::Site,
};

/// Looks at a page in a wide window and in a narrow one, in both languages.
async fn look(browser: &Browser, address: &str, who: &str, status: u16) {
    for (language, window) in ["vi", "en"].into_iter().zip(WINDOWS) {
        browser.size(window).await;
        let joint = if address.contains('?') { '&' } else { '?' };
        browser.goto(&format!("{address}{joint}lang={language}")).await;
        let about = "return performance.getEntriesByType('navigation')[0].responseStatus";
        assert_eq!(browser.run(about).await, status, "{address} as {who}");
        let problems = axe::violations(browser).await;
        assert_eq!(problems, Vec::<String>::new(), "{address} as {who} in {language}");
        fits(browser, &format!("{address} as {who} in {language}")).await;
    }
}

/// Holds the page that is shown against both windows: it is no wider, its header takes one line where there is room, and what
/// is pressed is as large as a finger.
async fn fits(browser: &Browser, what: &str) {
    for (width, height) in WINDOWS {
        browser.size((width, height)).await;
        let wide = "return document.documentElement.scrollWidth";
        let wide = browser.run(wide).await.as_u64().unwrap();
        assert!(wide <= u64::from(width), "{what} is {wide} wide at {width}");
        // With a mouse a line of a table may be lower.
        let lines = if width < 600 { ", tbody th a, .cell a, .act a" } else { "" };
        let small = format!(
            "return [...document.querySelectorAll('button, summary, select, input, textarea, .button, .top a, .pager a{lines}')]
            .filter(one => one.checkVisibility() && one.type !== 'hidden' && !one.closest('.skip'))
            .map(one => one.closest('.tick') ?? one)
            .filter(one => one.getBoundingClientRect().height < 43.5)
            .map(one => one.outerHTML.slice(0, 200))"
        );
        assert_eq!(browser.run(&small).await, json!([]), "{what} at {width}");
    }
    browser.size(WINDOWS[0]).await;
    let head = browser.run("return document.querySelector('.top').offsetHeight").await;
    assert!(head.as_u64().unwrap() < 60, "{what}: the header is {head} high");
}

#[tokio::test]
async fn nothing_on_any_page_keeps_anybody_out() {
    let site = Site::new().await;
    let airing = airing_at("thach-lam", MORNING);
    let known = [("{station}", "thach-lam"), ("{airing}", airing.as_str())];
    let pages = Examples::of(&site.house, &known).await.pages();
    let browser = site.browser().await;
    for page in pages.iter().filter(|page| page.need == Need::Anybody) {
        look(&browser, &page.address, "nobody", 200).await;
    }
    look(&browser, "/welcome/khong-co", "nobody", 200).await;
    look(&browser, "/khong-co", "nobody", 404).await;
    browser.close().await;
    for role in Role::ALL {
        let browser = site.browser_of(*role).await;
        for page in pages.iter().filter(|page| page.is_brought_by(*role)) {
            let status = if *role == Role::CommuneOfficer { page.elsewhere(*role) } else { 200 };
            look(&browser, &page.address, role.as_str(), status).await;
        }
        browser.goto("/today?lang=vi").await;
        browser.close().await;
    }
}

/// With the names and the numbers of a whole district, longer than those of the tests.
#[tokio::test]
async fn no_page_is_wider_than_its_window() {
    let site = Site::thach_thanh().await;
    let (_, pages) = everything(&site).await;
    shown(&site, pages, async |browser, _| {
        let path = browser.path().await;
        let joint = if path.contains('?') { '&' } else { '?' };
        for language in ["vi", "en"] {
            browser.goto(&format!("{path}{joint}lang={language}")).await;
            fits(browser, &format!("{path} in {language}")).await;
        }
        browser.goto(&format!("{path}{joint}lang=vi")).await;
    })
    .await;
    // That nothing is public takes more words than that something is.
    let (house, nobody) = (&site.house, Actor::command("a test"));
    house.district.store().set_public(&nobody, false, house.clock.now()).await.unwrap();
    let browser = site.browser_of(Role::Administrator).await;
    browser.goto("/publishing?lang=vi").await;
    fits(&browser, "/publishing while nothing is public").await;
    browser.close().await;
}
