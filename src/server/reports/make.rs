use std::io::{self, Read as _, Seek as _};

use axum::body::Bytes;

use super::{
    Ask, Form, Pieces, Progress,
    judge::{Ground, count, entries, owe, reconcile},
};
use crate::{
    radio::{CampaignId, sort_key},
    reports::{Csv, Diary, Elsewhere, Pen, Reconciliation, Workbook, document, picture},
    store::{NewChannelReport, Store, StoreError},
};

/// A piece of a file that was written before it is sent, in bytes.
const PIECE: usize = 64 * 1024;

/// Makes a report and hands its pieces over.
pub(super) async fn make(
    store: &Store,
    ask: &Ask,
    form: Form,
    (pieces, progress): (&Pieces, &Progress),
) -> io::Result<()> {
    let ground = Ground::of(store, ask).await.map_err(io::Error::other)?;
    let dates = ask.dates();
    let pen: &dyn Pen = &dates;
    match form {
        Form::Csv => {
            let csv = Csv::new(&ground.names, pen);
            send(pieces, csv.head().map_err(io::Error::other)?).await?;
            progress.begin(ask.period.length());
            for day in ask.period.days() {
                let found = entries(store, ask, day, &ground.names).await?;
                send(pieces, csv.lines(&found).map_err(io::Error::other)?).await?;
                progress.step();
            }
            Ok(())
        }
        Form::Xlsx => {
            let mut book = Workbook::new(pen).map_err(io::Error::other)?;
            let mut made = Reconciliation::new(ask.period);
            progress.begin(ask.period.length());
            for day in ask.period.days() {
                let found = entries(store, ask, day, &ground.names).await?;
                count(&mut made, day, &found, ask);
                book.add(&found, &ground.names, pen).map_err(io::Error::other)?;
                progress.step();
            }
            owe(&mut made, ask, &ground);
            let beside = elsewhere(store, ask, &ground).await.map_err(io::Error::other)?;
            let made = (&made, &beside[..]);
            let file = book.finish(made, &ground.names, pen, tempfile::tempfile()?);
            send_file(pieces, file.map_err(io::Error::other)?).await
        }
        Form::Diary => {
            let mut diary = Diary::new(tempfile::tempfile()?, &ask.letter, ask.period, pen)?;
            progress.begin(ask.period.length());
            for day in ask.period.days() {
                diary.add(
                    day,
                    &entries(store, ask, day, &ground.names).await?,
                    &ground.names,
                    pen,
                )?;
                progress.step();
            }
            send_file(pieces, diary.finish(&ask.letter, pen)?).await
        }
        Form::Docx => {
            let made = reconcile(store, ask, progress).await?;
            let campaign = ask.campaign.as_ref();
            let campaign = ground.campaigns.iter().find(|known| Some(&known.id) == campaign);
            let head = (&ask.letter, campaign, ask.now);
            let beside = elsewhere(store, ask, &ground).await.map_err(io::Error::other)?;
            send(pieces, document(head, &made, &beside, &ground.names, pen)?).await
        }
        Form::Svg => {
            let made = reconcile(store, ask, progress).await?;
            let text = picture(&made, &ground.names, pen).map_err(io::Error::other)?;
            send(pieces, text.into_bytes()).await
        }
    }
}

/// What units declared beside the airings; nothing of that is one station's.
async fn elsewhere(
    store: &Store,
    ask: &Ask,
    ground: &Ground,
) -> Result<Vec<Elsewhere>, StoreError> {
    let mut all = Vec::new();
    if ask.station.is_some() {
        return Ok(all);
    }
    let days = Some((ask.period.from, ask.period.until));
    let is_asked = |id: &CampaignId| ask.campaign.as_ref().is_none_or(|campaign| campaign == id);
    for campaign in ground.campaigns.iter().filter(|campaign| is_asked(&campaign.id)) {
        let reports = store.channel_reports(&campaign.id, days).await?.into_iter();
        all.extend(reports.filter(|report| ground.sees(&report.said.unit)).map(|report| {
            let NewChannelReport { unit, channel, day, number, note, .. } = report.said;
            Elsewhere {
                day,
                unit,
                channel,
                number,
                note: note.unwrap_or_default(),
                by: report.reported_by,
            }
        }));
    }
    all.sort_by_cached_key(|one| (one.day, sort_key(ground.names.unit(&one.unit))));
    Ok(all)
}

async fn send(pieces: &Pieces, piece: Vec<u8>) -> io::Result<()> {
    let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "nobody takes it any more");
    pieces.send(Ok(Bytes::from(piece))).await.map_err(gone)
}

async fn send_file(pieces: &Pieces, mut file: std::fs::File) -> io::Result<()> {
    file.rewind()?;
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        if file.by_ref().take(PIECE as u64).read_to_end(&mut piece)? == 0 {
            return Ok(());
        }
        send(pieces, piece).await?;
    }
}
