//! A browser as far as pages need one: it keeps cookies, reads the token of forms and says where it comes from.

use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode},
};
use loa::{
    radio::{Grant, Grants, PersonId, Role},
    store::{Accepted, Actor, NewPerson},
};

use crate::common::{
    BEFORE,
    district::{Answer, House},
};

pub(crate) const HOST: &str = "loa.test:8080";
pub(crate) const PASSWORD: &str = "một câu dễ nhớ";

pub(crate) struct Browser<'a> {
    pub(crate) house: &'a House,
    cookies: Vec<(String, String)>,
    /// The token of the last page's forms.
    pub(crate) token: String,
    /// What it says of where it posts from.
    pub(crate) origin: String,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn location(&self) -> &str {
        self.headers["location"].to_str().unwrap()
    }
}

impl<'a> Browser<'a> {
    pub(crate) fn new(house: &'a House) -> Self {
        let origin = format!("http://{HOST}");
        Self { house, cookies: Vec::new(), token: String::new(), origin }
    }

    /// One at which somebody with these roles is signed in.
    pub(crate) async fn of(
        house: &'a House,
        sign_in: &str,
        roles: &[(Role, Option<&str>)],
    ) -> Self {
        person(house, sign_in, roles).await;
        let mut browser = Self::new(house);
        browser.get("/sign-in").await;
        let form = [("name", sign_in), ("password", PASSWORD), ("next", "/account")];
        let answer = browser.post("/sign-in", &form).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account"));
        browser.get("/account").await;
        browser
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let found = self.cookies.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn keep(&mut self, headers: &HeaderMap) {
        for cookie in headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
            let (pair, rest) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !rest.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    fn begin(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", HOST)
            .header("accept", "text/html")
            .header("cookie", cookies.join("; "))
    }

    async fn send(&mut self, request: Request<Body>) -> Answer {
        let answer = self.house.send(request).await;
        self.keep(&answer.headers);
        let text = String::from_utf8_lossy(&answer.body);
        if let Some((_, rest)) = text.split_once("name=\"form-token\" value=\"") {
            self.token = rest.split('"').next().unwrap().to_owned();
        }
        answer
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(self.begin("GET", path).body(Body::empty()).unwrap()).await
    }

    /// Sends a form of the last page.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token.clone();
        let fields = [&[("form-token", token.as_str())], fields].concat();
        let body = serde_html_form::to_string(fields).unwrap();
        self.post_body(path, "application/x-www-form-urlencoded", body.into()).await
    }

    pub(crate) async fn post_body(&mut self, path: &str, kind: &str, body: Body) -> Answer {
        let request = self.begin("POST", path).header("origin", &self.origin);
        self.send(request.header("content-type", kind).body(body).unwrap()).await
    }
}

/// Somebody who has set their password.
pub(crate) async fn person(
    house: &House,
    sign_in: &str,
    roles: &[(Role, Option<&str>)],
) -> PersonId {
    let store = house.district.store();
    let actor = Actor::command("a test");
    let grants = roles
        .iter()
        .map(|(role, unit)| Grant { role: *role, unit: unit.map(|unit| unit.parse().unwrap()) });
    let new = NewPerson {
        name: format!("Tên {sign_in}"),
        sign_in: sign_in.to_owned(),
        grants: Grants(grants.collect()),
    };
    let id = store.add_person(&actor, &new, BEFORE).await.unwrap().unwrap();
    let link = store.invite(&actor, Some(&id), house.hour_later(), BEFORE).await.unwrap();
    let mut browser = Browser::new(house);
    let welcome = format!("/welcome/{}", link.reveal());
    browser.get(&welcome).await;
    let form = [("password", PASSWORD), ("again", PASSWORD)];
    let answer = browser.post(&welcome, &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let used = store.accept(link.reveal(), None, "-", ("-", "-"), BEFORE).await.unwrap();
    assert_eq!(used, Accepted::Gone);
    id
}
