//! The deck's thread: one turn for each block written.

use std::{sync::Arc, time::Duration};

use super::{
    Setup, Shared,
    agenda::Agenda,
    air::{self, Air},
    door::Door,
    ledger::Ledger,
    lock,
    promised::Promised,
    scribe::{self, Scribe, Watched},
    stage::Stage,
    watch::{Step, Watch},
};
use crate::{
    clock::Clock,
    playout::{
        cue::{Hours, OnAir, Situation, Skipped},
        loader::Start,
        shape,
        site::Site,
        source::Clips,
        speaker::SpeakerError,
    },
    radio::{ClockState, Reason, UtcMs},
    wire::RundownAiring,
};

/// How long before its instant an airing is looked at, and its clips verified.
const HORIZON: Duration = Duration::from_secs(12);
/// How long before its instant its start is kept and its decoding begins.
const GO: Duration = Duration::from_millis(2_500);
/// How long to wait for somebody's wish while no speaker is open.
const REST: Duration = Duration::from_millis(100);

pub(super) struct Running {
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    clips: Arc<dyn Clips>,
    recorder: Arc<Watched>,
    pub(super) hours: Hours,
    pub(super) site: Site,
    /// What the last sample was multiplied by; glides to the volume.
    pub(super) level: f32,
    pub(super) agenda: Agenda,
    watch: Watch,
    door: Door,
    pub(super) stage: Option<Stage>,
    closed_because: Option<String>,
    loader_fault: Option<String>,
    taken_before: u64,
    tries: u64,
    pub(super) next: Option<Air>,
    pub(super) on_air: Option<Air>,
    /// What bulletins interrupted and goes on after them, the last first to go on.
    pub(super) paused: Vec<Air>,
    promised: Promised,
    pub(super) ledger: Ledger,
    pub(super) scribe: Scribe,
}

impl Running {
    pub(super) fn new(setup: Setup, shared: Arc<Shared>) -> std::io::Result<Self> {
        let now = setup.clock.read();
        let recorder = Arc::new(Watched::new(setup.recorder));
        Ok(Self {
            shared,
            clips: setup.clips,
            hours: setup.hours,
            site: setup.site,
            level: setup.site.volume.factor(),
            agenda: Agenda::new(setup.settled),
            watch: Watch::new(now),
            door: Door::new(setup.opener)?,
            stage: None,
            closed_because: None,
            loader_fault: None,
            taken_before: 0,
            tries: 0,
            next: None,
            on_air: None,
            paused: Vec::new(),
            promised: Promised::default(),
            ledger: Ledger::default(),
            scribe: Scribe::new(recorder.clone(), scribe::PAUSE)?,
            recorder,
            clock: setup.clock,
        })
    }

    pub(super) fn run(&mut self) {
        self.door.knock();
        while !self.is_stopped() {
            self.watch_clock();
            self.admit();
            match self.stage.take() {
                Some(stage) => self.turn(stage),
                None => {
                    let now = self.clock.now();
                    self.cue(now, now, None);
                    self.shared.rest(REST);
                }
            }
            self.tell();
        }
        self.fade_away();
        self.tell();
    }

    fn is_stopped(&mut self) -> bool {
        let mut orders = lock(&self.shared.orders);
        let site = orders.site.take();
        let mut has_changed = false;
        if let Some(rundown) = orders.rundown.take() {
            self.agenda.follow(rundown);
            has_changed = true;
        }
        let is_stopped = orders.stop;
        drop(orders);
        if has_changed {
            self.heed_withdrawal();
        }
        if let Some(site) = site {
            self.obey(site);
        }
        is_stopped
    }

    /// At a stop, what sounds fades out and what was made ready is let go.
    fn obey(&mut self, site: Site) {
        self.site = site;
        if site.stopped.is_none() {
            return;
        }
        self.paused.clear();
        self.next.take_if(|next| site.holds(next.airing.rank()).is_some());
        if let Some(stage) = self.stage.take() {
            self.cut_off(&stage, Reason::StoppedLocally, "the station was stopped at the site");
            self.stage = Some(stage);
        }
    }

