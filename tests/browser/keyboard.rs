//! A keyboard, and nothing else.

use fantoccini::{
    actions::{InputSource as _, KeyAction, KeyActions},
    key::Key,
};

use crate::driver::Browser;

/// Types into whatever has the focus, key by key.
pub(crate) async fn keys(browser: &Browser, text: &str) {
    let keys = text.chars().fold(KeyActions::new("keys".into()), |keys, value| {
        keys.then(KeyAction::Down { value }).then(KeyAction::Up { value })
    });
    browser.client.perform_actions(keys).await.unwrap();
}

/// Presses one key.
pub(crate) async fn key(browser: &Browser, key: Key) {
    keys(browser, &char::from(key).to_string()).await;
}

/// Marks all that a field holds, so that what is typed next takes its place.
pub(crate) async fn mark_all(browser: &Browser) {
    let control = char::from(Key::Control);
    let keys = KeyActions::new("keys".into())
        .then(KeyAction::Down { value: control })
        .then(KeyAction::Down { value: 'a' })
        .then(KeyAction::Up { value: 'a' })
        .then(KeyAction::Up { value: control });
    browser.client.perform_actions(keys).await.unwrap();
}

async fn is_at(browser: &Browser, css: &str) -> bool {
    let css = serde_json::json!(css);
    browser.run(&format!("return document.activeElement.matches({css})")).await == true
}

/// Goes on with the tabulator as far as what a selector names.
pub(crate) async fn tab_to(browser: &Browser, css: &str) {
    for _ in 0..120 {
        key(browser, Key::Tab).await;
        if is_at(browser, css).await {
            return;
        }
    }
    panic!("the keyboard does not reach {css}");
}

/// Goes to a field and types.
pub(crate) async fn fill(browser: &Browser, css: &str, text: &str) {
    tab_to(browser, css).await;
    mark_all(browser).await;
    keys(browser, text).await;
}

/// Goes to a list and down to the choice that holds these words.
pub(crate) async fn choose(browser: &Browser, css: &str, words: &str) {
    tab_to(browser, css).await;
    let chosen = "return document.activeElement.selectedOptions[0].text";
    for _ in 0..60 {
        if browser.run(chosen).await.as_str().unwrap().contains(words) {
            return;
        }
        key(browser, Key::Down).await;
    }
    panic!("\"{words}\" cannot be chosen in {css}");
}

/// Goes to a button and presses it; the page that comes of it is there then.
pub(crate) async fn press(browser: &Browser, css: &str) {
    tab_to(browser, css).await;
    browser.leave(async || key(browser, Key::Enter).await, css).await;
}
