//! Who may come in. Anybody on this machine may look at the page and press its buttons, as anybody may who stands beside
//! the station; no site of the internet may, through a browser that runs here.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::key::{ControlKey, is_same};

/// What a caller must show.
#[derive(Debug)]
pub(super) struct Guard {
    pub(super) key: ControlKey,
    /// In every form of the page: another site cannot read it.
    pub(super) token: String,
}

impl Guard {
    /// Whether a command shows the station's secret.
    pub(super) fn knows(&self, headers: &HeaderMap) -> bool {
        text(headers, header::AUTHORIZATION.as_str())
            .and_then(|shown| shown.strip_prefix("Bearer "))
            .is_some_and(|shown| self.key.opens(shown))
    }

    /// Whether a form was sent from the page itself.
    pub(super) fn is_ours(&self, headers: &HeaderMap, token: &str) -> bool {
        let from = text(headers, "sec-fetch-site");
        let origin = text(headers, header::ORIGIN.as_str());
        let host = text(headers, header::HOST.as_str()).unwrap_or_default();
        from.is_none_or(|from| from == "same-origin")
            && origin.is_none_or(|origin| origin.strip_prefix("http://") == Some(host))
            && is_same(&self.token, token)
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether a name means this machine. A stranger's name that was made to point here does not.
fn is_here(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    matches!(authority.host(), "127.0.0.1" | "localhost" | "[::1]")
}

/// Turns away who asks for another name, and says to the browser what the page may do: nothing but show itself.
pub(super) async fn only_here(
    State(_): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    let named = text(request.headers(), header::HOST.as_str());
    let absolute = Uri::authority(request.uri()).map(Authority::as_str);
    let mut response = match named {
        Some(host) if is_here(host) && absolute.is_none_or(is_here) => next.run(request).await,
        _ => (StatusCode::MISDIRECTED_REQUEST, "open this page by the name localhost\n")
            .into_response(),
    };
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Without a referrer browsers hide where a form comes from.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_names_are_answered() {
        for (host, expected) in [
            ("127.0.0.1:8088", true),
            ("localhost", true),
            ("[::1]:8088", true),
            ("evil.example:8088", false),
            ("127.0.0.1.evil.example", false),
            ("localhost@evil.example", false),
            ("", false),
        ] {
            assert_eq!(is_here(host), expected, "{host}");
        }
    }
}
