//! A district with an API, and those who call it.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use loa::{
    clock::TestClock,
    library::Shelf,
    radio::UtcMs,
    server::{District, Limits, router},
    store::{Bearer, Removed, Store},
    wire::{Problem, Receipts},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{BEFORE, SOUND, rules};

/// A planned district with both stations enrolled and one person known.
pub(crate) struct House {
    pub(crate) district: District,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) router: Router,
    pub(crate) thach_lam: String,
    pub(crate) kim_tan: String,
    pub(crate) lan: String,
    _folder: tempfile::TempDir,
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
        let store = Store::open(&url).await.unwrap();
        store.apply(&rules(), &Removed::default(), BEFORE).await.unwrap();
        let sha256 = super::sha256().to_string();
        let clips = folder.path().join("clips");
        std::fs::create_dir_all(clips.join(&sha256[..2])).unwrap();
        std::fs::write(clips.join(&sha256[..2]).join(&sha256), SOUND).unwrap();
        let lan = store.create_token(&Bearer::Person("Lan".into()), BEFORE).await.unwrap();
        let clock = Arc::new(TestClock::at(BEFORE));
        let shelf = Shelf::open(&clips).unwrap();
        let district = District::new(store, clock.clone(), shelf, limits);
        let mut house = Self {
            router: router(district.clone()),
            district,
            clock,
            thach_lam: String::new(),
            kim_tan: String::new(),
            lan: lan.reveal().to_owned(),
            _folder: folder,
        };
        house.thach_lam = house.enrol("thach-lam").await;
        house.kim_tan = house.enrol("kim-tan").await;
        house
    }

    pub(crate) async fn enrol(&self, station: &str) -> String {
        let expires = UtcMs(BEFORE.0 + 1000);
        let code =
            self.district.store().create_code(&station.parse().unwrap(), expires).await.unwrap();
        let body = json!({"code": code.reveal(), "software": "loa 0.1.0"});
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
        let mut request = Request::post(path).header("content-type", "application/json");
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.send(request.body(body.to_string().into()).unwrap()).await
    }

    pub(crate) async fn confirm(&self, records: Value) -> Vec<(String, Option<String>)> {
        let answer =
            self.post("/api/v1/confirmations", &self.thach_lam, &json!({"records": records})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer.body));
        let receipts: Receipts = serde_json::from_slice(&answer.body).unwrap();
        let word = |result| serde_json::to_value(result).unwrap().as_str().unwrap().to_owned();
        receipts.results.into_iter().map(|receipt| (word(receipt.result), receipt.why)).collect()
    }

    pub(crate) async fn state_of(&self, station: &str) -> Value {
        let path = format!("/api/v1/airings?station={station}&until=2020-10-01T22:00:00Z");
        let page = self.get(&path, &self.lan).await.json();
        assert_eq!(page["airings"].as_array().unwrap().len(), 1, "{page}");
        page["airings"][0].clone()
    }
}
