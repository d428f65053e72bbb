//! In by the link, by keyboard alone, and out again.

use fantoccini::key::Key;
use loa::{radio::Role, store::Actor};

use crate::{
    common::BEFORE,
    keyboard::{fill, key},
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
