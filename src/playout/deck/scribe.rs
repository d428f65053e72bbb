//! Hands records over on a thread of its own: keeping one may take the time of an fsync, and sound cannot wait.

use std::{
    sync::{
        Arc, Mutex,
        mpsc::{
            Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel,
        },
    },
    time::Duration,
};

use super::lock;
use crate::playout::record::{Draft, NotKept, Recorder, Started};

/// How long after a failure the disk is asked again.
pub(super) const PAUSE: Duration = Duration::from_secs(1);
/// Records that wait for a disk that fails: months of them.
const MOST: usize = 10_000;
/// Failures that are put up with once the deck stops.
const LAST_TRIES: u32 = 3;
/// How long the deck's stop waits for a disk that does not even fail.
const FAREWELL: Duration = Duration::from_secs(15);

/// A recorder, and what is wrong with it: its last failure until its next success.
pub(super) struct Watched {
    recorder: Arc<dyn Recorder>,
    fault: Mutex<Option<String>>,
}

impl Watched {
    pub(super) fn new(recorder: Arc<dyn Recorder>) -> Self {
        Self { recorder, fault: Mutex::default() }
    }

    pub(super) fn fault(&self) -> Option<String> {
        lock(&self.fault).clone()
    }

    fn note(&self, result: Result<(), NotKept>) -> Result<(), NotKept> {
        *lock(&self.fault) = result.as_ref().err().map(ToString::to_string);
        result
    }
}

impl Recorder for Watched {
    fn started(&self, started: &Started) -> Result<(), NotKept> {
        self.note(self.recorder.started(started))
    }

    fn ended(&self, draft: &Draft) -> Result<(), NotKept> {
        self.note(self.recorder.ended(draft))
    }
}

/// Boxed: the places of those that may wait are taken from memory at the start.
enum Line {
    Begun(Box<Started>),
    Ended(Box<Draft>),
}

pub(super) struct Scribe {
    to: Option<SyncSender<Line>>,
    /// Dropped, it ends the pauses between tries.
    running: Option<Sender<()>>,
    /// Closed by the thread's end.
    done: Receiver<()>,
}

impl Scribe {
    pub(super) fn new(recorder: Arc<dyn Recorder>, pause: Duration) -> std::io::Result<Self> {
        let (to, lines) = sync_channel(MOST);
        let (running, stop) = channel();
        let (ends, done) = channel::<()>();
        std::thread::Builder::new().name("loa-scribe".into()).spawn(move || {
            write(&lines, &stop, recorder.as_ref(), pause);
            drop(ends);
        })?;
        Ok(Self { to: Some(to), running: Some(running), done })
    }

    pub(super) fn keep(&self, draft: Draft) {
        self.put(Line::Ended(Box::new(draft)));
    }

    /// What is on air goes on after an interruption: if the power fails, its records must say so.
    pub(super) fn begun(&self, started: Started) {
        self.put(Line::Begun(Box::new(started)));
    }

    fn put(&self, line: Line) {
        let Some(to) = &self.to else { return };
        if let Err(TrySendError::Full(line) | TrySendError::Disconnected(line)) = to.try_send(line)
            && let Line::Ended(draft) = line
        {
            lost(&draft, "too many wait already");
        }
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        (self.to, self.running) = (None, None);
        if self.done.recv_timeout(FAREWELL) == Err(RecvTimeoutError::Timeout) {
            tracing::error!("the disk does not answer; the last records may be lost");
        }
    }
}

/// Keeps each draft, however often it takes; once the deck stops, only while there is hope.
fn write(lines: &Receiver<Line>, stop: &Receiver<()>, recorder: &dyn Recorder, pause: Duration) {
    let mut tries = LAST_TRIES;
    for line in lines {
        let draft = match line {
            Line::Ended(draft) => draft,
            Line::Begun(started) => {
                // Who watches the recorder reports its failure.
                let _ = recorder.started(&started);
                continue;
            }
        };
        while tries > 0
            && let Err(why) = recorder.ended(&draft)
        {
            tracing::warn!(airing = %draft.airing, %why, "a record waits for the disk");
            if stop.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
                tries -= 1;
                std::thread::sleep(pause);
            }
        }
        if tries == 0 {
            lost(&draft, "the station stops and the disk fails");
        }
    }
}

