use axum::{
    http::header,
    response::{IntoResponse, Redirect, Response},
};

use super::{Language, visitor::Visitor, words::Phrase};
use crate::server::cookie;

/// How long a notice waits for its page, in seconds.
const WAITS: u32 = 60;

/// What the next page is to say: a text of the catalogue, perhaps about somebody or something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    key: String,
    name: String,
}

impl Notice {
    /// A text of the catalogue.
    pub(super) fn new(key: &str) -> Self {
        Self { key: key.to_owned(), name: String::new() }
    }

    /// A text of the catalogue with `{name}` in it.
    pub(super) fn about(key: &str, name: &str) -> Self {
        Self { key: key.to_owned(), name: name.chars().take(200).collect() }
    }

    /// Reads what a cookie holds; none: it is no text of ours.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (key, name) = text.split_once('~')?;
        let name = String::from_utf8(hex::decode(name).ok()?).ok()?;
        Language::Vi.has(key).then(|| Self { key: key.to_owned(), name })
    }

    pub(super) fn phrase(&self, language: Language) -> Phrase {
        language.of(&self.key).with("name", &self.name)
    }

    /// Goes to another page, which says it.
    pub(super) fn at(&self, visitor: &Visitor, address: &str) -> Response {
        let text = format!("{}~{}", self.key, hex::encode(&self.name));
        let cookie = cookie::NOTICE.give(visitor.via(), &text, Some(WAITS));
        let mut response = Redirect::to(address).into_response();
        if let Some(cookie) = cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_words_are_said() {
        let name = hex::encode("Hoa");
        let notice = Notice::read(&format!("people.added~{name}")).unwrap();
        assert_eq!(notice, Notice::about("people.added", "Hoa"));
        assert!(notice.phrase(Language::En).to_string().contains("Hoa"));
        for foreign in ["", "people.added", "people.added~zz", "no.such~", "people.added~ff"] {
            assert_eq!(Notice::read(foreign), None, "{foreign}");
        }
    }
}
