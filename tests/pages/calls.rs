//! Every call of the API as everybody.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use loa::{
    clock::Clock,
    radio::{Right, Role},
    server::{openapi, roll},
    store::{Actor, Bearer, NewTrouble},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{
    browser::person,
    common::{MORNING, airing_at, district::House, pages::Examples},
};

/// The rights of which a call needs one; none: a person's token is enough.
fn needed(method: &str, path: &str) -> &'static [Right] {
    match (method, path) {
        ("get", "/api/v1/clips/{clip}") => &[],
        ("get", _) => &[Right::See],
        ("post", "/api/v1/airings/{id}/confirmation") => &[Right::Confirm],
        ("post", "/api/v1/approvals") => &[Right::Approve],
        ("post", "/api/v1/bulletins" | "/api/v1/bulletins/recordings") => &[Right::Ask],
        ("post", "/api/v1/bulletins/{id}/agreement") => &[Right::Agree],
        ("post", "/api/v1/bulletins/{id}/cancellation" | "/api/v1/bulletins/{id}/correction") => {
            &[Right::Ask, Right::Agree]
        }
        ("post", "/api/v1/clips") | ("patch", "/api/v1/clips/{clip}") => &[Right::Load],
        ("post", "/api/v1/faults") => &[Right::Report],
        ("post", "/api/v1/faults/{id}/closing") => &[Right::Close],
        _ => panic!("{method} {path}: say who may call it"),
    }
}

/// Whether somebody with a role may call it.
fn may(method: &str, path: &str, role: Role) -> bool {
    let needed = needed(method, path);
    needed.is_empty() || needed.iter().any(|right| role.brings(*right))
}

/// The same of what lies in another unit than theirs, or in none.
fn may_elsewhere(method: &str, path: &str, role: Role) -> bool {
    let has_to_do = role.brings(Right::Ask) || role.brings(Right::Agree);
    match (method, path) {
        // It says only that there is news, and lists what lies in their unit.
        ("get", "/api/v1/news" | "/api/v1/faults") => role.brings(Right::See),
        ("get", "/api/v1/clips/{clip}") => true,
        ("get", "/api/v1/bulletins" | "/api/v1/bulletins/prepared") => has_to_do,
        // Where it is to sound is said later.
        (_, "/api/v1/bulletins/recordings") => role.brings(Right::Ask),
        _ => false,
    }
}

/// What is sent with a call, so that nothing but a right can be lacking.
fn body(path: &str, wish: &Value) -> Value {
    match path {
        "/api/v1/airings/{id}/confirmation" => json!({"outcome": "aired"}),
        "/api/v1/approvals" => {
            json!({"noun": "clip", "id": "khong-co", "content": "0".repeat(64), "approved": true})
        }
        "/api/v1/bulletins" => wish.clone(),
        "/api/v1/faults" => json!({"station": "thach-lam", "kind": "power"}),
        _ => json!({}),
    }
}

#[tokio::test]
async fn every_call_opens_to_those_whom_the_table_names_and_to_nobody_else() {
    let house = House::new().await;
    roll(&house.district).await.unwrap();
    let airing = airing_at("thach-lam", MORNING);
    let known = [("{airing}", airing.as_str()), ("{station}", "thach-lam")];
    let examples = Examples::of(&house, &known).await;
    let (store, now) = (house.district.store(), house.clock.now());
    let fault = NewTrouble {
        station: "thach-lam".parse().unwrap(),
        kind: "power".to_owned(),
        detail: None,
        key: None,
    };
    let fault = store.report_trouble(&Actor::command("a test"), &fault, now).await.unwrap();
    let wish = json!({"prepared": examples.fill("{bulletin}"), "word": "KHẨN CẤP",
        "stations": {"stations": ["thach-lam"]}});
    let document = serde_json::to_value(openapi()).unwrap();
    let mut refused = 0;
    let places = [("", None), ("-2", Some("kim-tan"))];
    for (role, (number, unit)) in
        Role::ALL.iter().flat_map(|role| places.map(|place| (role, place)))
    {
        let name = format!("{role}{number}");
        person(&house, &name, &[(*role, unit)]).await;
        let token = store.create_token(&Bearer::Person(name), now).await.unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let security = operation["security"].as_array().into_iter().flatten();
                if !security.into_iter().any(|one| one.get("person").is_some()) {
                    continue;
                }
                let id = match path.as_str() {
                    "/api/v1/airings/{id}/confirmation" => airing.to_string(),
                    "/api/v1/faults/{id}/closing" => fault.id.clone(),
                    _ => examples.fill("{id}"),
                };
                let address = path.replace("{id}", &id).replace("{clip}", "bluezone");
                let kind =
                    if path.ends_with("recordings") { "audio/wav" } else { "application/json" };
                let request = Request::builder()
                    .method(method.to_uppercase().parse::<Method>().unwrap())
                    .uri(&address)
                    .header("authorization", format!("Bearer {}", token.reveal()))
                    .header("content-type", kind)
                    .body(Body::from(body(path, &wish).to_string()));
                // Some answers never end.
                let answer = house.router.clone().oneshot(request.unwrap()).await.unwrap();
                let may = match unit {
                    None => may(method, path, *role),
                    Some(_) => may_elsewhere(method, path, *role),
                };
                let status = answer.status();
                assert!(!status.is_server_error(), "{role} {unit:?} {method} {address}: {status}");
                assert_ne!(status, StatusCode::UNAUTHORIZED, "{role} {method} {address}");
                let is_closed = status == StatusCode::FORBIDDEN;
                assert_eq!(is_closed, !may, "{role} {unit:?} {method} {address}: {status}");
                refused += usize::from(!may);
            }
        }
    }
    assert!(refused > 20, "{refused}");
}
