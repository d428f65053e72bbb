use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::rundown::names;
use crate::{
    radio::ClipHash,
    server::{District, body::Named, login::Caller, problem::Refusal},
    wire::Problem,
};

/// Bytes read from disk at a time.
const PIECE: usize = 64 * 1024;

/// Bytes from whose look a browser is told what it plays.
const MARK: usize = 12;

/// The media type that a recording begins like.
fn kind(head: &[u8]) -> &'static str {
    match head {
        [b'R', b'I', b'F', b'F', ..] => "audio/wav",
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "audio/mp4",
        [0xff, 0xf1 | 0xf9, ..] => "audio/aac",
        [b'I', b'D', b'3', ..] => "audio/mpeg",
        [0xff, second, ..] if second & 0xe0 == 0xe0 => "audio/mpeg",
        _ => "application/octet-stream",
    }
}

/// What part of a file is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// First and last byte, both inside.
    Range(u64, u64),
    Outside,
}

/// A clip's bytes, whole or in part. They never change.
#[utoipa::path(
    get, path = "/api/v1/clips/{clip}", tag = "station",
    params(("clip" = String, Path, description = "The SHA-256 of the bytes.")),
    security(("station" = []), ("person" = [])),
    responses(
        (status = 200, description = "The bytes.", content_type = "audio/*"),
        (status = 206, description = "The bytes that `Range` asks for.", content_type = "audio/*"),
        (status = 304, description = "What `If-None-Match` names is right."),
        (status = 401, description = "No token, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such clip.", body = Problem, content_type = "application/problem+json"),
        (status = 416, description = "The range lies outside.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::server) async fn fetch(
    State(district): State<District>,
    _: Caller,
    Named(sha256): Named<ClipHash>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let mut file = match tokio::fs::File::open(district.shelf.path_of(&sha256)).await {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Refusal::not_found(format!("there is no clip {sha256}")));
        }
        Err(error) => return Err(Refusal::internal(format!("clip {sha256}: {error}"))),
    };
    let length = file.metadata().await.map_err(Refusal::internal)?.len();
    let mut head = Vec::with_capacity(MARK);
    (&mut file).take(MARK as u64).read_to_end(&mut head).await.map_err(Refusal::internal)?;
    file.rewind().await.map_err(Refusal::internal)?;
    let tag = format!("\"{sha256}\"");
    let lasting = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CONTENT_TYPE, kind(&head).to_owned()),
    ];
    if names(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, lasting).into_response());
    }
    let of_another = headers.get(header::IF_RANGE).is_some_and(|range| range != tag.as_str());
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    match part(range.filter(|_| !of_another), length) {
        Part::Whole => {
            let body = Body::from_stream(ReaderStream::with_capacity(file, PIECE));
            Ok((lasting, [(header::CONTENT_LENGTH, length.to_string())], body).into_response())
        }
        Part::Range(first, last) => {
            file.seek(std::io::SeekFrom::Start(first)).await.map_err(Refusal::internal)?;
            let count = last - first + 1;
            let body = Body::from_stream(ReaderStream::with_capacity(file.take(count), PIECE));
            let about = [
                (header::CONTENT_LENGTH, count.to_string()),
                (header::CONTENT_RANGE, format!("bytes {first}-{last}/{length}")),
            ];
            Ok((StatusCode::PARTIAL_CONTENT, lasting, about, body).into_response())
        }
        Part::Outside => {
            let refusal = Refusal::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "range-outside",
                format!("the clip has {length} bytes"),
            );
            Ok(([(header::CONTENT_RANGE, format!("bytes */{length}"))], refusal).into_response())
        }
    }
}

/// Reads one byte range (RFC 9110, 14.1.2). What is not one is answered whole, as the standard allows.
fn part(range: Option<&str>, length: u64) -> Part {
    let Some((first, last)) = range
        .and_then(|range| range.strip_prefix("bytes="))
        .filter(|range| !range.contains(','))
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Part::Whole;
    };
    let end = length.saturating_sub(1);
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first > last => Part::Whole,
        (Ok(first), _) if first >= length => Part::Outside,
        (Ok(first), Ok(last)) => Part::Range(first, last.min(end)),
        (Ok(first), Err(_)) if last.is_empty() => Part::Range(first, end),
        (Err(_), Ok(0)) if first.is_empty() => Part::Outside,
        (Err(_), Ok(_)) if first.is_empty() && length == 0 => Part::Outside,
        (Err(_), Ok(count)) if first.is_empty() => Part::Range(length.saturating_sub(count), end),
        _ => Part::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let cases = [
            (None, Part::Whole),
            (Some("bytes=0-"), Part::Range(0, 9)),
            (Some("bytes=3-5"), Part::Range(3, 5)),
            (Some("bytes=3-99"), Part::Range(3, 9)),
            (Some("bytes=-4"), Part::Range(6, 9)),
            (Some("bytes=-99"), Part::Range(0, 9)),
            (Some("bytes=10-"), Part::Outside),
            (Some("bytes=-0"), Part::Outside),
            (Some("bytes=5-3"), Part::Whole),
            (Some("bytes=0-1,3-4"), Part::Whole),
            (Some("lines=0-1"), Part::Whole),
            (Some("bytes=x-y"), Part::Whole),
        ];
        for (range, expected) in cases {
            assert_eq!(part(range, 10), expected, "{range:?}");
        }
        assert_eq!(part(Some("bytes=0-"), 0), Part::Outside);
    }
}
