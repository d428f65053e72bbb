use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue},
};
use sha2::{Digest as _, Sha256};

use crate::radio::UtcMs;

/// How long an answer is given again, here and wherever else it is kept.
pub(in crate::server) const FRESH: Duration = Duration::from_secs(60);
/// Answers kept.
const MOST: usize = 256;
/// Bytes of the largest that is kept.
const LARGEST: usize = 256 * 1024;

/// What was asked for: the method, the host, the path with what was asked of it.
pub(in crate::server) type Key = (String, String, String);

/// An answer that is the same for all who ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct Kept {
    pub(in crate::server) kind: HeaderValue,
    pub(in crate::server) body: Bytes,
    /// Quoted, as `ETag` has it.
    pub(in crate::server) tag: String,
}

impl Kept {
    pub(in crate::server) fn new(kind: HeaderValue, body: Bytes) -> Self {
        let hash = Sha256::digest(&body);
        let tag = format!("\"{}\"", hex::encode(&hash[..16]));
        Self { kind, body, tag }
    }

    /// Whether the caller says that they have it (RFC 9110, section 13.1.2).
    pub(in crate::server) fn is_known(&self, headers: &HeaderMap) -> bool {
        let lists = headers.get_all("if-none-match").iter().filter_map(|list| list.to_str().ok());
        lists
            .flat_map(|list| list.split(','))
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == self.tag || tag == "*")
    }
}

/// The answers of the last minute.
#[derive(Debug, Default)]
pub(in crate::server) struct Cache(Mutex<HashMap<Key, (UtcMs, Kept)>>);

impl Cache {
    pub(in crate::server) fn find(&self, key: &Key, now: UtcMs) -> Option<Kept> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|(at, _)| is_fresh(*at, now)).map(|(_, answer)| answer.clone())
    }

    pub(in crate::server) fn keep(&self, key: Key, answer: Kept, now: UtcMs) {
        if answer.body.len() > LARGEST {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.retain(|_, (at, _)| is_fresh(*at, now));
        }
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, (now, answer));
    }

    /// What is shown has changed.
    pub(in crate::server) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn is_fresh(at: UtcMs, now: UtcMs) -> bool {
    at <= now && now.since(at) < FRESH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(path: &str) -> Key {
        ("GET".to_owned(), "loa.example".to_owned(), path.to_owned())
    }

    fn answer(text: &str) -> Kept {
        Kept::new(HeaderValue::from_static("text/html"), Bytes::from(text.to_owned()))
    }

    #[test]
    fn an_answer_is_given_again_for_a_minute() {
        let (cache, now) = (Cache::default(), UtcMs(1_000_000));
        cache.keep(key("/public"), answer("một"), now);
        assert_eq!(cache.find(&key("/public"), now), Some(answer("một")));
        assert_eq!(cache.find(&key("/public?words=x"), now), None);
        assert_eq!(cache.find(&key("/public"), now + FRESH), None);
        // The clock was set back: nobody knows how old it is.
        assert_eq!(cache.find(&key("/public"), now - Duration::from_millis(1)), None);
        cache.clear();
        assert_eq!(cache.find(&key("/public"), now), None);
    }

    #[test]
    fn however_many_are_asked_for_few_are_kept() {
        let (cache, now) = (Cache::default(), UtcMs(0));
        for number in 0..10 * MOST {
            cache.keep(key(&format!("/public?words={number}")), answer("hai"), now);
            assert!(cache.0.lock().unwrap().len() <= MOST);
        }
        cache.keep(key("/large"), answer(&"x".repeat(LARGEST + 1)), now);
        assert_eq!(cache.find(&key("/large"), now), None);
    }

    #[test]
    fn who_has_an_answer_is_known_by_its_tag() {
        let known = |list: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("if-none-match", HeaderValue::from_str(list).unwrap());
            answer("một").is_known(&headers)
        };
        let tag = answer("một").tag;
        assert!(known(&tag) && known(&format!("\"a\", W/{tag}")) && known("*"));
        assert!(!known(&answer("hai").tag) && !known(tag.trim_matches('"')));
        assert!(!answer("một").is_known(&HeaderMap::new()));
    }
}
