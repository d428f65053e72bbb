//! Files sent by a plain form. Where scripts run, `clips.js` sends each by itself instead, to the API.

use askama::Template;
use axum::{
    extract::{Multipart, State},
    response::{IntoResponse, Response},
};

use crate::{
    radio::ClipId,
    server::{
        District,
        intake::{Sender, receive},
        pages::{
            fault::Fault,
            page::Page,
            visitor::{Reader, Visitor},
        },
    },
};

/// Where files are sent, for longer than other forms.
pub(in crate::server) const PATH: &str = "/clips";

/// What came of one file.
struct Verdict {
    file: String,
    outcome: Result<(ClipId, String), String>,
}

#[derive(Template)]
#[template(path = "pages/clips_sent.html")]
struct Sent {
    v: Visitor,
    verdicts: Vec<Verdict>,
}

pub(in crate::server::pages) async fn take(
    State(district): State<District>,
    reader: Reader,
    mut form: Multipart,
) -> Result<Response, Fault> {
    let mut verdicts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|_| Fault::Unreadable)? {
        let Some(file) = field.file_name().map(str::to_owned) else { continue };
        // What a browser sends where nothing was chosen.
        if file.is_empty() {
            continue;
        }
        let sender = Sender { actor: reader.actor(), file: file.clone(), announced: None };
        let outcome = match receive(&district, sender, field).await {
            Ok(taken) => Ok((taken.clip.id, taken.clip.title)),
            Err(not_taken) => {
                not_taken.log();
                Err(not_taken.phrase(reader.language()).to_string())
            }
        };
        verdicts.push(Verdict { file, outcome });
    }
    Ok(Page(Sent { v: reader.visitor(), verdicts }).into_response())
}