fn lost(draft: &Draft, why: &str) {
    tracing::error!(?draft, why, "a record was lost");
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::{
        playout::deck::air,
        radio::{AiringItem, Gain, Priority, UtcMs},
        wire::RundownAiring,
    };

    /// A disk that fails so many times.
    struct Failing {
        failures: AtomicU32,
        kept: Mutex<Vec<u32>>,
    }

    impl Failing {
        fn new(failures: u32) -> Arc<Self> {
            Arc::new(Self { failures: failures.into(), kept: Mutex::default() })
        }

        fn fail(&self) -> Result<(), NotKept> {
            let one_less = |left: u32| left.checked_sub(1);
            match self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) {
                Ok(_) => Err(NotKept("disk full".into())),
                Err(_) => Ok(()),
            }
        }
    }

    impl Recorder for Failing {
        fn started(&self, _: &Started) -> Result<(), NotKept> {
            self.fail()
        }

        fn ended(&self, draft: &Draft) -> Result<(), NotKept> {
            self.fail()?;
            lock(&self.kept).push(draft.position);
            Ok(())
        }
    }

    fn drafts(count: usize) -> Vec<Draft> {
        let clip = AiringItem::Clip {
            clip: "clip".parse().unwrap(),
            sha256: crate::radio::ClipHash([1; 32]),
            bytes: 1,
            title: "Bluezone".into(),
            frames: 1,
            sample_rate: 1_000,
            gain: Gain::UNITY,
            chime: false,
        };
        let airing = RundownAiring {
            id: "s.a.20200930T220000Z".parse().unwrap(),
            schedule: "s".parse().unwrap(),
            campaign: None,
            title: "Bluezone".into(),
            priority: Priority::Routine,
            bulletin: None,
            starts_at: UtcMs(0),
            ends_at: UtcMs(1),
            latest_start: UtcMs(0),
            items: vec![clip; count],
        };
        air::drafts(&airing, 1, 1, None, None).into_iter().map(|(_, draft)| draft).collect()
    }

    const SHORT: Duration = Duration::from_millis(1);

    #[test]
    fn a_record_waits_for_the_disk_as_long_as_it_takes() {
        let disk = Failing::new(50);
        let watched = Arc::new(Watched::new(disk.clone()));
        let scribe = Scribe::new(watched.clone(), SHORT).unwrap();
        drafts(3).into_iter().for_each(|draft| scribe.keep(draft));
        while lock(&disk.kept).len() < 3 {
            std::thread::sleep(SHORT);
        }
        drop(scribe);
        assert_eq!(*lock(&disk.kept), [0, 1, 2]);
        assert_eq!(watched.fault(), None, "the fault outlived the success");
    }

    #[test]
    fn a_start_that_is_not_kept_is_a_fault_until_the_disk_takes_something() {
        let disk = Failing::new(1);
        let watched = Watched::new(disk);
        let started = Started { airing: drafts(1)[0].airing.clone(), attempt: 1, if_lost: vec![] };
        assert!(watched.started(&started).is_err());
        assert!(watched.fault().unwrap().contains("disk full"));
        watched.ended(&drafts(1)[0]).unwrap();
        assert_eq!(watched.fault(), None);
    }

    #[test]
    fn a_stop_does_not_try_for_ever_nor_for_each_record() {
        let disk = Failing::new(u32::MAX);
        let scribe = Scribe::new(disk.clone(), SHORT).unwrap();
        drafts(1_000).into_iter().for_each(|draft| scribe.keep(draft));
        let before = disk.failures.load(Ordering::SeqCst);
        drop(scribe);
        let tried = before - disk.failures.load(Ordering::SeqCst);
        assert!(tried < 100, "{tried} tries");
        assert!(lock(&disk.kept).is_empty());
    }
}
