use std::time::Duration;

use reqwest::{Client, Response, StatusCode, header};

use super::{Line, LinkError};
use crate::{
    playout::keep::{Anchor, KeptRundown},
    radio::{ClipHash, Pin, StationId, UtcMs},
    signing::{DistrictKey, PublicKey, newest, speaks_of},
    wire::{
        Confirmations, Enrolment, EnrolmentCode, EnrolmentRequest, Problem, Receipts,
        SignedRundown, TIME_HEADER,
    },
};

/// How long the district may hold the answer to a question about the rundown.
const LONG_POLL: Duration = Duration::from_secs(50);

/// What the program calls itself towards the district.
pub const SOFTWARE: &str = concat!("loa/", env!("CARGO_PKG_VERSION"));

/// The district as the station reaches it: one HTTP client with the station's token.
#[derive(Debug, Clone)]
pub struct District {
    http: Client,
    base: String,
    token: String,
}

/// The district's answer to the question whether the rundown changed.
#[derive(Debug)]
pub enum RundownAnswer {
    /// It did. With what time it is there, if the answer says so.
    Changed(Box<KeptRundown>, Option<UtcMs>),
    /// It did not.
    Same,
}

/// A client for the API, and the API's address below a server's.
fn client(line: &Line, server: &str, pin: Option<Pin>) -> Result<(Client, String), LinkError> {
    let (builder, server) = line.to(server, pin)?;
    let client = builder
        .user_agent(SOFTWARE)
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(LONG_POLL + Duration::from_secs(15))
        .build()?;
    Ok((client, format!("{server}/api/v1")))
}

/// What the district makes of a station that enrols.
#[derive(Debug, Clone)]
pub struct Enrolled {
    /// Who it is.
    pub station: StationId,
    /// What it shows at every call.
    pub token: String,
    /// The newest key of the district's.
    pub district_key: DistrictKey,
}

/// Trades a one-time code for a name and a token. Who answers must be the district that made the code.
pub async fn enrol(
    line: &Line,
    server: &str,
    code: &EnrolmentCode,
    key: PublicKey,
) -> Result<Enrolled, LinkError> {
    let (client, base) = client(line, server, code.pin)?;
    let request = EnrolmentRequest {
        code: code.secret.clone(),
        public_key: Some(key),
        software: SOFTWARE.to_owned(),
    };
    let answer = client.post(format!("{base}/enrolments")).json(&request).send().await?;
    let Enrolment { station, token, keys } = accepted(answer).await?.json().await?;
    let district_key = newest(&keys, None)?;
    if code.key.is_some_and(|key| !speaks_of(&keys, &key)) {
        return Err(LinkError::OtherDistrict);
    }
    Ok(Enrolled { station, token, district_key })
}

impl District {
    /// The district to which a station belongs.
    pub fn new(line: &Line, anchor: &Anchor) -> Result<Self, LinkError> {
        let (http, base) = client(line, &anchor.server, anchor.pin)?;
        Ok(Self { http, base, token: anchor.token.clone() })
    }

    /// Asks for the rundown; when the district has nothing newer, it holds the answer for a while.
    pub async fn rundown(&self, etag: Option<&str>) -> Result<RundownAnswer, LinkError> {
        let request = match etag {
            Some(etag) => self
                .http
                .get(format!("{}/rundown?wait={}", self.base, LONG_POLL.as_secs()))
                .header(header::IF_NONE_MATCH, etag),
            None => self.http.get(format!("{}/rundown", self.base)),
        };
        let answer = request.bearer_auth(&self.token).send().await?;
        if answer.status() == StatusCode::NOT_MODIFIED {
            return Ok(RundownAnswer::Same);
        }
        let answer = accepted(answer).await?;
        let etag = answer
            .headers()
            .get(header::ETAG)
            .and_then(|etag| etag.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let now = time_of(&answer);
        let text = answer.bytes().await?;
        let signed: SignedRundown = serde_json::from_slice(&text)?;
        Ok(RundownAnswer::Changed(Box::new(KeptRundown { signed, etag }), now))
    }

    /// What time it is at the district.
    pub async fn time(&self) -> Result<UtcMs, LinkError> {
        // Every answer says so, also one to a path that does not exist; this path costs the district nothing.
        let url = format!("{}/time", self.base);
        let answer = self.http.head(url).timeout(Duration::from_secs(10)).send().await?;
        time_of(&answer).ok_or(LinkError::NoTime)
    }

    /// Hands records over.
    pub async fn confirm(&self, confirmations: &Confirmations) -> Result<Receipts, LinkError> {
        let answer = self
            .http
            .post(format!("{}/confirmations", self.base))
            .bearer_auth(&self.token)
            .json(confirmations)
            .timeout(Duration::from_secs(30))
            .send()
            .await?;
        Ok(accepted(answer).await?.json().await?)
    }

    /// Asks for a clip's bytes from an offset on. The answer is a part when the district could give one.
    pub async fn clip(&self, clip: ClipHash, offset: u64) -> Result<Response, LinkError> {
        let mut request =
            self.http.get(format!("{}/clips/{clip}", self.base)).bearer_auth(&self.token);
        if offset > 0 {
            request = request.header(header::RANGE, format!("bytes={offset}-"));
        }
        accepted(request.send().await?).await
    }
}

fn time_of(answer: &Response) -> Option<UtcMs> {
    let time = answer.headers().get(TIME_HEADER)?.to_str().ok()?;
    time.parse().ok().map(UtcMs)
}

/// The answer if it is a success, else the district's own words for what is wrong.
async fn accepted(answer: Response) -> Result<Response, LinkError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    match answer.json::<Problem>().await {
        Ok(problem) => Err(LinkError::Refused {
            status: status.as_u16(),
            code: problem.code,
            detail: problem.detail,
        }),
        Err(_) => Err(LinkError::Refused {
            status: status.as_u16(),
            code: "unknown".to_owned(),
            detail: status.canonical_reason().unwrap_or("no reason given").to_owned(),
        }),
    }
}
