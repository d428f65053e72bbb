use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use tracing::{debug, error, warn};

use super::{District, LinkError, SOFTWARE, pauses};
use crate::{
    clock::Clock,
    playout::keep::{Keep, Waiting},
    radio::{AiringId, ClockState, UtcMs},
    wire::{Confirmations, Fault, ReceiptResult, StationStatus, Stock},
};

/// Records in one call.
const BATCH: u32 = 100;

/// With nothing to confirm, the station says this often that it lives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// How often the district is asked by hash which records it has; else numbers tell. It must look at each to answer.
const BY_HASH: Duration = Duration::from_hours(24);

/// What the confirmer says of the station beside its records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// The speaker in use.
    pub speaker: String,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// The version of the rundown followed.
    pub rundown_version: Option<u64>,
    /// What sounds.
    pub playing: Option<AiringId>,
    /// How far its clock can be believed.
    pub clock: ClockState,
    /// Which airings to come lack clips.
    pub stock: Option<Stock>,
}

/// Hands the spool's records to the district until each has its receipt.
#[derive(Debug, Clone)]
pub struct Confirmer {
    /// Whom to tell.
    pub district: District,
    /// Where records wait.
    pub keep: Arc<Keep>,
    /// How the station is.
    pub condition: watch::Receiver<Condition>,
    /// What tells when.
    pub clock: Arc<dyn Clock>,
    /// Told when the district last answered.
    pub heard: watch::Sender<Option<UtcMs>>,
    /// When the district last said by hash which records it has; it is asked when this is long ago, or never was.
    pub compared_at: Option<Duration>,
}

impl Confirmer {
    /// Confirms for ever.
    pub async fn run(mut self) {
        let mut grown = self.keep.grown();
        let mut pause = pauses();
        loop {
            match self.once().await {
                Ok(more) => {
                    pause = pauses();
                    if more {
                        continue;
                    }
                    tokio::select! {
                        _ = grown.changed() => {}
                        _ = self.condition.changed() => {}
                        () = tokio::time::sleep(SIGN_OF_LIFE) => {}
                    }
                }
                Err(error) => {
                    let wait = pause.next().unwrap_or_default();
                    warn!(%error, ?wait, "records wait: they were not confirmed");
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// Sends one batch, or a sign of life. Returns whether more waits.
    pub async fn once(&mut self) -> Result<bool, LinkError> {
        let waiting = self.keep.waiting(BATCH).await?;
        let condition = self.condition.borrow_and_update().clone();
        let mut faults = condition.faults;
        let rejected = self.keep.count_rejected().await?;
        if rejected > 0 {
            let detail = format!("{rejected} records were not taken by the district");
            faults.push(Fault::new("records-rejected", detail));
        }
        // It may have taken one that it no longer has, and would refuse any that is older.
        let took = self.keep.anchor().await.map(|anchor| anchor.rundown_version);
        let took = took.filter(|version| *version > 0);
        let now = self.clock.monotonic();
        let tell_runs = self.compared_at.is_none_or(|at| now.saturating_sub(at) >= BY_HASH);
        let confirmations = Confirmations {
            tell_runs,
            records: waiting.iter().map(|waiting| waiting.envelope.clone()).collect(),
            status: Some(StationStatus {
                software: SOFTWARE.to_owned(),
                speaker: condition.speaker,
                clock: condition.clock,
                playing: condition.playing,
                rundown_version: condition.rundown_version.max(took),
                waiting: self.keep.count_waiting().await?,
                disk_free: self.keep.disk_free(),
                faults,
                stock: condition.stock,
            }),
        };
        let receipts = self.district.confirm(&confirmations).await?;
        if receipts.results.len() != waiting.len() {
            return Err(LinkError::Refused {
                status: 200,
                code: "receipts-missing".to_owned(),
                detail: format!(
                    "{} receipts for {} records",
                    receipts.results.len(),
                    waiting.len()
                ),
            });
        }
        self.heard.send_replace(Some(self.clock.now()));
        report(&waiting, &receipts.results);
        let again = self.keep.receive(&waiting, &receipts.results, receipts.held.as_ref()).await?;
        if again > 0 {
            warn!(
                again,
                "the district has lost records that it had confirmed: they are sent again"
            );
            // What else it lost may hide behind an earlier life's numbers.
            self.compared_at = None;
        }
        let again = again
            + match &receipts.runs {
                Some(runs) => {
                    self.compared_at = Some(now);
                    self.keep.receive_runs(runs).await?
                }
                None => 0,
            };
        Ok(again > 0 || waiting.len() >= BATCH as usize)
    }
}

fn report(waiting: &[Waiting], receipts: &[crate::wire::Receipt]) {
    for (waiting, receipt) in waiting.iter().zip(receipts) {
        let sequence = waiting.sequence;
        match receipt.result {
            ReceiptResult::Recorded | ReceiptResult::Duplicate => {
                debug!(sequence, "confirmed");
            }
            ReceiptResult::Conflict | ReceiptResult::Invalid => {
                let why = receipt.why.as_deref().unwrap_or("no reason given");
                error!(sequence, why, "the district does not take a record");
            }
        }
    }
}