    /// What sounds ends a fade's length from now.
    pub(super) fn cut_off(&mut self, stage: &Stage, reason: Reason, detail: &str) {
        let Some(on_air) = &mut self.on_air else { return };
        let at = stage.written + stage.taker.format.frames(shape::FADE);
        (on_air.end, on_air.is_cut) = (at.min(on_air.end), true);
        for never in self.ledger.cut(at, reason, detail) {
            self.scribe.keep(never);
        }
    }

    fn watch_clock(&mut self) {
        let Some(step) = self.watch.look(self.clock.as_ref()) else { return };
        self.ledger.distrust_clock();
        self.agenda.reopen();
        if let Step::Back = step {
            self.agenda.settled.set_back();
        }
    }

    fn trust(&self) -> Option<ClockState> {
        self.watch.trust(self.agenda.rundown.as_deref())
    }

    /// Takes the speaker that was opened, if one was.
    fn admit(&mut self) {
        match self.door.answer() {
            Some(Ok(speaker)) => {
                tracing::info!(speaker = speaker.name(), "the speaker is open");
                self.closed_because = None;
                self.stage = Some(Stage::new(speaker, self.clock.as_ref()));
            }
            Some(Err(why)) => {
                self.tries += 1;
                let why = why.to_string();
                if self.closed_because.as_ref() != Some(&why) {
                    tracing::warn!(%why, "no sound");
                }
                self.closed_because = Some(why);
            }
            None => {}
        }
    }

    fn turn(&mut self, mut stage: Stage) {
        match self.play(&mut stage) {
            Ok(()) => self.stage = Some(stage),
            Err(why) => self.lose(stage, &why),
        }
    }

    fn play(&mut self, stage: &mut Stage) -> Result<(), SpeakerError> {
        let now = stage.look(self.clock.as_ref());
        for draft in self.ledger.retire(&stage.position, now.monotonic, &stage.taker) {
            self.scribe.keep(draft);
        }
        self.prepare(stage);
        self.compose(stage);
        stage.write()
    }

    fn lose(&mut self, stage: Stage, why: &SpeakerError) {
        tracing::warn!(%why, speaker = stage.taker.name, "the speaker was lost");
        let lost = self.ledger.lost(&stage.position, stage.alive, &why.to_string(), &stage.taker);
        for draft in lost {
            self.scribe.keep(draft);
        }
        self.taken_before += stage.position.taken;
        self.closed_because = Some(why.to_string());
        self.put_off();
        self.on_air = None;
        self.paused.clear();
        drop(stage);
        self.door.knock();
    }

