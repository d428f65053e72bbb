use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::{
    log::{Head, LogKeys},
    server::{
        District,
        pages::{fault::Fault, page::Page, visitor::Visitor, words::Phrase},
    },
    store::SignedHead,
};

/// The longest text that may be a head.
const LONGEST: usize = 200;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wanted {
    /// `SIZE:ROOT`, as it is printed.
    head: String,
}

#[derive(Template)]
#[template(path = "pages/verify.html")]
struct Verify {
    v: Visitor,
    head: String,
    /// None: nothing was asked.
    said: Option<Said>,
    newest: Option<SignedHead>,
    key: String,
}

/// An answer.
struct Said {
    tone: &'static str,
    /// In a word.
    word: Phrase,
    /// What that means.
    words: Phrase,
}

impl Said {
    fn good(v: &Visitor, words: Phrase) -> Self {
        Self { tone: "good", word: v.of("verify.fits"), words }
    }

    fn bad(v: &Visitor, words: Phrase) -> Self {
        Self { tone: "bad", word: v.of("verify.does-not-fit"), words }
    }

    fn none(v: &Visitor, words: Phrase) -> Self {
        Self { tone: "warn", word: v.of("verify.no-answer"), words }
    }
}

/// A head as people type it from paper, where its two parts may stand below each other.
fn read(text: &str) -> Option<Head> {
    if text.len() > LONGEST {
        return None;
    }
    let parts: Vec<&str> = text.split(|c: char| c == ':' || c.is_whitespace()).collect();
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(":").parse().ok()
}

pub(in crate::server::pages) async fn show(
    State(district): State<District>,
    v: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let newest = district.store.checkpoint().await?;
    let keys = LogKeys::read(&district.store.log_keys().await?).unwrap_or_default();
    let key = newest.as_ref().and_then(|newest| keys.signer_of(newest.size));
    let key = key.map(ToString::to_string).unwrap_or_default();
    let (said, head) = match (wanted.head.trim(), read(&wanted.head)) {
        ("", _) => (None, String::new()),
        (text, None) => {
            let said = Said::none(&v, v.of("verify.unreadable"));
            (Some(said), text.chars().take(LONGEST).collect())
        }
        (_, Some(head)) => {
            (Some(held(&district, &v, &head, newest.as_ref()).await?), head.to_string())
        }
    };
    Ok(Page(Verify { v, head, said, newest, key }).into_response())
}

/// Whether the log of today still begins with what a head speaks of.
async fn held(
    district: &District,
    v: &Visitor,
    head: &Head,
    newest: Option<&SignedHead>,
) -> Result<Said, Fault> {
    let signed = newest.map_or(0, |newest| newest.size);
    let with = |words: Phrase| {
        let number = |count| v.dates().number(count);
        words.with("count", number(&head.size)).with("now", number(&signed))
    };
    if district.log.fault().is_some() {
        return Ok(Said::none(v, v.of("verify.alarm")));
    }
    if head.size > signed {
        return Ok(Said::bad(v, with(v.of("verify.longer"))));
    }
    if district.store.log_frontier(head.size).await?.root() != head.root {
        return Ok(Said::bad(v, with(v.of("verify.other"))));
    }
    let then = district.store.checkpoint_before(head.size).await?;
    let then = then.filter(|then| then.size == head.size);
    let then =
        then.map(|then| v.of("verify.signed").with("time", v.dates().moment(&then.signed_at)));
    let then = then.map(|words| words.to_string()).unwrap_or_default();
    Ok(Said::good(v, with(v.of("verify.holds")).with("then", then)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_stands_on_paper() {
        let head = Head { size: 1204, root: [7; 32] };
        let text = head.to_string();
        let below = text.replace(':', "\n");
        for typed in [&text, &below, &format!("  {text} "), &text.replace(':', " : ")] {
            assert_eq!(read(typed), Some(head), "{typed}");
        }
        for wrong in ["", "1204", ":", &text.replace("1204", "01204"), &text[..20]] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(read(&" ".repeat(10_000)), None);
    }
}
