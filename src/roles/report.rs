use std::path::PathBuf;

use anyhow::Context;
use chrono::NaiveDate;
use chrono_tz::Tz;
use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use loa::{
    clock::{Clock, SystemClock},
    radio::{CampaignId, StationId, UnitId},
    reports::{Letter, Period},
    server::{
        Language,
        reports::{Ask, Form, Progress, checked_at, write},
    },
};
use tokio::io::AsyncWriteExt as _;

use super::place::Place;

/// Write what came of a period into a file: for an office, a spreadsheet, the wall.
#[derive(Debug, clap::Args)]
pub(crate) struct ReportArguments {
    #[command(flatten)]
    place: Place,
    /// Only this campaign.
    #[arg(long, value_name = "ID")]
    campaign: Option<CampaignId>,
    /// The first day, e.g. 2026-11-01.
    #[arg(long, value_name = "DAY")]
    from: NaiveDate,
    /// The last day; it is inside.
    #[arg(long, value_name = "DAY")]
    to: NaiveDate,
    /// Only this unit and all that lies in it.
    #[arg(long, value_name = "ID")]
    unit: Option<UnitId>,
    /// Only this station.
    #[arg(long, value_name = "ID")]
    station: Option<StationId>,
    /// What to write: docx (the report of Decree 30/2020), xlsx, csv, diary or svg.
    #[arg(long = "as", value_name = "FORM")]
    form: Form,
    /// The file; one that is there already is replaced.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The language: vi or en.
    #[arg(long, value_name = "CODE", default_value = "vi")]
    language: Language,
    /// Where days are meant.
    #[arg(long, value_name = "ZONE", default_value = "Asia/Ho_Chi_Minh")]
    zone: Tz,
    #[command(flatten)]
    letter: LetterArguments,
}

/// What stands around the figures of a report in the form of Decree 30/2020.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Around the report")]
struct LetterArguments {
    /// The body above the one that writes.
    #[arg(long, value_name = "NAME", default_value = "")]
    superior: String,
    /// The body that writes.
    #[arg(long, value_name = "NAME", default_value = "")]
    issuer: String,
    /// What follows the number; the registry gives the number.
    #[arg(long, value_name = "TEXT", default_value = "BC-…")]
    symbol: String,
    /// Where it is written.
    #[arg(long, value_name = "NAME", default_value = "")]
    at: String,
    /// In whose name it is signed, e.g. "TM. ỦY BAN NHÂN DÂN".
    #[arg(long, value_name = "TEXT", default_value = "")]
    authority: String,
    /// The signer's office.
    #[arg(long, value_name = "TEXT", default_value = "")]
    office: String,
    /// The signer's name.
    #[arg(long, value_name = "NAME", default_value = "")]
    signer: String,
    /// Who gets a copy; may be given several times.
    #[arg(long = "copy-to", value_name = "NAME")]
    recipients: Vec<String>,
    /// How the addresses of the district's pages begin, e.g. https://loa.example: a QR code leads from the report to the page
    /// that holds it against the log.
    #[arg(long, value_name = "URL")]
    verify_at: Option<String>,
}

impl LetterArguments {
    /// The letter, with the head of the log as it stands.
    fn letter(self, checkpoint: Option<String>) -> Letter {
        Letter {
            superior: self.superior,
            issuer: self.issuer,
            symbol: self.symbol,
            place: self.at,
            authority: self.authority,
            office: self.office,
            signer: self.signer,
            recipients: self.recipients,
            verify_at: self.verify_at.and_then(|origin| checked_at(&origin, checkpoint.as_deref())),
            checkpoint,
        }
    }
}

/// Writes it, and says how far it is.
pub(crate) async fn run(arguments: ReportArguments) -> anyhow::Result<()> {
    anyhow::ensure!(arguments.from <= arguments.to, "--from must not lie after --to");
    let store = arguments.place.store().await?;
    let checkpoint = store.checkpoint().await?.map(|head| head.note);
    let ask = Ask {
        period: Period::new(arguments.from, arguments.to),
        units: arguments.unit.into_iter().collect(),
        station: arguments.station,
        campaign: arguments.campaign,
        letter: arguments.letter.letter(checkpoint),
        language: arguments.language,
        zone: arguments.zone,
        now: SystemClock.now(),
    };
    named(&store, &ask).await?;
    let progress = Progress::default();
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} days")?);
    let mut pieces = std::pin::pin!(write(store.clone(), ask, arguments.form, progress.clone()));
    let out = &arguments.out;
    // The file gets its name when it is whole: what was there before is lost only for a whole report.
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let part = tempfile::NamedTempFile::new_in(folder.unwrap_or(".".as_ref()))
        .with_context(|| format!("cannot write beside {}", out.display()))?;
    let mut file = tokio::fs::File::from_std(part.reopen()?);
    while let Some(piece) = pieces.next().await {
        let piece = piece.context("the report cannot be made")?;
        file.write_all(&piece).await.with_context(|| format!("cannot write {}", out.display()))?;
        let (done, all) = progress.days();
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    }
    file.flush()
        .await
        .and(file.sync_all().await)
        .with_context(|| format!("cannot write {}", out.display()))?;
    part.persist(out).with_context(|| format!("cannot write {}", out.display()))?;
    bar.finish_and_clear();
    eprintln!("{}: written", out.display());
    store.close().await;
    Ok(())
}

/// Says so where there is nothing of that name, before a whole year is read.
async fn named(store: &loa::store::Store, ask: &Ask) -> anyhow::Result<()> {
    if let Some(campaign) = &ask.campaign {
        let known = store.campaigns().await?;
        anyhow::ensure!(
            known.iter().any(|one| one.id == *campaign),
            "there is no campaign \"{campaign}\": see the page of campaigns for their names"
        );
    }
    if let Some(unit) = ask.units.first() {
        let known = store.units().await?;
        anyhow::ensure!(
            known.iter().any(|one| one.id == *unit),
            "there is no unit \"{unit}\": see the page of stations for their names"
        );
    }
    Ok(())
}