    /// Makes the next airing ready and fixes the frame on which it starts.
    fn prepare(&mut self, stage: &mut Stage) {
        if self.next.as_ref().is_some_and(|next| next.start.is_some()) {
            return;
        }
        let now = stage.utc_at(stage.written);
        let Some((airing, at, cuts_in, behind)) = self.cue(now, now + HORIZON, Some(stage)) else {
            self.put_off();
            return;
        };
        if self.next.as_ref().is_none_or(|next| next.airing != airing) {
            self.put_off();
            self.next = self.load(airing, stage);
        }
        let (fade, format) = (stage.taker.format.frames(shape::FADE), stage.taker.format);
        let patience = self.next.as_ref().map(|next| self.agenda.patience(&next.airing, now));
        let Some(next) = &mut self.next else { return };
        if at.since(now) <= GO {
            next.loading.go(patience.unwrap_or(Start::Now));
        }
        next.loading.poll(Duration::ZERO);
        if next.is_hopeless() {
            self.give_up();
            return;
        }
        let least = match &self.on_air {
            Some(_) if cuts_in => stage.written + fade,
            Some(on_air) => on_air.end.max(stage.written) + format.frames(behind),
            None => stage.written + format.frames(behind),
        };
        let due = stage.position.frame_at(next.airing.starts_at.0.saturating_mul(1000), format);
        let start = due.max(least);
        if start >= stage.written + stage.block_frames() + fade
            || !stage.wait_for(&mut next.loading)
        {
            return;
        }
        if next.is_hopeless() {
            self.give_up();
            return;
        }
        next.start = Some(start);
        next.end = start + next.frames();
        let (bulletin, drill) = (next.airing.bulletin.as_ref(), next.airing.is_drill());
        let reason = if bulletin.is_some() { Reason::Bulletin } else { Reason::CutIn };
        let resumes = bulletin.is_some_and(|bulletin| bulletin.resumes);
        let kind = if drill { "the drill " } else { "" };
        let why = format!("{kind}{} ({}) cut in", next.airing.title, next.airing.id);
        if let Some(on_air) = self.on_air.as_mut().filter(|on_air| on_air.end > start) {
            (on_air.end, on_air.is_cut) = (start, true);
            on_air.goes_on = resumes && on_air.airing.bulletin.is_none();
            for never in self.ledger.cut(start, reason, &why) {
                self.scribe.keep(never);
            }
        }
    }

    /// Asks what is next, and records what is not aired.
    fn cue(
        &mut self,
        now: UtcMs,
        horizon: UtcMs,
        stage: Option<&Stage>,
    ) -> Option<(RundownAiring, UtcMs, bool, Duration)> {
        let rundown = self.agenda.rundown.clone()?;
        let on_air = self.on_air.as_ref().zip(stage).map(|(on_air, stage)| OnAir {
            rank: on_air.airing.rank(),
            bulletin: on_air.airing.bulletin.as_ref().map(|bulletin| &bulletin.id),
            ends_at: stage.utc_at(on_air.end),
        });
        let paused: Vec<_> = match stage {
            Some(stage) => {
                let rest = |air: &Air| (air.airing.rank(), stage.taker.format.span(air.left()));
                self.paused.iter().map(rest).collect()
            }
            None => Vec::new(),
        };
        let situation = Situation {
            now,
            is_time_known: self.watch.is_time_known,
            since: self.watch.since,
            jump: self.watch.jump,
            unknown: self.watch.unknown,
            on_air,
            paused: &paused,
            speaker: stage.is_some(),
            hours: &self.hours,
            site: self.site,
        };
        let cue = self.agenda.cue(&rundown, horizon, &situation);
        for skipped in &cue.skipped {
            self.skip(skipped, rundown.version, stage);
        }
        cue.next.map(|due| (due.airing.clone(), due.at, due.cuts_in, due.behind))
    }

    fn skip(&mut self, skipped: &Skipped<'_>, version: u64, stage: Option<&Stage>) {
        let attempt = self.agenda.settled.attempt(&skipped.airing.id);
        let format = stage.map(|stage| stage.taker.format);
        for draft in air::drafts(skipped.airing, version, attempt, format, self.trust()) {
            self.scribe.keep(air::skipped(draft.1, skipped));
        }
        tracing::warn!(airing = %skipped.airing.id, reason = %skipped.reason, "not aired: {}", skipped.detail);
        self.agenda.settled.skip(&skipped.airing.id);
        // It was made ready, perhaps: its record is said, and a stop has nothing to add.
        if let Some(next) = self.next.take_if(|next| next.airing.id == skipped.airing.id) {
            next.loading.promise.call_off();
        }
        self.promised.settle(&skipped.airing.id);
    }

    /// The next airing does not begin, at least not now.
    fn put_off(&mut self) {
        if let Some(next) = self.next.take() {
            self.promised.put_off(next);
        }
    }

