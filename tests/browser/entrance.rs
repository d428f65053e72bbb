//! In by the link, by keyboard alone, and out again.

use fantoccini::key::Key;
use loa::{radio::Role, store::Actor};

use crate::{
    common::BEFORE,
    keyboard::{fill, key, press, tab_to},
    site::{PASSWORD, Site, sign_in},
};

#[tokio::test]
async fn the_first_administrator_comes_in_and_adds_somebody() {
    let site = Site::new().await;
    let store = site.house.district.store();
    let command = Actor::command("loa serve");
    let link = store.invite(&command, None, site.house.hour_later(), BEFORE).await.unwrap();
    let browser = site.browser().await;
    browser.goto(&format!("/welcome/{}", link.reveal())).await;
    browser.fill("name", "Hà Văn Ban").await;
    browser.fill("sign_in", "ban").await;
    browser.fill("password", PASSWORD).await;
    browser.fill("again", PASSWORD).await;
    browser.press("Lưu và đăng nhập").await;
    assert_eq!(browser.path().await, "/first-steps");
    assert!(browser.text().await.contains("Hà Văn Ban"));

    browser.goto("/people").await;
    browser.fill("name", "Bùi Thị Lường").await;
    browser.fill("sign_in", "luong").await;
    browser.choose("role", "commune-officer").await;
    browser.choose("unit", "thach-lam").await;
    browser.press("Thêm và tạo đường dẫn").await;
    let text = browser.text().await;
    let link = text.split_whitespace().find(|word| word.contains("/welcome/")).unwrap();

    let another = site.browser().await;
    another.goto(link.strip_prefix(&site.origin()).unwrap()).await;
    assert!(another.text().await.contains("Chào Bùi Thị Lường."));
    another.fill("password", "câu của Lường").await;
    another.fill("again", "câu của Lường").await;
    another.press("Lưu và đăng nhập").await;
    assert_eq!(another.path().await, "/today");
    let text = another.text().await;
    assert!(text.contains("Đài thach-lam") && !text.contains("Đài kim-tan"), "{text}");
    another.press("Đăng xuất").await;
    another.goto("/today").await;
    assert_eq!(another.path().await, "/sign-in?next=%2Ftoday");
    another.close().await;
    browser.close().await;
}

#[tokio::test]
async fn the_keyboard_is_enough_and_the_language_stays() {
    let site = Site::new().await;
    let browser = site.browser().await;
    browser.goto("/account").await;
    fill(&browser, "[name=name]", Role::Auditor.as_str()).await;
    fill(&browser, "[name=password]", PASSWORD).await;
    key(&browser, Key::Enter).await;
    // Back where they wanted to go.
    browser.wait_for("form[action='/account/language']").await;
    assert_eq!(browser.path().await, "/account");

    assert_eq!(browser.run("return document.documentElement.lang").await, "vi");
    browser.goto("/today?lang=en").await;
    assert_eq!(browser.path().await, "/today");
    assert_eq!(browser.run("return document.documentElement.lang").await, "en");
    browser.goto("/account").await;
    assert!(browser.text().await.contains("My account"));
    // A cookie that scripts could read would be one that a hole in a page gives away.
    assert_eq!(browser.run("return document.cookie").await, "");
    browser.press("Sign out everywhere").await;
    browser.goto("/sign-in").await;
    assert!(browser.text().await.contains("Name to sign in"));
    browser.goto("/sign-in?lang=vi").await;
    sign_in(&browser, Role::Operator).await;
    browser.close().await;
}

#[tokio::test]
async fn what_is_needed_now_and_then_opens_by_keys_and_by_touch() {
    let site = Site::new().await;
    let browser = site.browser_of(Role::Administrator).await;
    let is_open = "return document.querySelector('.seldom').open";
    tab_to(&browser, ".seldom > summary").await;
    key(&browser, Key::Enter).await;
    assert_eq!(browser.run(is_open).await, true);
    key(&browser, Key::Escape).await;
    assert_eq!(browser.run(is_open).await, false);
    key(&browser, Key::Enter).await;
    press(&browser, ".seldom a[href='/trail']").await;
    assert_eq!(browser.path().await, "/trail");
    let current = "return document.querySelector('.seldom > summary').ariaCurrent";
    assert_eq!(browser.run(current).await, "true");

    // On a phone the menu opens first, and what it holds stands in its line.
    browser.size((390, 844)).await;
    for css in [".top .menu", ".seldom > summary", ".seldom a[href='/people']"] {
        browser.wait_for(css).await.click().await.unwrap();
    }
    browser.wait_for("form[action='/people']").await;
    browser.close().await;
}
