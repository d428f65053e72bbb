//! Every page as everybody.

use axum::http::StatusCode;
use loa::{
    radio::Role,
    server::{Need, needs, roll},
};

use crate::{
    browser::Browser,
    common::{
        MORNING, airing_at,
        district::House,
        pages::{Examples, is_closed_elsewhere},
    },
};

/// A page's address, with what there is not in its holes.
fn address(path: &str) -> String {
    let part = |part: &str| {
        if part.starts_with('{') { "khong-co".to_owned() } else { part.to_owned() }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn asked(browser: &mut Browser<'_>, method: &str, path: &str) -> StatusCode {
    match method {
        "GET" => browser.get(&address(path)).await.status,
        _ => browser.post(&address(path), &[]).await.status,
    }
}

#[tokio::test]
async fn every_page_opens_to_those_whom_the_table_names_and_to_nobody_else() {
    let house = House::new().await;
    let mut refused = 0;
    for role in Role::ALL {
        let mut browser = Browser::of(&house, role.as_str(), &[(*role, None)]).await;
        for (method, path, need) in needs() {
            // Signing out is another story: it ends the walk.
            if path.contains("sign-out") && !path.contains('{') {
                continue;
            }
            let may = match need {
                Need::Anybody | Need::Member => true,
                Need::May(right) | Need::Everywhere(right) => role.brings(right),
            };
            let status = asked(&mut browser, method, path).await;
            assert!(!status.is_server_error(), "{role} {method} {path}: {status}");
            assert_eq!(status == StatusCode::FORBIDDEN, !may, "{role} {method} {path}: {status}");
            refused += usize::from(!may);
        }
    }
    assert!(refused > 20);
}

/// Posts a form that takes files.
async fn with_file(browser: &mut Browser<'_>, address: &str) -> StatusCode {
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"form-token\"\r\n\r\n{}\r\n--x--\r\n",
        browser.token
    );
    browser.post_body(address, "multipart/form-data; boundary=x", body.into()).await.status
}

/// Whoever has a role in one commune, at what lies in another: refused it, and not told that it is not there.
#[tokio::test]
async fn a_role_opens_nothing_of_another_unit() {
    let house = House::new().await;
    roll(&house.district).await.unwrap();
    let airing = airing_at("thach-lam", MORNING);
    let known = [("{airing}", airing.as_str()), ("{station}", "thach-lam")];
    let examples = Examples::of(&house, &known).await;
    let mut refused = 0;
    for role in Role::ALL {
        let own = [(*role, Some("kim-tan"))];
        let mut browser = Browser::of(&house, role.as_str(), &own).await;
        for (method, path, need) in needs() {
            let is_read = method == "GET";
            let address = if is_read { examples.address(path) } else { examples.fill(path) };
            // What a form without a hole is about stands in its fields.
            if address.contains('{') || !is_read && address == path {
                continue;
            }
            let status = match path {
                _ if is_read => browser.get(&address).await.status,
                "/campaigns/{campaign}/channels" => with_file(&mut browser, &address).await,
                _ => browser.post(&address, &[]).await.status,
            };
            let is_closed = is_closed_elsewhere(path, need, *role);
            assert_eq!(
                status == StatusCode::FORBIDDEN,
                is_closed,
                "{role} {method} {address}: {status}"
            );
            assert_ne!(status, StatusCode::NOT_FOUND, "{role} {method} {address}");
            refused += usize::from(is_closed);
        }
        // Their own is theirs.
        let own = airing_at("kim-tan", MORNING);
        for address in ["/stations/kim-tan".to_owned(), format!("/record/{own}")] {
            assert_eq!(browser.get(&address).await.status, StatusCode::OK, "{role} {address}");
        }
    }
    assert!(refused > 100, "{refused}");
}

#[tokio::test]
async fn every_page_has_an_example_that_opens() {
    let house = House::new().await;
    roll(&house.district).await.unwrap();
    let airing = airing_at("thach-lam", MORNING);
    let pages = Examples::of(&house, &[("{airing}", airing.as_str())]).await.pages();
    let roles: Vec<_> = Role::ALL.iter().map(|role| (*role, None)).collect();
    let mut hoa = Browser::of(&house, "hoa", &roles).await;
    let mut nobody = Browser::new(&house);
    for page in pages {
        let browser = if page.need == Need::Anybody { &mut nobody } else { &mut hoa };
        let answer = browser.get(&page.address).await;
        assert_eq!(answer.status, StatusCode::OK, "{}: {}", page.address, answer.text());
        let kind = answer.headers["content-type"].to_str().unwrap();
        assert!(kind.starts_with("text/html"), "{}: {kind}", page.path);
    }
}

#[tokio::test]
async fn who_is_not_signed_in_is_sent_to_sign_in_and_back() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    browser.get("/sign-in").await;
    for (method, path, need) in needs() {
        let path = address(path);
        let answer = match method {
            "GET" => browser.get(&format!("{path}?a=b%20c")).await,
            _ => browser.post(&path, &[]).await,
        };
        if need == Need::Anybody {
            assert_ne!(answer.status, StatusCode::SEE_OTHER, "{method} {path}");
            continue;
        }
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{method} {path}");
        let back = match method {
            "GET" => format!("/sign-in?next={}%3Fa%3Db%2520c", path.replace('/', "%2F")),
            _ => "/sign-in".to_owned(),
        };
        assert_eq!(answer.location(), back);
    }
}