    fn load(&mut self, airing: RundownAiring, stage: &Stage) -> Option<Air> {
        let attempt = self.agenda.settled.attempt(&airing.id);
        let format = stage.taker.format;
        let drafts =
            air::drafts(&airing, self.agenda.version(), attempt, Some(format), self.trust());
        let (clips, recorder) = (self.clips.clone(), self.recorder.clone());
        match Air::load(airing, attempt, drafts, format, clips, recorder) {
            Ok(air) => {
                self.loader_fault = None;
                Some(air)
            }
            Err(why) => {
                self.loader_fault =
                    Some(format!("the system gives no thread to load an airing: {why}"));
                None
            }
        }
    }

    /// It cannot sound.
    fn give_up(&mut self) {
        let Some(next) = self.next.take() else { return };
        self.agenda.settled.skip(&next.airing.id);
        self.promised.settle(&next.airing.id);
        let unmarked = next.unmarked().cloned();
        for (n, draft) in next.drafts {
            let fault = next.loading.faults.as_ref().and_then(|faults| faults.get(n)?.as_ref());
            match (fault, &unmarked) {
                (Some(fault), _) => self.scribe.keep(air::faulty(draft, fault)),
                (None, Some(fault)) => self.scribe.keep(air::without_mark(draft, fault)),
                (None, None) => {}
            }
        }
    }

    /// The next airing's first frame is about to be written.
    pub(super) fn begin(&mut self) {
        let Some(next) = self.next.take() else { return };
        let start = next.start.unwrap_or_default();
        self.agenda.settled.started.insert(next.airing.id.clone());
        self.promised.settle(&next.airing.id);
        for (n, draft) in &next.drafts {
            let fault = next.loading.faults.as_ref().and_then(|faults| faults.get(*n)?.as_ref());
            match (fault, next.spans.get(*n)) {
                (Some(fault), _) => self.scribe.keep(air::faulty(draft.clone(), fault)),
                (None, Some(span)) => {
                    self.ledger.add(draft.clone(), start + span.start..start + span.end)
                }
                (None, None) => {}
            }
        }
        self.on_air = Some(next);
    }

    /// Stops without a click, and waits until what was written has left.
    fn fade_away(&mut self) {
        self.paused.clear();
        self.put_off();
        for never in self.promised.end() {
            self.scribe.keep(never);
        }
        let Some(mut stage) = self.stage.take() else { return };
        self.cut_off(&stage, Reason::StationStopped, "the station was stopped");
        for _ in 0..30 {
            let now = stage.look(self.clock.as_ref());
            for draft in self.ledger.retire(&stage.position, now.monotonic, &stage.taker) {
                self.scribe.keep(draft);
            }
            if self.ledger.is_empty() {
                break;
            }
            self.compose(&mut stage);
            if stage.write().is_err() {
                break;
            }
        }
        let why = "the speaker stopped taking frames while the station was being stopped";
        for draft in self.ledger.lost(&stage.position, stage.alive, why, &stage.taker) {
            self.scribe.keep(draft);
        }
        self.taken_before += stage.position.taken;
    }

    fn tell(&self) {
        let faults = [&self.closed_because, &self.loader_fault, &self.recorder.fault()];
        let mut status = lock(&self.shared.status);
        status.speaker = self.stage.as_ref().map(|stage| stage.taker.name.clone());
        status.evidence = self.stage.as_ref().map(|stage| stage.taker.evidence);
        let taken = self.stage.as_ref().map_or(0, |stage| stage.position.taken);
        let playing = self.ledger.sounding(taken);
        status.playing = playing.map(|draft| (draft.airing.clone(), draft.title.clone()));
        status.next =
            self.next.as_ref().map(|next| (next.airing.id.clone(), next.airing.starts_at));
        status.faults = faults.into_iter().flatten().cloned().collect();
        status.frames = self.taken_before + taken;
        status.tries = self.tries;
        status.clock = self.trust();
        status.xruns = self.stage.as_ref().map_or(0, |stage| stage.position.xruns);
    }
}
