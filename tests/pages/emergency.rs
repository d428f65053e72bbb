//! Bulletins that are prepared on pages.

use axum::http::StatusCode;
use loa::radio::Role;

use crate::{browser::Browser, common::district::House};

on_both_databases!(a_bulletin_is_prepared_changed_and_taken_away);

async fn a_bulletin_is_prepared_changed_and_taken_away(house: House) {
    let store = house.district.store();
    let mut hoa = Browser::of(&house, "hoa", &[(Role::Operator, None)]).await;
    hoa.get("/emergency/prepared/new").await;
    let empty = hoa.post("/emergency/prepared/new", &[("title", "Lũ về"), ("clip", "")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text().contains("Bản tin chưa có bản ghi nào"));
    let form = [("title", "Lũ về"), ("clip", "bluezone"), ("clip", ""), ("correction", "")];
    let answer = hoa.post("/emergency/prepared/new", &form).await;
    assert_eq!(answer.location(), "/emergency/prepared", "{}", answer.text());
    let list = hoa.get("/emergency/prepared").await.text();
    assert!(list.contains("Lũ về") && list.contains("sẵn sàng"), "{list}");
    assert!(hoa.get("/emergency").await.text().contains("Lũ về"));

    // A recording never serves drills and emergencies.
    let drill = [&form[..], &[("drill", "yes")]].concat();
    let answer = hoa.post("/emergency/prepared/new", &drill).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(store.rules().await.unwrap().bulletins.len(), 1);

    hoa.get("/emergency/prepared/lu-ve").await;
    let named = [&[("title", "Lũ lớn")][..], &form[1..]].concat();
    assert_eq!(
        hoa.post("/emergency/prepared/lu-ve", &named).await.location(),
        "/emergency/prepared"
    );
    assert_eq!(store.rules().await.unwrap().bulletins[0].title, "Lũ lớn");
    let gone = hoa.post("/emergency/prepared/lu-ve/remove", &[]).await;
    assert_eq!(gone.location(), "/emergency/prepared");
    assert_eq!(store.rules().await.unwrap().bulletins, []);
}
