use std::{
    fs::File,
    io::{BufReader, Read as _},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, bail};
use indicatif::ProgressBar;
use loa::{
    log::{BadExport, Head, Older, Proven, Verifier, Wrong, read_head, verify},
    playout::link::Line,
    signing::{Note, NoteKey},
};
use serde_json::json;

use super::super::lock::LineArguments;

/// Entries asked for in one call.
const STRETCH: usize = 1000;

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    line: LineArguments,
    /// A file that loa log export wrote, or a district's address like https://loa.example.
    #[arg(value_name = "FILE|URL")]
    log: String,
    /// A head from earlier, which this log must extend: a file with it, or SIZE:ROOT as it is printed on a report.
    #[arg(long, value_name = "FILE|SIZE:ROOT")]
    older: Option<String>,
    /// The log's key, where it is known from elsewhere.
    #[arg(long, value_name = "KEY")]
    key: Option<NoteKey>,
    /// A person's token, where the district's log is asked for.
    #[arg(
        long,
        env = "LOA_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true,
        default_value = ""
    )]
    token: String,
    /// Leave the stations' signatures out: many times as fast.
    #[arg(long)]
    no_signatures: bool,
    /// Print one JSON object on standard output.
    #[arg(long)]
    json: bool,
}

/// Verifies a log, and says what is proven or what is wrong first.
pub(crate) async fn run(arguments: VerifyArguments) -> anyhow::Result<ExitCode> {
    let older = arguments.older.as_deref().map(older).transpose()?;
    let is_url = ["http://", "https://"].iter().any(|scheme| arguments.log.starts_with(scheme));
    let verdict =
        if is_url { over_line(&arguments, older).await? } else { of_file(&arguments, older)? };
    Ok(tell(verdict, arguments.json))
}

/// An older head, as it is typed or as it lies in a file.
fn older(text: &str) -> anyhow::Result<Older> {
    if let Ok(head) = text.parse::<Head>() {
        return Ok(Older { head, note: None });
    }
    let file = File::open(text)
        .with_context(|| format!("\"{text}\" is neither SIZE:ROOT nor a file that can be read"))?;
    // A note alone has no empty line after it.
    let note = read_head(&mut BufReader::new(file.chain(&b"\n"[..])))
        .with_context(|| format!("{text} holds no head of a log"))?;
    let checkpoint: loa::log::Checkpoint =
        note.text().parse().with_context(|| format!("{text} holds no head of a log"))?;
    Ok(Older { head: checkpoint.head, note: Some(note) })
}

fn of_file(
    arguments: &VerifyArguments,
    older: Option<Older>,
) -> anyhow::Result<Result<Proven, Wrong>> {
    let path = Path::new(&arguments.log);
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let progress = ProgressBar::new(file.metadata()?.len());
    let mut file = BufReader::with_capacity(1 << 20, progress.wrap_read(file));
    let key = arguments.key.clone();
    let verdict = verify(&mut file, key, older, !arguments.no_signatures);
    progress.finish_and_clear();
    match verdict {
        Ok(proven) => Ok(Ok(proven)),
        Err(BadExport::Wrong(wrong)) => Ok(Err(wrong)),
        Err(error @ BadExport::Io(_)) => Err(error).context(path.display().to_string()),
    }
}

async fn over_line(
    arguments: &VerifyArguments,
    older: Option<Older>,
) -> anyhow::Result<Result<Proven, Wrong>> {
    let district = Peer::new(&arguments.line.line(), &arguments.log, &arguments.token)?;
    let note: Note = match district.get("/api/v1/log/checkpoint").await?.parse() {
        Ok(note) => note,
        Err(error) => return Ok(Err(Wrong::from(error))),
    };
    let key = arguments.key.clone();
    let mut verifier = match Verifier::new(note, key, older, !arguments.no_signatures) {
        Ok(verifier) => verifier,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let size = verifier.size();
    let progress = ProgressBar::new(size);
    for from in (0..size).step_by(STRETCH) {
        let limit = (size - from).min(STRETCH as u64);
        let text = district.get(&format!("/api/v1/log/entries?from={from}&limit={limit}")).await?;
        let lines: Vec<&[u8]> = text.lines().map(str::as_bytes).collect();
        if let Err(wrong) = verifier.take(&lines) {
            return Ok(Err(wrong));
        }
        if lines.len() as u64 != limit {
            break;
        }
        progress.set_position(from + limit);
    }
    progress.finish_and_clear();
    Ok(verifier.finish())
}

#[expect(clippy::print_stdout, reason = "the one thing that the command was asked for")]
fn tell(verdict: Result<Proven, Wrong>, as_json: bool) -> ExitCode {
    let (is_proven, words, entry) = match &verdict {
        Ok(proven) => (true, proven.to_string(), None),
        Err(wrong) => (false, wrong.to_string(), wrong.entry()),
    };
    if as_json {
        println!("{}", json!({"proven": is_proven, "words": words, "entry": entry}));
    } else if is_proven {
        println!("{words}");
    } else {
        eprintln!("NOT proven: {words}");
    }
    if is_proven { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A district, called by somebody.
pub(super) struct Peer {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl Peer {
    pub(super) fn new(line: &Line, url: &str, token: &str) -> anyhow::Result<Self> {
        let (client, url) = line.to(url, None)?;
        Ok(Self { client: client.build()?, url, token: token.to_owned() })
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<String> {
        let mut call = self.client.get(format!("{}{path}", self.url));
        if !self.token.is_empty() {
            call = call.bearer_auth(&self.token);
        }
        self.answer(call, path).await
    }

    pub(super) async fn post(&self, path: &str, text: String) -> anyhow::Result<String> {
        let call = self.client.post(format!("{}{path}", self.url));
        self.answer(call.header("content-type", "text/plain").body(text), path).await
    }

    async fn answer(&self, call: reqwest::RequestBuilder, path: &str) -> anyhow::Result<String> {
        let answer = call.send().await.with_context(|| format!("{} does not answer", self.url))?;
        let status = answer.status();
        let text = answer.text().await.with_context(|| format!("{} broke off", self.url))?;
        if status.is_success() {
            return Ok(text);
        }
        let problem: Result<loa::wire::Problem, _> = serde_json::from_str(&text);
        match problem {
            Ok(problem) => bail!("{}: {}", self.url, problem.detail),
            Err(_) => bail!("{}{path} answers {status}: is that a district of Loa's?", self.url),
        }
    }
}
