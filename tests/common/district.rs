//! A district with an API, and those who call it.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use loa::{
    clock::{Clock, TestClock},
    library::Shelf,
    radio::UtcMs,
    server::{District, Keyring, Limits, router},
    signing::Envelope,
    store::{Bearer, Removed, Store},
    wire::{Problem, Receipts, Rundown},
};
use serde_json::{Value, json};
use sha2::Digest;
use tower::ServiceExt;

use super::{BEFORE, SOUND, key_of, postgres::Postgres, rules, signed};

/// A planned district with both stations enrolled and one person known.
pub(crate) struct House {
    pub(crate) district: District,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) router: Router,
    pub(crate) thach_lam: String,
    pub(crate) kim_tan: String,
    pub(crate) lan: String,
    pub(crate) folder: tempfile::TempDir,
    _postgres: Option<Arc<Postgres>>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn problem(&self) -> Problem {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.status);
        let problem: Problem = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem.status, self.status.as_u16());
        problem
    }
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("loa.db").display());
        Self::build(&url, folder, None, limits).await
    }

    pub(crate) async fn on_postgres() -> Self {
        let postgres = Postgres::shared();
        let url = postgres.database().await;
        let folder = tempfile::tempdir().unwrap();
        Self::build(&url, folder, Some(postgres), Limits::default()).await
    }

    async fn build(
        url: &str,
        folder: tempfile::TempDir,
        postgres: Option<Arc<Postgres>>,
        limits: Limits,
    ) -> Self {
        let store = Store::open(url).await.unwrap();
        store.apply(&rules(), &Removed::default(), BEFORE).await.unwrap();
        let lan = store.create_token(&Bearer::Person("Lan".into()), BEFORE).await.unwrap();
        let clock = Arc::new(TestClock::at(BEFORE));
        let shelf = Shelf::open(&folder.path().join("clips")).unwrap();
        let keyring = Keyring::open(&folder.path().join("keys"), BEFORE).unwrap();
        let district = District::new(store, clock.clone(), shelf, keyring, limits);
        let mut house = Self {
            router: router(district.clone()),
            district,
            clock,
            thach_lam: String::new(),
            kim_tan: String::new(),
            lan: lan.reveal().to_owned(),
            folder,
            _postgres: postgres,
        };
        house.keep_clip(SOUND);
        house.thach_lam = house.enrol("thach-lam").await;
        house.kim_tan = house.enrol("kim-tan").await;
        house
    }

    /// The same district from another folder and another database, as after a restore: who calls it keeps their token.
    pub(crate) async fn moved(&self, url: &str, folder: tempfile::TempDir, data: &str) -> Self {
        let store = Store::open(url).await.unwrap();
        let data = folder.path().join(data);
        let shelf = Shelf::open(&data.join("clips")).unwrap();
        let keyring = Keyring::open(&data.join("keys"), BEFORE).unwrap();
        let clock = self.clock.clone();
        let district = District::new(store, clock.clone(), shelf, keyring, Limits::default());
        Self {
            router: router(district.clone()),
            district,
            clock,
            thach_lam: self.thach_lam.clone(),
            kim_tan: self.kim_tan.clone(),
            lan: self.lan.clone(),
            folder,
            _postgres: self._postgres.clone(),
        }
    }

    /// An hour after the clock of the house.
    pub(crate) fn hour_later(&self) -> UtcMs {
        self.clock.now() + std::time::Duration::from_hours(1)
    }

    /// A token for a station whose player is not Loa's: it has no key, and any that it had has ended.
    pub(crate) async fn enrol_without_key(&self, station: &str) -> String {
        let (id, now) = (station.parse().unwrap(), self.clock.now());
        self.district.store().revoke_station(&id, now).await.unwrap();
        let until = UtcMs(now.0 + 1000);
        let code = self.district.store().create_code(&id, until).await.unwrap();
        let body = json!({"code": code.reveal(), "software": "ours 1.0"});
        let enrolled = self.post("/api/v1/enrolments", "", &body).await;
        assert_eq!(enrolled.status, StatusCode::OK);
        enrolled.json()["token"].as_str().unwrap().to_owned()
    }

    /// Puts a clip on the shelf and gives its SHA-256.
    pub(crate) fn keep_clip(&self, bytes: &[u8]) -> String {
        let sha256 = hex::encode(sha2::Sha256::digest(bytes));
        let drawer = self.folder.path().join("clips").join(&sha256[..2]);
        std::fs::create_dir_all(&drawer).unwrap();
        std::fs::write(drawer.join(&sha256), bytes).unwrap();
        sha256
    }

    pub(crate) async fn enrol(&self, station: &str) -> String {
        let expires = UtcMs(BEFORE.0 + 1000);
        let code =
            self.district.store().create_code(&station.parse().unwrap(), expires).await.unwrap();
        let key = key_of(station).public();
        let body = json!({"code": code.reveal(), "public_key": key, "software": "loa 0.1.0"});
        let enrolled = self.post("/api/v1/enrolments", "", &body).await;
        assert_eq!(enrolled.status, StatusCode::OK);
        assert_eq!(enrolled.json()["station"], station);
        let again = self.post("/api/v1/enrolments", "", &body).await;
        assert_eq!(again.status, StatusCode::FORBIDDEN);
        assert_eq!(again.problem().code, "enrolment-refused");
        enrolled.json()["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get_with(
        &self,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::get(path);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.get_with(path, token, &[]).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.post_bytes(path, token, body.to_string().into_bytes()).await
    }

    pub(crate) async fn post_bytes(&self, path: &str, token: &str, body: Vec<u8>) -> Answer {
        let mut request = Request::post(path).header("content-type", "application/json");
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn confirm(&self, records: Value) -> Vec<(String, Option<String>)> {
        self.confirm_as(&self.thach_lam, records).await
    }

    pub(crate) async fn confirm_as(
        &self,
        token: &str,
        records: Value,
    ) -> Vec<(String, Option<String>)> {
        let station = if token == self.kim_tan { "kim-tan" } else { "thach-lam" };
        let records: Vec<Envelope> =
            records.as_array().unwrap().iter().map(|record| signed(station, record)).collect();
        self.confirm_signed(token, &json!(records)).await
    }

    pub(crate) async fn confirm_signed(
        &self,
        token: &str,
        records: &Value,
    ) -> Vec<(String, Option<String>)> {
        let answer = self.post("/api/v1/confirmations", token, &json!({"records": records})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer.body));
        let receipts: Receipts = serde_json::from_slice(&answer.body).unwrap();
        let word = |result| serde_json::to_value(result).unwrap().as_str().unwrap().to_owned();
        receipts.results.into_iter().map(|receipt| (word(receipt.result), receipt.why)).collect()
    }

    /// The airings that a query lists.
    pub(crate) async fn list(&self, query: &str) -> Vec<Value> {
        let answer = self.get(&format!("/api/v1/airings?{query}"), &self.lan).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
        answer.json()["airings"].as_array().unwrap().clone()
    }

    /// The station's rundown as it would be sent to it.
    pub(crate) async fn rundown(&self, token: &str) -> Rundown {
        let signed = self.get("/api/v1/rundown", token).await.json();
        serde_json::from_str(signed["rundown"]["payload"].as_str().unwrap()).unwrap()
    }

    pub(crate) async fn state_of(&self, station: &str) -> Value {
        let path = format!("/api/v1/airings?station={station}&until=2020-10-01T22:00:00Z");
        let page = self.get(&path, &self.lan).await.json();
        assert_eq!(page["airings"].as_array().unwrap().len(), 1, "{page}");
        page["airings"][0].clone()
    }
}
