//! The cookies that Loa gives and reads.

use axum::http::{HeaderMap, HeaderValue, header};

use super::via::Via;

/// The secret of a browser. Over HTTPS its name forbids that another host or a plain line sets it.
pub(super) const VISIT: Jar = Jar { plain: "loa", secure: "__Host-loa" };
/// The language chosen at a browser.
pub(super) const LANGUAGE: Jar = Jar { plain: "loa-lang", secure: "__Host-loa-lang" };
/// What the next page is to say.
pub(super) const NOTICE: Jar = Jar { plain: "loa-notice", secure: "__Host-loa-notice" };

/// A cookie's name, by plain HTTP and by HTTPS.
pub(super) struct Jar {
    plain: &'static str,
    secure: &'static str,
}

impl Jar {
    fn name(&self, via: Via) -> &'static str {
        if via.secure { self.secure } else { self.plain }
    }

    /// What a browser sends under it.
    pub(super) fn of<'a>(&self, headers: &'a HeaderMap, via: Via) -> Option<&'a str> {
        let name = self.name(via);
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The header that gives it: for so many seconds, 0 to take it away, none until the browser is closed.
    ///
    /// Lax, not Strict: who follows a link from a message is not to be asked to sign in again. No page changes anything
    /// by GET, and what is posted shows where it comes from and the form's token.
    pub(super) fn give(&self, via: Via, value: &str, seconds: Option<u32>) -> Option<HeaderValue> {
        let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        let secure = if via.secure { "; Secure" } else { "" };
        let name = self.name(via);
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
        HeaderValue::from_str(&text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_comes_back_under_its_own_name_only() {
        let secure = Via { secure: true, ..Via::default() };
        let plain = Via::default();
        let given = VISIT.give(secure, "ab12", Some(60)).unwrap();
        assert_eq!(given, "__Host-loa=ab12; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60");
        assert_eq!(
            VISIT.give(plain, "ab12", None).unwrap(),
            "loa=ab12; Path=/; HttpOnly; SameSite=Lax"
        );
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("xloa=1; loa=2; __Host-loa=3"));
        headers.append(header::COOKIE, HeaderValue::from_static("loa-lang=en"));
        assert_eq!(VISIT.of(&headers, plain), Some("2"));
        assert_eq!(VISIT.of(&headers, secure), Some("3"));
        assert_eq!(LANGUAGE.of(&headers, plain), Some("en"));
        assert_eq!(LANGUAGE.of(&headers, secure), None);
    }
}
