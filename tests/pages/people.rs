//! Who may do what, as the administrator says it.

use axum::http::StatusCode;
use loa::{
    radio::Role,
    store::{Actor, AuditFilter, Deed},
};

use crate::{browser::Browser, common::district::House};

on_both_databases!(
    somebody_is_added_given_roles_and_disabled,
    the_last_administrator_stays,
    an_officer_sees_their_own_unit_only,
);

async fn somebody_is_added_given_roles_and_disabled(house: House) {
    let store = house.district.store();
    let mut hoa = Browser::of(&house, "hoa", &[(Role::Administrator, None)]).await;
    hoa.get("/people").await;
    let wish = [("name", " Lê  Văn Nam "), ("sign_in", "nam"), ("role", "operator"), ("unit", "")];
    let page = hoa.post("/people", &wish).await.text();
    let (_, link) = page.split_once("http://loa.test:8080/welcome/").unwrap();
    let link = format!("/welcome/{}", &link[..64]);
    let taken = hoa.post("/people", &wish).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.text().contains("đã có người dùng"));

    let password = "một câu của Nam";
    let mut nam = Browser::new(&house);
    nam.get(&link).await;
    nam.post(&link, &[("password", password), ("again", password)]).await;
    assert_eq!(nam.get("/people").await.status, StatusCode::FORBIDDEN);

    let people = store.people().await.unwrap();
    let id = people.iter().find(|person| person.sign_in == "nam").unwrap().id.clone();
    let page = format!("/people/{id}");
    let roles = [("keep", "operator"), ("role", "commune-officer"), ("unit", "kim-tan")];
    hoa.post(&format!("{page}/roles"), &roles).await;
    let text = hoa.get(&page).await.text();
    assert!(text.contains("Đã lưu vai trò."));
    assert!(
        text.contains("value=\"commune-officer@kim-tan\"") && text.contains("value=\"operator\"")
    );
    hoa.post(&format!("{page}/roles"), &[("keep", "operator"), ("role", "king")]).await;
    assert!(hoa.get(&page).await.text().contains("không có"));
    assert_eq!(store.person(&id).await.unwrap().unwrap().grants.0.len(), 2);

    hoa.post(&format!("{page}/disable"), &[]).await;
    assert_eq!(nam.get("/account").await.status, StatusCode::SEE_OTHER);
    nam.get("/sign-in").await;
    let sign_in = [("name", "nam"), ("password", password)];
    assert_eq!(nam.post("/sign-in", &sign_in).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    hoa.post(&format!("{page}/enable"), &[]).await;
    assert_eq!(nam.post("/sign-in", &sign_in).await.status, StatusCode::SEE_OTHER);

    // All of it is in the trail, with who and what.
    let filter = AuditFilter { deed: Some(Deed::RolesChanged), ..AuditFilter::default() };
    let trail = store.trail(&filter, None, 10).await.unwrap();
    assert_eq!(trail.len(), 1);
    assert_eq!((trail[0].actor.name.as_str(), trail[0].subject.as_str()), ("Tên hoa", "nam"));
    assert_eq!(trail[0].before.as_ref().unwrap()["roles"].as_array().unwrap().len(), 1);
    assert_eq!(trail[0].after.as_ref().unwrap()["roles"].as_array().unwrap().len(), 2);
    let all = store.trail(&AuditFilter::default(), None, 100).await.unwrap();
    let deeds: Vec<&str> = all.iter().map(|entry| entry.deed.as_str()).collect();
    for deed in ["person-added", "link-made", "password-set", "person-disabled", "person-enabled"] {
        assert!(deeds.contains(&deed), "{deed}: {deeds:?}");
    }
    // Page by page it is the same trail.
    let mut walked = Vec::new();
    while let Some(entry) = {
        let after =
            walked.last().map(|entry: &loa::store::AuditEntry| (entry.at, entry.id.as_str()));
        store.trail(&AuditFilter::default(), after, 1).await.unwrap().pop()
    } {
        walked.push(entry);
    }
    assert_eq!(walked, all);
}

async fn the_last_administrator_stays(house: House) {
    let store = house.district.store();
    let mut hoa = Browser::of(&house, "hoa", &[(Role::Administrator, None)]).await;
    let id = store.people().await.unwrap()[0].id.clone();
    let page = format!("/people/{id}");
    for (what, form) in
        [("roles", vec![("role", "operator")]), ("roles", vec![]), ("disable", vec![])]
    {
        hoa.post(&format!("{page}/{what}"), &form).await;
        assert!(hoa.get(&page).await.text().contains("người quản trị cuối cùng"), "{what}");
    }
    // One who has a unit only cannot stand in.
    let of_unit = [(Role::Administrator, Some("kim-tan"))];
    let mut nam = Browser::of(&house, "nam", &of_unit).await;
    assert_eq!(nam.get("/people").await.status, StatusCode::FORBIDDEN);
    hoa.post(&format!("{page}/disable"), &[]).await;
    assert!(store.has_administrator().await.unwrap());
    Browser::of(&house, "lan", &[(Role::Administrator, None)]).await;
    hoa.post(&format!("{page}/disable"), &[]).await;
    assert_eq!(hoa.get("/account").await.status, StatusCode::SEE_OTHER);
    let people = store.people().await.unwrap();
    let hoa = people.iter().find(|person| person.id == id).unwrap();
    assert!(hoa.disabled_at.is_some());
    // A link made for somebody who was disabled since is of no use.
    let command = Actor::command("loa person link");
    let now = loa::clock::Clock::now(&*house.clock);
    let link = store.invite(&command, Some(&id), house.hour_later(), now).await.unwrap();
    assert_eq!(store.invited(link.reveal(), now).await.unwrap(), None);
}

async fn an_officer_sees_their_own_unit_only(house: House) {
    let of_unit = [(Role::CommuneOfficer, Some("kim-tan"))];
    let mut officer = Browser::of(&house, "nam", &of_unit).await;
    let today = officer.get("/today").await.text();
    assert!(today.contains("Đài kim-tan") && !today.contains("Đài thach-lam"));
    assert!(!today.contains("href=\"/people\""));

    // The API that the page's scripts call knows the same person.
    for (path, status) in [
        ("/api/v1/airings", StatusCode::FORBIDDEN),
        ("/api/v1/airings?unit=thach-thanh", StatusCode::FORBIDDEN),
        ("/api/v1/airings?station=thach-lam", StatusCode::FORBIDDEN),
        ("/api/v1/airings?unit=kim-tan", StatusCode::OK),
        ("/api/v1/airings?station=kim-tan", StatusCode::OK),
        ("/api/v1/schedules", StatusCode::FORBIDDEN),
    ] {
        assert_eq!(officer.get(path).await.status, status, "{path}");
    }
}
