//! What a device's callback reports, without a lock, and what follows from it.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence},
    time::Duration,
};

use super::Format;

/// One report: how far the device was after a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Report {
    /// Frames that the device has asked for, silence included.
    pub(super) asked: u64,
    /// Frames of ours among them.
    pub(super) taken: u64,
    /// Monotonic instant at which the frame after them leaves, in nanoseconds.
    pub(super) leaves: u64,
    /// Monotonic instant of the callback, in nanoseconds.
    pub(super) at: u64,
}

/// A sequence lock for one writer: the callback never waits, a reader tries again when it was written meanwhile.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    sequence: AtomicU64,
    asked: AtomicU64,
    taken: AtomicU64,
    leaves: AtomicU64,
    at: AtomicU64,
    pub(super) xruns: AtomicU32,
    /// The device says that it failed: a hint only.
    pub(super) complained: AtomicBool,
}

impl Gauge {
    pub(super) fn publish(&self, report: Report) {
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(sequence.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        self.asked.store(report.asked, Ordering::Relaxed);
        self.taken.store(report.taken, Ordering::Relaxed);
        self.leaves.store(report.leaves, Ordering::Relaxed);
        self.at.store(report.at, Ordering::Relaxed);
        self.sequence.store(sequence.wrapping_add(2), Ordering::Release);
    }

    /// None before the first report.
    pub(super) fn read(&self) -> Option<Report> {
        loop {
            let before = self.sequence.load(Ordering::Acquire);
            let report = Report {
                asked: self.asked.load(Ordering::Relaxed),
                taken: self.taken.load(Ordering::Relaxed),
                leaves: self.leaves.load(Ordering::Relaxed),
                at: self.at.load(Ordering::Relaxed),
            };
            fence(Ordering::Acquire);
            if before.is_multiple_of(2) && before == self.sequence.load(Ordering::Relaxed) {
                return (before > 0).then_some(report);
            }
            std::hint::spin_loop();
        }
    }
}

/// Reports that are remembered: about two seconds.
const REMEMBERED: usize = 24;

/// The device's time line: the instant at which its frame 0 would have left. One report is off by what the system
/// was busy with at that moment; the median of many is not.
#[derive(Debug)]
pub(super) struct Line {
    format: Format,
    /// Callback instant and origin, both in nanoseconds.
    origins: VecDeque<(u64, i64)>,
    pub(super) last: Report,
}

impl Line {
    pub(super) fn new(format: Format) -> Self {
        Self { format, origins: VecDeque::with_capacity(REMEMBERED), last: Report::default() }
    }

    /// Takes a report; says whether it was news.
    pub(super) fn take(&mut self, report: Report) -> bool {
        if report.asked == self.last.asked {
            return false;
        }
        self.last = report;
        if self.origins.len() == REMEMBERED {
            self.origins.pop_front();
        }
        let origin = signed(report.leaves) - signed(self.format.nanos(report.asked));
        self.origins.push_back((report.at, origin));
        true
    }

    /// The instant at which the frame after all that were asked for leaves, in nanoseconds.
    pub(super) fn leaves(&self) -> u64 {
        let mut origins: Vec<i64> = self.origins.iter().map(|(_, origin)| *origin).collect();
        origins.sort_unstable();
        let origin = origins.get(origins.len() / 2).copied().unwrap_or_default();
        u64::try_from(origin + signed(self.format.nanos(self.last.asked))).unwrap_or_default()
    }

    /// The pace over at least this span, up to the last report: 1 is right; none while there is too little.
    pub(super) fn pace(&self, over: Duration) -> Option<f64> {
        let (at, origin) = *self.origins.back()?;
        let over = u64::try_from(over.as_nanos()).unwrap_or(u64::MAX);
        let then = self.origins.iter().rev().find(|(then, _)| at - then >= over)?;
        // An origin that stays means the right pace; one that drops by the time passed, twice that.
        Some(1.0 - (origin - then.1) as f64 / (at - then.0) as f64)
    }
}

fn signed(nanos: u64) -> i64 {
    i64::try_from(nanos).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format = Format { sample_rate: 48_000, channels: 1 };

    /// Reports of 100 ms each at a pace, one of them disturbed.
    fn line(pace: f64) -> Line {
        let mut line = Line::new(FORMAT);
        for n in 1..=20u64 {
            let late = if n == 17 { 3_000_000 } else { 0 };
            let span = Duration::from_millis(n * 100).div_f64(pace);
            let at = u64::try_from(span.as_nanos()).unwrap();
            let (asked, leaves) = (n * 4_800, at + 50_000_000 + late);
            assert!(line.take(Report { asked, taken: asked, leaves, at }));
        }
        line
    }

    #[test]
    fn one_disturbed_report_moves_nothing() {
        assert_eq!(line(1.0).leaves(), 2_050_000_000);
    }

    #[test]
    fn the_pace_shows() {
        let pace = |true_pace| line(true_pace).pace(Duration::from_millis(500)).unwrap();
        assert!((pace(1.0) - 1.0).abs() < 1e-6);
        assert!((pace(0.8) - 0.8).abs() < 1e-6);
        let fast = Line::new(FORMAT);
        assert_eq!(fast.pace(Duration::from_millis(500)), None);
    }

    #[test]
    fn a_report_is_never_seen_half() {
        let gauge = std::sync::Arc::new(Gauge::default());
        assert_eq!(gauge.read(), None);
        let writer = gauge.clone();
        let thread = std::thread::spawn(move || {
            for n in 1..200_000 {
                writer.publish(Report { asked: n, taken: n, leaves: n, at: n });
            }
        });
        while !thread.is_finished() {
            if let Some(seen) = gauge.read() {
                let n = seen.asked;
                assert_eq!(seen, Report { asked: n, taken: n, leaves: n, at: n });
            }
        }
        thread.join().unwrap();
    }
}
