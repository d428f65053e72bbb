use std::sync::Arc;

use tokio::runtime::Handle;

use super::Keep;
use crate::{
    clock::Clock,
    playout::record::{Draft, NotKept, Recorder, Started},
    radio::StationId,
    wire::AsRunRecord,
};

/// Puts the station's name to what the deck says, and keeps it.
#[derive(Debug)]
pub struct KeepRecorder {
    /// Where records go.
    pub keep: Arc<Keep>,
    /// Who says so.
    pub station: StationId,
    /// What tells when.
    pub clock: Arc<dyn Clock>,
    /// What runs the store; the deck's threads wait on it.
    pub runtime: Handle,
}

impl KeepRecorder {
    fn record(&self, draft: &Draft) -> AsRunRecord {
        AsRunRecord {
            station: self.station.clone(),
            boot: self.keep.boot().to_owned(),
            sequence: 0,
            airing: draft.airing.clone(),
            drill: draft.drill,
            position: draft.position,
            attempt: draft.attempt,
            scheduled_at: draft.scheduled_at,
            started_at: draft.started_at,
            ended_at: draft.ended_at,
            frames_played: draft.frames_played,
            frames_expected: draft.frames_expected,
            sample_rate: draft.sample_rate,
            start_error_us: draft.start_error_us,
            outcome: draft.outcome,
            reason: draft.reason,
            detail: draft.detail.clone(),
            evidence: draft.evidence,
            pace_ppm: draft.pace_ppm,
            xruns: draft.xruns,
            speaker: draft.speaker.clone(),
            clip: draft.clip,
            title: draft.title.to_string(),
            rundown_version: draft.rundown_version,
            clock: draft.clock.unwrap_or_else(|| self.clock.state()),
            previous: None,
        }
    }
}

impl Recorder for KeepRecorder {
    fn started(&self, started: &Started) -> Result<(), NotKept> {
        let drafts: Vec<AsRunRecord> =
            started.if_lost.iter().map(|draft| self.record(draft)).collect();
        self.runtime
            .block_on(self.keep.begin(&started.airing, &drafts, self.clock.now()))
            .map_err(|error| NotKept(error.to_string()))
    }

    fn ended(&self, draft: &Draft) -> Result<(), NotKept> {
        self.runtime
            .block_on(self.keep.end(self.record(draft), self.clock.now()))
            .map(drop)
            .map_err(|error| NotKept(error.to_string()))
    }
}
