use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use loa::{
    almanac,
    clock::{Clock, SystemClock},
    log::{Checkpoint, Hash, LogKey, Seen},
    private,
    signing::{self, BadNote, Note, NoteKey, SecretKey, Signs},
};

use super::{super::lock::LineArguments, verify::Peer};

#[derive(Debug, clap::Args)]
pub(crate) struct WitnessArguments {
    #[command(flatten)]
    line: LineArguments,
    /// The district's address, like https://loa.example.
    #[arg(long, value_name = "URL")]
    url: String,
    /// Where this witness keeps what it saw last: it must never be lost or set back.
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// This witness's own key; made where there is none.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The name of this witness, without spaces.
    #[arg(long, value_name = "NAME", default_value = "witness")]
    name: String,
    /// The key of the log, as the district prints it: needed when this witness first looks, and kept from then on.
    #[arg(long, value_name = "KEY")]
    log: Option<NoteKey>,
    /// Look again after so long, for ever; without, once.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    every: Option<Duration>,
}

fn duration(text: &str) -> Result<Duration, String> {
    let read = almanac::duration(text).filter(|span| !span.is_zero());
    read.ok_or_else(|| format!("\"{text}\" is not a duration: write it like 60s, 15m or 1h"))
}

#[derive(serde::Deserialize)]
struct Proof {
    hashes: Vec<String>,
}

/// Co-signs the log's head, if it extends what was seen last.
pub(crate) async fn run(arguments: WitnessArguments) -> anyhow::Result<()> {
    let secret = signing::read_or_make(&arguments.key)?;
    // Two witnesses with one memory could each vouch for another history.
    let lock = fs::File::open(&arguments.key).context("the witness's key")?;
    lock.try_lock().context("another witness works with this key already")?;
    let own = NoteKey::new(&arguments.name, Signs::Sight, secret.public())?;
    eprintln!("this witness is {own}; its district makes it known with loa log trust");
    let district = Peer::new(&arguments.line.line(), &arguments.url, "")?;
    loop {
        let looked = look(&arguments, &district, &secret).await;
        let Some(pause) = arguments.every else { return looked };
        if let Err(error) = looked {
            eprintln!("{error:#}");
        }
        tokio::time::sleep(pause).await;
    }
}

fn remembered(arguments: &WitnessArguments) -> anyhow::Result<Seen> {
    let path = &arguments.state;
    match fs::read(path) {
        Ok(text) => {
            let seen: Seen = serde_json::from_slice(&text)
                .with_context(|| format!("{} cannot be read: restore it", path.display()))?;
            if arguments.log.as_ref().is_some_and(|log| log.to_string() != seen.log) {
                bail!("this witness follows the log {}, and not that of --log", seen.log);
            }
            Ok(seen)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let log = arguments.log.as_ref().context(
                "this witness looks for the first time: say with --log which key the log has; loa log head prints it",
            )?;
            Ok(Seen { log: log.to_string(), head: None, signs: None })
        }
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

async fn look(
    arguments: &WitnessArguments,
    district: &Peer,
    secret: &SecretKey,
) -> anyhow::Result<()> {
    let mut seen = remembered(arguments)?;
    let mut note: Note = district.get("/api/v1/log/checkpoint").await?.parse()?;
    if let Err(BadNote::Unsigned(_)) = note.signed_by(&seen.key()?) {
        let told = district.get("/api/v1/log/keys").await?;
        let told =
            told.lines().map(serde_json::from_str).collect::<Result<Vec<LogKey<'_>>, _>>()?;
        seen = seen.following(&told)?;
        eprintln!("the log's key is {} now", seen.key()?);
    }
    let size = note.text().parse::<Checkpoint>()?.head.size;
    let before = seen.head()?.map_or(0, |head| head.size);
    let proof = if 0 < before && before < size {
        let path = format!("/api/v1/log/proof/consistency?from={before}&until={size}");
        let proof: Proof = serde_json::from_str(&district.get(&path).await?)?;
        proof.hashes.iter().map(|hash| hash_of(hash)).collect::<anyhow::Result<Vec<_>>>()?
    } else {
        Vec::new()
    };
    let after = seen.after(&note, &proof).context("NOT co-signed")?;
    // It is on disk before anybody has the signature: what was vouched for is never forgotten.
    keep(&arguments.state, &after)?;
    let at = u64::try_from(SystemClock.now().0 / 1000).unwrap_or_default();
    note.cosign(&arguments.name, secret, at)?;
    district.post("/api/v1/log/cosignatures", note.to_string()).await?;
    eprintln!("co-signed: {size} entries, which extend the {before} seen before");
    Ok(())
}

fn hash_of(text: &str) -> anyhow::Result<Hash> {
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.with_context(|| format!("\"{text}\" is no hash"))
}

fn keep(path: &Path, seen: &Seen) -> anyhow::Result<()> {
    let text = serde_json::to_vec(seen)?;
    private::replace(path, &text).with_context(|| format!("cannot keep {}", path.display()))
}
