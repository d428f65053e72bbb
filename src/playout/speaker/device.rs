//! A sound device by way of cpal: PulseAudio (or PipeWire's) where a server answers, else ALSA.
//!
//! cpal's streams can hang in being opened, asked and dropped, so each lives on a thread that may be left behind.
//! Only the frames that a device asks for, and the instants it gives, are believed; its errors are hints.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    time::Duration,
};

use cpal::{
    BufferSize, FromSample, HostId, SampleFormat, SizedSample, StreamConfig,
    traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _},
};

use super::{
    Format, Position, Speaker, SpeakerError, card,
    gauge::{Gauge, Line, Report},
};
use crate::{
    clock::{Clock, Reading},
    radio::Evidence,
};

/// Frames a callback: 85 ms at 48 kHz. A power of two, as some drivers stumble over others; fewer cost more CPU.
const PERIOD: u32 = 4_096;
/// What the device has not yet asked for.
const HOLDS: Duration = Duration::from_millis(500);
/// A device that asks for nothing so long is dead. A fault shows within two seconds.
const STALL: Duration = Duration::from_millis(1_500);
/// The same, when it has complained as well.
const STALL_AFTER_COMPLAINT: Duration = Duration::from_millis(400);
const OPENS_WITHIN: Duration = Duration::from_secs(3);
/// A server that had nothing to play may have rendered two seconds of silence ahead, and asks for nothing until they are
/// over; then a stream takes a while to find its pace. Four seconds are enough to say that it never will.
const FINDS_PACE_WITHIN: Duration = Duration::from_secs(4);
const PACE_WINDOW: Duration = Duration::from_millis(400);

/// Threads that hang in cpal: while there are any, their server is not asked again and again.
static HANGING: AtomicU32 = AtomicU32::new(0);
static LAST_TRY: AtomicU64 = AtomicU64::new(0);
const TRY_DESPITE: Duration = Duration::from_secs(15);

pub(super) struct Device {
    clock: Arc<dyn Clock>,
    name: String,
    format: Format,
    ring: rtrb::Producer<f32>,
    gauge: Arc<Gauge>,
    line: Line,
    progress_at: Duration,
    /// Dropped, it ends the thread that owns the stream.
    _keeper: Sender<()>,
}

struct Opened {
    name: String,
    format: Format,
    ring: rtrb::Producer<f32>,
}

impl Device {
    /// Opens the system's device or a named one, and waits until it takes silence at the right pace.
    pub(super) fn open(wanted: Option<&str>, clock: Arc<dyn Clock>) -> Result<Self, SpeakerError> {
        let now = clock.read().monotonic;
        let last_try = Duration::from_millis(LAST_TRY.load(Ordering::Relaxed));
        if HANGING.load(Ordering::Acquire) > 0 && now.saturating_sub(last_try) < TRY_DESPITE {
            return Err(SpeakerError::Missing("the sound server hangs".into()));
        }
        LAST_TRY.store(u64::try_from(now.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        let gauge = Arc::new(Gauge::default());
        let (to, opened) = channel();
        let (keeper, until) = channel::<()>();
        let (wanted, shared, times) = (wanted.map(str::to_owned), gauge.clone(), clock.clone());
        std::thread::Builder::new()
            .name("loa-device".into())
            .spawn(move || {
                let made = within(&HANGING, || make_stream(wanted.as_deref(), &shared, &times));
                let stream = match made {
                    Ok((stream, opened)) => {
                        if to.send(Ok(opened)).is_err() {
                            tracing::debug!("a sound device opened after it was given up");
                        }
                        stream
                    }
                    Err(why) => {
                        let _ = to.send(Err(why));
                        return;
                    }
                };
                let _ = until.recv();
                within(&HANGING, || drop(stream));
            })
            .map_err(|why| SpeakerError::Lost(why.to_string()))?;
        let Opened { name, format, ring } = match opened.recv_timeout(OPENS_WITHIN) {
            Ok(opened) => opened?,
            Err(RecvTimeoutError::Timeout) => {
                return Err(SpeakerError::Missing("the sound server does not answer".into()));
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(SpeakerError::Lost("its driver failed while it was opened".into()));
            }
        };
        let line = Line::new(format);
        let progress_at = clock.read().monotonic;
        let mut device =
            Self { clock, name, format, ring, gauge, line, progress_at, _keeper: keeper };
        device.find_pace()?;
        Ok(device)
    }

    fn find_pace(&mut self) -> Result<(), SpeakerError> {
        let begun = self.clock.read().monotonic;
        loop {
            std::thread::sleep(Duration::from_millis(20));
            self.look_within(FINDS_PACE_WITHIN)?;
            let waited = self.clock.read().monotonic.saturating_sub(begun);
            if self.line.pace(PACE_WINDOW).is_some_and(|pace| (0.95..=1.05).contains(&pace)) {
                return Ok(());
            }
            // A stream fills its buffers at first; two seconds of sound more than time has passed is no buffer.
            let asked = self.format.span(self.line.last.asked);
            let is_eaten = asked > waited * 2 + Duration::from_secs(2);
            if is_eaten || waited > FINDS_PACE_WITHIN {
                let percent = asked.as_millis() * 100 / waited.as_millis().max(1);
                return Err(SpeakerError::WrongPace(u32::try_from(percent).unwrap_or(u32::MAX)));
            }
        }
    }

    /// Reads the callback's last report, and judges the device by it.
    fn look(&mut self) -> Result<(), SpeakerError> {
        self.look_within(STALL)
    }

    fn look_within(&mut self, stall: Duration) -> Result<(), SpeakerError> {
        let now = self.clock.read().monotonic;
        if self.gauge.read().is_some_and(|report| self.line.take(report)) {
            self.progress_at = now;
        }
        let silent_for = now.saturating_sub(self.progress_at);
        let complained = self.gauge.complained.load(Ordering::Relaxed);
        if complained && silent_for > STALL_AFTER_COMPLAINT {
            return Err(SpeakerError::Lost(format!("{} takes no more frames", self.name)));
        }
        if silent_for > stall {
            return Err(SpeakerError::Stalled(stall));
        }
        // Too slow shows in the record; far too fast would eat the programme before anybody could say so.
        match self.line.pace(Duration::from_secs(1)) {
            Some(pace) if pace > 1.5 =>
            {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a cast saturates"
                )]
                Err(SpeakerError::WrongPace((pace * 100.0) as u32))
            }
            _ => Ok(()),
        }
    }
}