#[tokio::test]
async fn where_there_is_nothing_the_language_is_chosen_too() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    assert!(browser.get("/khong-co").await.text().contains("Không tìm thấy trang"));
    assert_eq!(browser.get("/khong-co?a=b&lang=en").await.location(), "/khong-co?a=b");
    let page = browser.get("/khong-co?a=b").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text().contains("There is nothing here"));
    // Not the way to somebody else's.
    assert_eq!(browser.get("//evil.example/?lang=en").await.location(), "/today");
}

#[tokio::test]
async fn nothing_is_posted_from_elsewhere_or_without_the_token() {
    let house = House::new().await;
    let roles: Vec<_> = Role::ALL.iter().map(|role| (*role, None)).collect();
    let mut browser = Browser::of(&house, "hoa", &roles).await;
    let ours = (browser.token.clone(), browser.origin.clone());
    let mut posted = 0;
    for (method, path, _) in needs() {
        if method != "POST" {
            continue;
        }
        for (token, origin) in [
            ("", ours.1.as_str()),
            (&"0".repeat(64), &ours.1),
            (&ours.0, "http://evil.test"),
            (&ours.0, "null"),
        ] {
            (browser.token, browser.origin) = (token.to_owned(), origin.to_owned());
            let answer = browser.post(&address(path), &[]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {token} {origin}");
        }
        let kind = "multipart/form-data; boundary=x";
        browser.origin.clone_from(&ours.1);
        let body = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n";
        let answer = browser.post_body(&address(path), kind, body.into()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        posted += 1;
    }
    assert!(posted > 5);
    // And it is the token alone that was wrong.
    browser.token = ours.0;
    assert_eq!(browser.post("/sign-out", &[]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn every_page_forbids_what_it_does_not_need() {
    let house = House::new().await;
    let roles: Vec<_> = Role::ALL.iter().map(|role| (*role, None)).collect();
    let mut browser = Browser::of(&house, "hoa", &roles).await;
    let pages = needs().into_iter().filter(|(method, ..)| *method == "GET");
    for path in pages.map(|(_, path, _)| address(path)).chain(["/khong-co".to_owned()]) {
        let answer = browser.get(&path).await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; "), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["referrer-policy"], "same-origin");
        // What is the same for everybody in the world may be kept for a moment.
        let lasts = if path == "/verify" { "public, max-age=60" } else { "no-store" };
        assert_eq!(answer.headers["cache-control"], lasts, "{path}");
        let text = answer.text();
        for forbidden in [" style=", "<style", " onclick=", "javascript:", "http://", "https://"] {
            assert!(!text.contains(forbidden), "{path}: {forbidden}");
        }
        let mut scripts = text.split("<script").skip(1);
        assert!(scripts.all(|script| script.starts_with(" src=\"/static/")), "{path}");
    }
}
