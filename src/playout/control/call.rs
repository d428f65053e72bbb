use std::{net::SocketAddr, path::Path, time::Duration};

use reqwest::{Body, Client, Method, Response};
use serde::Serialize;
use tokio_util::io::ReaderStream;

use super::{
    View,
    key::ControlKey,
    routes::{No, Wish},
    stick::{Taken, Waits},
};
use crate::{
    playout::keep::Waiting,
    radio::{ClipHash, Volume},
    signing::Envelope,
    tls::{self, TlsError, Trust},
    wire::{DistrictWord, SignedRundown},
};

/// For an answer: the station writes to its disk before it gives one.
const PATIENCE: Duration = Duration::from_secs(30);

/// For a clip to be handed over.
const LONG: Duration = Duration::from_mins(30);

/// Why a running station did not do what a command asked.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The file that says where it listens.
    #[error(
        "cannot read control.json in the station's folder: {0}; run this as the user that runs the station"
    )]
    Key(#[from] std::io::Error),
    /// No answer.
    #[error("the station does not answer: {0}")]
    Line(#[from] reqwest::Error),
    /// There can be no call.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// It answered no.
    #[error("{0}")]
    Refused(String),
}

/// A running station, as the commands on its machine reach it.
#[derive(Debug)]
pub struct Call {
    key: ControlKey,
    http: Client,
}

impl Call {
    /// The station of a folder; none where none runs that can be asked.
    ///
    /// # Errors
    /// The file that says where it listens cannot be read.
    pub async fn find(folder: &Path) -> Result<Option<Self>, CallError> {
        let Some(key) = ControlKey::read(folder)? else { return Ok(None) };
        let http = tls::client(&Trust::Nobody)?.timeout(PATIENCE).build()?;
        let call = Self { key, http };
        match call.status().await {
            Ok(_) => Ok(Some(call)),
            // It was killed, and somebody else may listen there now.
            Err(CallError::Line(error)) if !error.is_timeout() => Ok(None),
            Err(CallError::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where its page is.
    pub fn address(&self) -> SocketAddr {
        self.key.address
    }

    /// How it is.
    ///
    /// # Errors
    /// It does not answer, or says no.
    pub async fn status(&self) -> Result<View, CallError> {
        Ok(self.ask(Method::GET, "status.json", None::<&()>).await?.json().await?)
    }

    /// Stops it, for so many minutes or until it is resumed.
    ///
    /// # Errors
    /// It does not answer, or says no.
    pub async fn stop(&self, minutes: Option<u32>, who: Option<String>) -> Result<View, CallError> {
        self.order("stop", Wish { minutes, who, ..Wish::default() }).await
    }

    /// Lets it air again.
    ///
    /// # Errors
    /// It does not answer, or says no.
    pub async fn resume(&self, who: Option<String>) -> Result<View, CallError> {
        self.order("resume", Wish { who, ..Wish::default() }).await
    }

    /// Sets how loud it is.
    ///
    /// # Errors
    /// It does not answer, or says no.
    pub async fn volume(&self, volume: Volume, who: Option<String>) -> Result<View, CallError> {
        self.order("volume", Wish { percent: Some(volume.to_string()), who, ..Wish::default() })
            .await
    }

    /// Hands it a rundown; gives the version that it follows.
    ///
    /// # Errors
    /// It does not answer, or does not follow it.
    pub async fn take_rundown(&self, signed: &SignedRundown) -> Result<u64, CallError> {
        let answer = self.ask(Method::POST, "stick/rundown", Some(signed)).await?;
        Ok(answer.json::<Taken>().await?.number)
    }

    /// The clips that its airings need and that it lacks.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn lacking(&self) -> Result<Vec<ClipHash>, CallError> {
        Ok(self.ask(Method::GET, "stick/lacking", None::<&()>).await?.json().await?)
    }

    /// Hands it a clip.
    ///
    /// # Errors
    /// It does not answer, or the bytes are not the clip's.
    pub async fn take_clip(&self, clip: ClipHash, file: std::fs::File) -> Result<(), CallError> {
        let url = format!("http://{}/stick/clips/{clip}", self.key.address);
        let bytes = ReaderStream::new(tokio::fs::File::from_std(file));
        let request = self.http.put(url).bearer_auth(self.key.secret()).timeout(LONG);
        accepted(request.body(Body::wrap_stream(bytes)).send().await?).await?;
        Ok(())
    }

    /// Hands it the district's receipts; gives how many records wait no longer.
    ///
    /// # Errors
    /// It does not answer, or does not believe them.
    pub async fn take_receipts(&self, word: &DistrictWord) -> Result<u64, CallError> {
        let answer = self.ask(Method::POST, "stick/receipts", Some(word)).await?;
        Ok(answer.json::<Taken>().await?.number)
    }

    /// Its records that wait, after a number: some of them, in order; none at the end.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn waiting(&self, after: u64) -> Result<Vec<Waiting>, CallError> {
        let path = format!("stick/records?after={after}");
        let waits: Vec<Waits> = self.ask(Method::GET, &path, None::<&()>).await?.json().await?;
        let waiting = waits.into_iter();
        Ok(waiting.map(|one| Waiting { sequence: one.sequence, envelope: one.envelope }).collect())
    }

    /// How it stands, for the district.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn state(&self) -> Result<Envelope, CallError> {
        Ok(self.ask(Method::GET, "stick/state", None::<&()>).await?.json().await?)
    }

    async fn order(&self, path: &str, wish: Wish) -> Result<View, CallError> {
        Ok(self.ask(Method::POST, path, Some(&wish)).await?.json().await?)
    }

    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Response, CallError> {
        let url = format!("http://{}/{path}", self.key.address);
        let request = self.http.request(method, url).bearer_auth(self.key.secret());
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        accepted(request.send().await?).await
    }
}

async fn accepted(answer: Response) -> Result<Response, CallError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    match answer.json::<No>().await {
        Ok(no) => Err(CallError::Refused(no.error)),
        Err(_) => Err(CallError::Refused(format!("the station answers {status}"))),
    }
}