impl Speaker for Device {
    fn format(&self) -> Format {
        self.format
    }

    fn write(&mut self, samples: &[f32]) -> Result<(), SpeakerError> {
        let mut rest = samples;
        loop {
            self.look()?;
            (_, rest) = self.ring.push_partial_slice(rest);
            if rest.is_empty() {
                return Ok(());
            }
            let frames = (rest.len() / usize::from(self.format.channels)) as u64;
            // Whole periods leave at once, so half of one is the right grain of waiting.
            std::thread::sleep(self.format.span(frames.max(u64::from(PERIOD) / 2)));
        }
    }

    fn position(&mut self) -> Position {
        // A failure shows at the next write.
        let _ = self.look();
        let now = self.clock.read();
        let monotonic = Duration::from_nanos(self.line.leaves());
        let ahead = signed_us(monotonic) - signed_us(now.monotonic);
        Position {
            taken: self.line.last.taken,
            leaves: Reading { utc_us: now.utc_us.saturating_add(ahead), monotonic },
            xruns: self.gauge.xruns.load(Ordering::Relaxed),
        }
    }

    fn check(&mut self) -> Result<(), SpeakerError> {
        self.look()
    }

    fn evidence(&self) -> Evidence {
        Evidence::Played
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// Does what may hang, counted while it lasts: also where it ends by a panic.
fn within<T>(count: &AtomicU32, what: impl FnOnce() -> T) -> T {
    struct Inside<'a>(&'a AtomicU32);
    impl Drop for Inside<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::AcqRel);
        }
    }
    count.fetch_add(1, Ordering::AcqRel);
    let _inside = Inside(count);
    what()
}

