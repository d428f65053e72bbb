//! What is posted. The guard finds the form's token before the page sees anything of it.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use futures_util::{StreamExt, stream};
use serde::de::DeserializeOwned;

use super::{fault::Fault, visitor::Visitor};
use crate::server::login::FORM_HEADER as HEADER;

/// The hidden field that each form has, as its first: see `parts::token` in `templates/pages/parts.html`.
const FIELD: &str = "form-token";
/// The largest form without files, in bytes.
const LARGEST: usize = 256 * 1024;
/// Within so many bytes a form with files shows its token.
const HEAD: usize = 1024;

/// A form without files. A field that comes several times fills a list.
pub(super) struct Form<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        read(&whole(request.into_body()).await?).map(Self)
    }
}

pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    serde_html_form::from_bytes(bytes).map_err(|error| {
        tracing::debug!(%error, "a form cannot be read");
        Fault::Unreadable
    })
}

pub(super) async fn whole(body: Body) -> Result<Bytes, Fault> {
    to_bytes(body, LARGEST).await.map_err(|_| Fault::TooLarge)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Passes on what was posted if it has the visitor's token.
pub(super) async fn with_right_token(
    request: Request,
    visitor: &Visitor,
) -> Result<Request, Fault> {
    let (parts, body) = request.into_parts();
    let (token, body) = if parts.headers.contains_key(HEADER) {
        (text(&parts.headers, HEADER).to_owned(), body)
    } else {
        match boundary(text(&parts.headers, header::CONTENT_TYPE.as_str())) {
            Some(boundary) => of_files(body, &boundary).await?,
            None => of_fields(body).await?,
        }
    };
    if visitor.knows(&token) { Ok(Request::from_parts(parts, body)) } else { Err(Fault::Foreign) }
}

async fn of_fields(body: Body) -> Result<(String, Body), Fault> {
    let bytes = whole(body).await?;
    let fields: Vec<(String, String)> =
        serde_html_form::from_bytes(&bytes).map_err(|_| Fault::Unreadable)?;
    let token = fields.into_iter().find(|(name, _)| name == FIELD).map(|(_, value)| value);
    Ok((token.unwrap_or_default(), bytes.into()))
}

/// The token stands first, so that a large file is not taken in before it is known who sends it.
async fn of_files(body: Body, boundary: &str) -> Result<(String, Body), Fault> {
    let mut rest = body.into_data_stream();
    let mut read = Vec::new();
    while read.len() < HEAD {
        match rest.next().await {
            Some(Ok(bytes)) => read.extend_from_slice(&bytes),
            Some(Err(_)) => return Err(Fault::Unreadable),
            None => break,
        }
    }
    let token = first_field(&read, boundary).unwrap_or_default().to_owned();
    let body = Body::from_stream(stream::once(async { Ok(Bytes::from(read)) }).chain(rest));
    Ok((token, body))
}

/// The value of the first field, if that is the token's (RFC 7578, as every browser writes it).
fn first_field<'a>(bytes: &'a [u8], boundary: &str) -> Option<&'a str> {
    let head = bytes.get(..HEAD.min(bytes.len()))?;
    // A file's bytes may follow, which are no text.
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?,
    };
    let rest = text.strip_prefix("--")?.strip_prefix(boundary)?.strip_prefix("\r\n")?;
    let (headers, rest) = rest.split_once("\r\n\r\n")?;
    let named = format!("form-data; name=\"{FIELD}\"");
    let (header, value) = headers.split_once(':')?;
    let is_token = header.eq_ignore_ascii_case("content-disposition") && value.trim() == named;
    let (value, _) = rest.split_once("\r\n")?;
    is_token.then_some(value)
}

/// What parts the fields of a form with files; none: it is another kind of form.
fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameters.split(';').find_map(|pair| pair.trim().strip_prefix("boundary="))?;
    Some(boundary.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_the_first_field_or_none() {
        let form = |first: &str| {
            format!(
                "--xyz\r\nContent-Disposition: form-data; name=\"{first}\"\r\n\r\nab12\r\n--xyz\r\n\
                 Content-Disposition: form-data; name=\"form-token\"\r\n\r\ncd34\r\n--xyz--\r\n"
            )
        };
        assert_eq!(first_field(form("form-token").as_bytes(), "xyz"), Some("ab12"));
        assert_eq!(first_field(form("title").as_bytes(), "xyz"), None);
        assert_eq!(first_field(form("form-token").as_bytes(), "xy"), None);
        assert_eq!(first_field(b"", "xyz"), None);
        let mut with_file = form("form-token").into_bytes();
        with_file.extend([0xff; 2000]);
        assert_eq!(first_field(&with_file, "xyz"), Some("ab12"));
    }

    #[test]
    fn a_form_with_files_is_known_by_its_type() {
        assert_eq!(boundary("multipart/form-data; boundary=xyz"), Some("xyz".to_owned()));
        assert_eq!(boundary("Multipart/Form-Data; boundary=\"xyz\""), Some("xyz".to_owned()));
        assert_eq!(boundary("application/x-www-form-urlencoded"), None);
        assert_eq!(boundary("text/plain; boundary=xyz"), None);
    }
}
