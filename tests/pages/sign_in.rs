//! How people come in, and how they are put out.

use std::time::Duration;

use axum::http::StatusCode;
use loa::{
    radio::Role,
    store::{Actor, AuditFilter, Deed, IDLE, LONGEST},
};

use crate::{
    browser::{Browser, PASSWORD, person},
    common::{BEFORE, district::House},
};

on_both_databases!(
    the_first_administrator_comes_by_a_link_that_works_once,
    a_session_ends_by_itself_by_hand_and_everywhere,
    guesses_wait_longer_and_longer,
    a_changed_password_ends_the_other_sessions,
);

async fn the_first_administrator_comes_by_a_link_that_works_once(house: House) {
    let store = house.district.store();
    assert!(!store.has_administrator().await.unwrap());
    let command = Actor::command("loa serve");
    let old = store.invite(&command, None, house.hour_later(), BEFORE).await.unwrap();
    let link = store.invite(&command, None, house.hour_later(), BEFORE).await.unwrap();
    let mut browser = Browser::new(&house);
    // A new link ends the one before.
    let gone = browser.get(&format!("/welcome/{}", old.reveal())).await.text();
    assert!(gone.contains("Đường dẫn không còn dùng được"), "{gone}");

    let welcome = format!("/welcome/{}", link.reveal());
    browser.get(&welcome).await;
    let before = browser.cookie("loa").unwrap().to_owned();
    let wish = |password, again| {
        [("name", "Hoa"), ("sign_in", "Hoa"), ("password", password), ("again", again)]
    };
    for (password, again) in [("ngắn", "ngắn"), (PASSWORD, "một câu khác hẳn")] {
        let answer = browser.post(&welcome, &wish(password, again)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text().contains("aria-invalid"));
    }
    let answer = browser.post(&welcome, &wish(PASSWORD, PASSWORD)).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/first-steps"));
    let steps = browser.get("/first-steps").await.text();
    assert!(steps.contains("href=\"/stations/new\"") && steps.contains("cần quyền: "), "{steps}");
    assert_ne!(browser.cookie("loa").unwrap(), before);
    assert!(store.has_administrator().await.unwrap());
    assert!(browser.get("/people").await.text().contains("Hoa"));

    let mut another = Browser::new(&house);
    another.get(&welcome).await;
    another.post(&welcome, &wish(PASSWORD, PASSWORD)).await;
    assert_eq!(store.people().await.unwrap().len(), 1);
}

async fn a_session_ends_by_itself_by_hand_and_everywhere(house: House) {
    let mut first = Browser::of(&house, "hoa", &[(Role::Operator, None)]).await;
    let sign_in = async || {
        let mut browser = Browser::new(&house);
        browser.get("/sign-in").await;
        let before = browser.cookie("loa").unwrap().to_owned();
        browser.post("/sign-in", &[("name", "HOA "), ("password", PASSWORD)]).await;
        assert_ne!(browser.cookie("loa").unwrap(), before);
        assert_eq!(browser.get("/account").await.status, StatusCode::OK);
        browser
    };
    let is_in =
        async |browser: &mut Browser<'_>| browser.get("/account").await.status == StatusCode::OK;

    // By hand: here only, also for whoever has copied the cookie.
    let mut second = sign_in().await;
    let stolen = second.cookie("loa").unwrap().to_owned();
    second.post("/sign-out", &[]).await;
    assert!(!is_in(&mut second).await && is_in(&mut first).await);
    let now = loa::clock::Clock::now(&*house.clock);
    assert_eq!(house.district.store().session(&stolen, now).await.unwrap(), None);

    // Everywhere.
    let mut third = sign_in().await;
    third.post("/account/sign-out-everywhere", &[]).await;
    assert!(!is_in(&mut third).await && !is_in(&mut first).await);

    // By itself: unused, or in the end however much it is used.
    let mut idle = sign_in().await;
    house.clock.advance(IDLE);
    assert!(!is_in(&mut idle).await);
    let mut used = sign_in().await;
    let step = IDLE - Duration::from_mins(2);
    for _ in 0..LONGEST.as_secs() / step.as_secs() {
        house.clock.advance(step);
        assert!(is_in(&mut used).await);
    }
    house.clock.advance(step);
    assert!(!is_in(&mut used).await);
}

async fn guesses_wait_longer_and_longer(house: House) {
    person(&house, "hoa", &[(Role::Operator, None)]).await;
    let mut browser = Browser::new(&house);
    browser.get("/sign-in").await;
    for name in ["hoa", "nobody"] {
        for _ in 0..5 {
            let wrong = [("name", name), ("password", "không phải thế")];
            let answer = browser.post("/sign-in", &wrong).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.text().contains("không đúng"));
        }
        // The right one is not even looked at.
        let right = [("name", name), ("password", PASSWORD)];
        let answer = browser.post("/sign-in", &right).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(answer.text().contains("Hãy thử lại sau 04:59:15"), "{}", answer.text());
    }
    house.clock.advance(Duration::from_secs(15));
    let wrong = [("name", "hoa"), ("password", "không phải thế")];
    assert_eq!(browser.post("/sign-in", &wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    house.clock.advance(Duration::from_secs(29));
    let right = [("name", "hoa"), ("password", PASSWORD)];
    assert_eq!(browser.post("/sign-in", &right).await.status, StatusCode::TOO_MANY_REQUESTS);
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(browser.post("/sign-in", &right).await.status, StatusCode::SEE_OTHER);

    let filter = AuditFilter { deed: Some(Deed::SignInFailed), ..AuditFilter::default() };
    let trail = house.district.store().trail(&filter, None, 100).await.unwrap();
    assert_eq!(trail.len(), 11);
    assert!(trail.iter().all(|entry| entry.actor.address == "127.0.0.1"));
}

async fn a_changed_password_ends_the_other_sessions(house: House) {
    let mut first = Browser::of(&house, "hoa", &[(Role::Operator, None)]).await;
    let mut second = Browser::new(&house);
    second.get("/sign-in").await;
    second.post("/sign-in", &[("name", "hoa"), ("password", PASSWORD)]).await;
    let new = "một câu còn dễ nhớ hơn";
    let wrong = [("old", "không phải"), ("new", new), ("again", new)];
    let answer = first.post("/account/password", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = [("old", PASSWORD), ("new", new), ("again", new)];
    assert_eq!(first.post("/account/password", &right).await.status, StatusCode::SEE_OTHER);
    assert!(first.get("/account").await.text().contains("Đã đổi mật khẩu"));
    assert!(!first.get("/account").await.text().contains("Đã đổi mật khẩu"));
    assert_eq!(second.get("/account").await.status, StatusCode::SEE_OTHER);
    second.get("/sign-in").await;
    for (password, status) in
        [(PASSWORD, StatusCode::UNPROCESSABLE_ENTITY), (new, StatusCode::SEE_OTHER)]
    {
        let form = [("name", "hoa"), ("password", password), ("next", "//evil.test")];
        let answer = second.post("/sign-in", &form).await;
        assert_eq!(answer.status, status);
        if status == StatusCode::SEE_OTHER {
            assert_eq!(answer.location(), "/today");
        }
    }
}
