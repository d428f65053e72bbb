//! Who may call in a station's name: a code to enrol with, and the end of it all.

use std::time::Duration;

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use qrcode::{Color, QrCode};

use super::station;
use crate::{
    radio::{Right, Station, UtcMs},
    server::{
        District,
        pages::{
            fault::Fault,
            notice::Notice,
            page::Page,
            visitor::{Reader, Visitor},
        },
    },
    wire::EnrolmentCode,
};

/// How long a code may be used.
const CODE_LASTS: Duration = Duration::from_hours(24);

#[derive(Template)]
#[template(path = "pages/station_code.html")]
struct Code {
    v: Visitor,
    station: Station,
    code: String,
    expires_at: UtcMs,
    /// The server's address, as this browser knows it.
    origin: String,
    /// Modules a side, and what is dark as an SVG path.
    drawn: (usize, String),
}

#[derive(Template)]
#[template(path = "pages/station_revoke.html")]
struct Revoke {
    v: Visitor,
    station: Station,
}

/// The code as squares: a side with its quiet margin of four, and the dark ones as the path of an SVG.
fn draw(text: &str) -> Result<(usize, String), Fault> {
    const MARGIN: usize = 4;
    let code = QrCode::new(text).map_err(Fault::failed)?;
    let (side, colors) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in colors.chunks(side).enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
            path += &format!("M{} {}h1v1h-1z", x + MARGIN, y + MARGIN);
        }
    }
    Ok((side + 2 * MARGIN, path))
}

pub(in crate::server::pages) async fn code(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let (station, _) = station(&district, &reader, Right::Stations, &id).await?;
    let now = district.clock.now();
    let expires_at = now + CODE_LASTS;
    let store = &district.store;
    let secret = store.create_code_by(&reader.actor(), &station.id, expires_at, now).await?;
    let key = Some(district.keyring().newest().key);
    let code = EnrolmentCode { secret: secret.reveal().to_owned(), key, pin: district.pin() };
    let code = code.to_string();
    let drawn = draw(&code)?;
    let (v, origin) = (reader.visitor(), reader.origin().to_owned());
    Ok(Page(Code { v, station, code, expires_at, origin, drawn }).into_response())
}

pub(in crate::server::pages) async fn ask(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let (station, _) = station(&district, &reader, Right::Stations, &id).await?;
    Ok(Page(Revoke { v: reader.visitor(), station }).into_response())
}

pub(in crate::server::pages) async fn revoke(
    State(district): State<District>,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let (station, _) = station(&district, &reader, Right::Stations, &id).await?;
    let now = district.clock.now();
    district.store.revoke_station_by(&reader.actor(), &station.id, now).await?;
    district.news.arrived();
    let address = format!("/stations/{}", station.id);
    Ok(Notice::about("stations.revoked", &station.name).at(&reader, &address))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The three large squares in the corners, of 7 by 7 with a light ring, are what a camera looks for.
    #[test]
    fn a_drawn_code_has_its_corners() {
        let (side, path) = draw(&"a1".repeat(120)).unwrap();
        let is_dark = |x: usize, y: usize| path.contains(&format!("M{x} {y}h1v1h-1z"));
        let far = side - 4 - 7;
        for (x, y) in [(4, 4), (far, 4), (4, far)] {
            for step in 0..7 {
                assert!(is_dark(x + step, y) && is_dark(x, y + step));
            }
            assert!(!is_dark(x + 1, y + 1) && is_dark(x + 3, y + 3));
        }
        assert!(!(0..side).any(|n| is_dark(3, n) || is_dark(n, 3)));
    }
}