fn signed_us(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

fn missing(why: impl std::fmt::Display) -> SpeakerError {
    // Those who say why may end with a full stop; our sentence goes on.
    SpeakerError::Missing(why.to_string().trim_end_matches('.').to_owned())
}

fn make_stream(
    wanted: Option<&str>,
    gauge: &Arc<Gauge>,
    clock: &Arc<dyn Clock>,
) -> Result<(cpal::Stream, Opened), SpeakerError> {
    let device = find(wanted)?;
    let id = device.id().map_err(missing)?;
    // PulseAudio without a sound card offers this, and eats what it is given.
    if id.host() == HostId::PulseAudio && id.id() == "auto_null" {
        return Err(missing("the sound server has no sound card, only a dummy"));
    }
    let preferred = device.default_output_config().map_err(missing)?;
    let format = Format { sample_rate: preferred.sample_rate(), channels: preferred.channels() };
    let samples = format.frames(HOLDS) * u64::from(format.channels);
    let (ring, tap) = rtrb::RingBuffer::new(usize::try_from(samples).unwrap_or(usize::MAX));
    let tap = Tap {
        ring: tap,
        gauge: gauge.clone(),
        clock: clock.clone(),
        format,
        scratch: vec![0.0; 16 * PERIOD as usize],
        report: Report::default(),
    };
    let sample_format = match (id.host(), preferred.sample_format()) {
        // The server converts, and better than we would.
        (HostId::PulseAudio, _) => SampleFormat::F32,
        (_, other) => other,
    };
    let stream = match sample_format {
        SampleFormat::F32 => tap.stream::<f32>(&device),
        SampleFormat::I16 => tap.stream::<i16>(&device),
        SampleFormat::I32 => tap.stream::<i32>(&device),
        SampleFormat::U8 => tap.stream::<u8>(&device),
        other => {
            return Err(missing(format!("{id} wants samples as {other}, which Loa cannot give")));
        }
    }
    .map_err(missing)?;
    stream.play().map_err(missing)?;
    Ok((stream, Opened { name: id.to_string(), format, ring }))
}

fn find(wanted: Option<&str>) -> Result<cpal::Device, SpeakerError> {
    let has_server = cpal::available_hosts().contains(&HostId::PulseAudio);
    let server = has_server.then(|| cpal::host_from_id(HostId::PulseAudio));
    let host = match server {
        Some(Ok(host)) => host,
        // ALSA's own way to the same server would hang or take its device away; a server that is gone is soon back.
        Some(Err(why)) => return Err(missing(why)),
        None if !card::may_be_there() => return Err(missing("the machine has no sound card")),
        None => cpal::host_from_id(HostId::Alsa).map_err(missing)?,
    };
    let Some(wanted) = wanted else {
        return host.default_output_device().ok_or_else(|| missing("the system has none"));
    };
    let mut names = Vec::new();
    for device in host.output_devices().map_err(missing)? {
        let Ok(id) = device.id() else { continue };
        let is_wanted = id.id() == wanted || id.to_string() == wanted;
        if is_wanted || device.description().is_ok_and(|about| about.name() == wanted) {
            return Ok(device);
        }
        names.push(id.id().to_owned());
    }
    Err(missing(format!("none is called {wanted}; there are: {}", names.join(", "))))
}

/// The callback's side. It neither allocates, locks, logs nor waits.
struct Tap {
    ring: rtrb::Consumer<f32>,
    gauge: Arc<Gauge>,
    clock: Arc<dyn Clock>,
    format: Format,
    scratch: Vec<f32>,
    report: Report,
}

impl Tap {
    fn stream<T>(mut self, device: &cpal::Device) -> Result<cpal::Stream, cpal::Error>
    where
        T: SizedSample + FromSample<f32>,
    {
        let config = StreamConfig {
            channels: self.format.channels,
            sample_rate: self.format.sample_rate,
            buffer_size: BufferSize::Fixed(PERIOD),
        };
        let gauge = self.gauge.clone();
        device.build_output_stream(
            config,
            move |out: &mut [T], info: &cpal::OutputCallbackInfo| {
                let times = info.timestamp();
                self.fill(out, times.playback.saturating_duration_since(times.callback));
            },
            move |_| gauge.complained.store(true, Ordering::Relaxed),
            Some(OPENS_WITHIN),
        )
    }

    fn fill<T: SizedSample + FromSample<f32>>(&mut self, out: &mut [T], leaves_in: Duration) {
        let now = self.clock.monotonic();
        let channels = usize::from(self.format.channels);
        let whole = out.len().min(self.ring.slots()) / channels * channels;
        let (ours, none) = out.split_at_mut(whole);
        for part in ours.chunks_mut(self.scratch.len() / channels * channels) {
            let samples = &mut self.scratch[..part.len()];
            let _ = self.ring.pop_partial_slice(samples);
            for (to, from) in part.iter_mut().zip(samples) {
                *to = T::from_sample(*from);
            }
        }
        none.fill(T::EQUILIBRIUM);
        // Before the first frame there is nothing to run out of.
        if !none.is_empty() && self.report.taken > 0 {
            self.gauge.xruns.fetch_add(1, Ordering::Relaxed);
        }
        let frames = (out.len() / channels) as u64;
        self.report.asked += frames;
        self.report.taken += (whole / channels) as u64;
        let leaves = now + leaves_in;
        self.report.leaves = nanos(leaves) + self.format.nanos(frames);
        self.report.at = nanos(now);
        self.gauge.publish(self.report);
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_that_panics_does_not_count_as_hanging() {
        let count = AtomicU32::new(0);
        assert_eq!(within(&count, || count.load(Ordering::Acquire)), 1);
        let driver = || within(&count, || panic!("on purpose"));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(driver)).is_err());
        assert_eq!(count.load(Ordering::Acquire), 0);
    }

    #[test]
    fn a_reason_that_ends_with_a_full_stop_is_still_one_sentence() {
        let kind = cpal::ErrorKind::DeviceNotAvailable;
        let said = missing(cpal::Error::from(kind)).to_string();
        assert!(said.contains("disconnected. Connect one"), "{said}");
    }
}
