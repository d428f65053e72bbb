//! Who calls with a browser, and whether what they post comes from a page of ours.

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{District, cookie, via::Via};
use crate::store::{Actor, Person, Secret, StoreError};

/// Somebody signed in.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) person: Person,
    /// The name of their session.
    pub(super) session: String,
}

/// A browser that calls.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub(super) via: Via,
    /// Who is signed in there.
    pub(super) member: Option<Member>,
    /// What its cookie holds, or is to hold.
    pub(super) secret: Secret,
    /// Whether the cookie has yet to be given.
    pub(super) is_new: bool,
}

impl Visit {
    pub(super) async fn of(
        district: &District,
        headers: &HeaderMap,
        via: Via,
    ) -> Result<Self, StoreError> {
        let shown = cookie::VISIT.of(headers, via).and_then(Secret::shown);
        let Some(secret) = shown else {
            return Ok(Self { via, member: None, secret: Secret::new()?, is_new: true });
        };
        let found = district.store.session(secret.reveal(), district.clock.now()).await?;
        let member = found.map(|(person, session)| Member { person, session });
        Ok(Self { via, member, secret, is_new: false })
    }

    /// Stands in every form of this browser's pages: another site cannot read it. Follows from the cookie's secret, and
    /// from nothing that is stored.
    pub(super) fn form_token(&self) -> String {
        hex::encode(Sha256::digest(format!("form of {}", self.secret.reveal())))
    }

    /// Whether the token of a form is this browser's.
    pub(super) fn knows(&self, token: &str) -> bool {
        self.form_token().as_bytes().ct_eq(token.as_bytes()).into()
    }

    /// Who acts, for the audit trail.
    pub(super) fn actor(&self) -> Actor {
        Actor {
            person: self.member.as_ref().map(|member| member.person.id.clone()),
            name: self.member.as_ref().map(|member| member.person.name.clone()).unwrap_or_default(),
            address: self.via.address.to_string(),
        }
    }
}

/// Whether a browser says that a page of ours posts. Every browser says at least one of the two.
pub(super) fn is_from_us(headers: &HeaderMap, via: Via) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let site = text("sec-fetch-site");
    let origin = text(header::ORIGIN.as_str());
    let host = text(header::HOST.as_str()).unwrap_or_default();
    let is_ours = |origin: &str| {
        // Plain HTTP may have been HTTPS before a proxy.
        let schemes: &[&str] = if via.secure { &["https"] } else { &["http", "https"] };
        origin.split_once("://").is_some_and(|(scheme, authority)| {
            schemes.contains(&scheme) && authority.eq_ignore_ascii_case(host)
        })
    };
    (site.is_some() || origin.is_some())
        && site.is_none_or(|site| site == "same-origin")
        && origin.is_none_or(is_ours)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_our_own_pages_post() {
        let from = |pairs: &[(&'static str, &'static str)], secure| {
            let mut headers = HeaderMap::new();
            headers.insert("host", HeaderValue::from_static("loa.example:8443"));
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            is_from_us(&headers, Via { secure, ..Via::default() })
        };
        let ours = ("origin", "https://loa.example:8443");
        assert!(from(&[ours], true));
        assert!(from(&[ours, ("sec-fetch-site", "same-origin")], true));
        assert!(from(&[ours], false));
        assert!(from(&[("sec-fetch-site", "same-origin")], true));
        for foreign in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "https://evil.example")],
            &[("origin", "https://loa.example")],
            &[("origin", "http://loa.example:8443")],
            &[ours, ("sec-fetch-site", "cross-site")],
            &[ours, ("sec-fetch-site", "same-site")],
            &[ours, ("sec-fetch-site", "none")],
        ] {
            assert!(!from(foreign, true), "{foreign:?}");
        }
    }
}
