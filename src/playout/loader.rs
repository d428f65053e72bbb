//! Brings one airing's sound from the disk to the deck, seconds ahead of its time, on a thread of its own.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel},
    },
    time::Duration,
};

use super::{
    record::{Recorder, Started},
    resample::Resampler,
    shape::Shape,
    source::{ClipFault, Clips},
    speaker::Format,
};
use crate::radio::AiringItem;

/// Frames of 50 ms at the usual rate; 50 of them keep the deck two and a half seconds ahead.
const BLOCK_FRAMES: usize = 2_400;
const BLOCKS_AHEAD: usize = 50;

/// What an airing needs to be loaded.
pub(super) struct Order {
    pub(super) items: Vec<AiringItem>,
    /// The frames that each item takes, counted from the airing's first.
    pub(super) spans: Vec<Range<u64>>,
    pub(super) format: Format,
    pub(super) started: Started,
    pub(super) clips: Arc<dyn Clips>,
    pub(super) recorder: Arc<dyn Recorder>,
}

/// What the loader says.
pub(super) enum Part {
    /// For each item, what is wrong with it before it begins.
    Checked(Vec<Option<ClipFault>>),
    /// A clip is not at the station yet; the loader waits to be asked again.
    Lacking,
    /// Frames, in order; silence where an item does not sound.
    Sound(Vec<f32>),
    /// An item broke after so many of its frames; silence follows.
    Broken { item: usize, frames: u64, fault: ClipFault },
}

/// How much an airing's start may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// For clips that are still being fetched.
    Whole,
    /// For nothing: a clip that is not there by now is missing.
    Now,
}

/// Whether an airing's start was kept. The deck and the loader share it: one calls off, the other keeps.
#[derive(Debug, Clone, Default)]
pub(super) struct Promise(Arc<AtomicU8>);

impl Promise {
    const MADE: u8 = 1;
    const OFF: u8 = 2;

    /// The airing will not begin; says whether its start is kept all the same, or just being kept.
    pub(super) fn call_off(&self) -> bool {
        self.settle(Self::OFF) == Err(Self::MADE)
    }

    fn make(&self) -> Result<(), Gone> {
        self.settle(Self::MADE).map(drop).map_err(|_| Gone)
    }

    fn settle(&self, how: u8) -> Result<u8, u8> {
        self.0.compare_exchange(0, how, Ordering::SeqCst, Ordering::SeqCst)
    }
}

/// An airing on its way.
pub(super) struct Loading {
    parts: Receiver<Part>,
    go: Sender<Start>,
    /// It was asked to start and has not said no.
    is_asked: bool,
    pub(super) faults: Option<Vec<Option<ClipFault>>>,
    pub(super) promise: Promise,
    pub(super) broken: Vec<(usize, u64, ClipFault)>,
    /// Sound that arrived and was not yet used, from `used` on.
    sound: Vec<f32>,
    used: usize,
    /// The thread has ended: no more sound comes.
    pub(super) ended: bool,
}

impl Loading {
    /// Verifies at once; waits for [`Loading::go`] before it decodes.
    pub(super) fn begin(order: Order) -> std::io::Result<Self> {
        let (to, parts) = sync_channel(BLOCKS_AHEAD);
        let (go, wait) = channel();
        let promise = Promise::default();
        let promised = promise.clone();
        std::thread::Builder::new().name("loa-loader".into()).spawn(move || {
            // An error only means that the deck wants it no more.
            let _ = load(&order, &wait, &promised, &to);
        })?;
        Ok(Self {
            parts,
            go,
            is_asked: false,
            faults: None,
            promise,
            broken: Vec::new(),
            sound: Vec::new(),
            used: 0,
            ended: false,
        })
    }

    /// Its time is near: keep the start, then decode. While clips are lacking it has to be asked again.
    pub(super) fn go(&mut self, start: Start) {
        if !std::mem::replace(&mut self.is_asked, true) {
            // The loader may have ended; that shows when its parts are read.
            let _ = self.go.send(start);
        }
    }

    /// Whether its answer is still to come.
    pub(super) fn is_coming(&self) -> bool {
        self.is_asked
    }

    /// Takes what has arrived, waiting so long for the first of it.
    pub(super) fn poll(&mut self, patience: Duration) {
        let mut patience = patience;
        while self.used == self.sound.len() && !self.ended {
            match self.parts.recv_timeout(patience) {
                Ok(Part::Checked(faults)) => self.faults = Some(faults),
                Ok(Part::Lacking) => self.is_asked = false,
                Ok(Part::Broken { item, frames, fault }) => self.broken.push((item, frames, fault)),
                Ok(Part::Sound(sound)) => (self.sound, self.used) = (sound, 0),
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => self.ended = true,
            }
            patience = Duration::ZERO;
        }
    }

    /// Whether sound is at hand, or none will come.
    pub(super) fn ready(&self) -> bool {
        self.used < self.sound.len() || self.ended
    }

    /// Whether not one of its clips can sound.
    pub(super) fn is_hopeless(&self, items: &[AiringItem]) -> bool {
        self.faults.as_ref().is_some_and(|faults| none_can_sound(items, faults))
    }

    /// Moves samples that are at hand.
    pub(super) fn take(&mut self, to: &mut [f32]) -> usize {
        let n = to.len().min(self.sound.len() - self.used);
        to[..n].copy_from_slice(&self.sound[self.used..self.used + n]);
        self.used += n;
        n
    }
}

fn none_can_sound(items: &[AiringItem], faults: &[Option<ClipFault>]) -> bool {
    let clips =
        items.iter().zip(faults).filter(|(item, _)| matches!(item, AiringItem::Clip { .. }));
    clips.clone().count() > 0 && clips.clone().all(|(_, fault)| fault.is_some())
}

struct Gone;

fn load(
    order: &Order,
    wait: &Receiver<Start>,
    promise: &Promise,
    to: &SyncSender<Part>,
) -> Result<(), Gone> {
    let verify = |item: &AiringItem| match item {
        AiringItem::Clip { sha256, .. } => order.clips.verify(sha256).err(),
        AiringItem::Pause { .. } => None,
    };
    let mut faults: Vec<_> = order.items.iter().map(verify).collect();
    loop {
        let start = wait.recv().map_err(|_| Gone)?;
        let mut lacks = false;
        for (item, fault) in order.items.iter().zip(&mut faults) {
            if matches!(fault, Some(ClipFault::Missing(_) | ClipFault::Corrupt(_))) {
                let now = verify(item);
                lacks |= matches!(now, Some(ClipFault::Missing(_)));
                // One that had rotted and is not there again is still told as what it was.
                if now.is_none() || !matches!(fault, Some(ClipFault::Corrupt(_))) {
                    *fault = now;
                }
            }
        }
        if !lacks || start == Start::Now {
            break;
        }
        to.send(Part::Lacking).map_err(|_| Gone)?;
    }
    to.send(Part::Checked(faults.clone())).map_err(|_| Gone)?;
    if none_can_sound(&order.items, &faults) {
        return Ok(());
    }
    promise.make()?;
    // Who watches the recorder reports its failure; it must not silence the station.
    let _ = order.recorder.started(&order.started);
    let mut out =
        Outlet { to, block: Vec::new(), channels: usize::from(order.format.channels.max(1)) };
    for (n, ((item, span), fault)) in order.items.iter().zip(&order.spans).zip(&faults).enumerate()
    {
        let frames = span.end - span.start;
        let AiringItem::Clip { .. } = item else {
            out.silence(frames)?;
            continue;
        };
        if fault.is_some() {
            out.silence(frames)?;
            continue;
        }
        let mut left = frames;
        if let Err(broken) = sound(order, item, &mut left, &mut out)? {
            to.send(Part::Broken { item: n, frames: frames - left, fault: broken })
                .map_err(|_| Gone)?;
            out.silence(left)?;
        }
    }
    out.flush()
}

/// Decodes one clip into exactly `left` frames; what is left at a fault stays in `left`.
fn sound(
    order: &Order,
    item: &AiringItem,
    left: &mut u64,
    out: &mut Outlet<'_>,
) -> Result<Result<(), ClipFault>, Gone> {
    let AiringItem::Clip { sha256, gain, .. } = item else { return Ok(Ok(())) };
    let opened = order.clips.open(sha256).and_then(|source| {
        let resampler = Resampler::new(source.format(), order.format)?;
        Ok((source, resampler))
    });
    let (mut source, mut resampler) = match opened {
        Ok(opened) => opened,
        Err(fault) => return Ok(Err(fault)),
    };
    let factor = gain.factor();
    let mut shape = Shape::new(order.format);
    let (mut converted, mut ready) = (Vec::new(), Vec::new());
    let total = *left;
    // Frames given to `shape`, which keeps some back: none beyond the item's own may enter it.
    let mut entered = 0;
    loop {
        converted.clear();
        let more = match source.next() {
            Ok(Some(samples)) => resampler.push(samples, &mut converted).map(|()| true),
            Ok(None) => resampler.finish(&mut converted).map(|()| false),
            Err(fault) => Err(fault),
        };
        let more = match more {
            Ok(more) => more,
            Err(fault) => {
                shape.finish(&mut ready);
                out.sound(&mut ready, left)?;
                return Ok(Err(fault));
            }
        };
        for sample in &mut converted {
            // The planned gain keeps the true peak below full scale; this bound holds whatever was planned.
            *sample = (*sample * factor).clamp(-1.0, 1.0);
        }
        let room =
            usize::try_from(total - entered).unwrap_or(usize::MAX).saturating_mul(out.channels);
        converted.truncate(room);
        entered += (converted.len() / out.channels) as u64;
        shape.push(&mut converted, &mut ready);
        out.sound(&mut ready, left)?;
        if !more || entered == total {
            break;
        }
    }
    shape.finish(&mut ready);
    out.sound(&mut ready, left)?;
    // A frame or two may be lost to rounding between the rates; more means that the file holds less than was measured.
    if order.format.span(*left) > Duration::from_millis(1) {
        let lost = order.format.span(*left).as_secs_f64();
        return Ok(Err(ClipFault::Decode(format!("it ended {lost:.3} s early"))));
    }
    out.silence(std::mem::take(left))?;
    Ok(Ok(()))
}

/// Cuts what comes into blocks.
struct Outlet<'a> {
    to: &'a SyncSender<Part>,
    block: Vec<f32>,
    channels: usize,
}

impl Outlet<'_> {
    fn sound(&mut self, samples: &mut Vec<f32>, left: &mut u64) -> Result<(), Gone> {
        *left -= (samples.len() / self.channels) as u64;
        for part in samples.chunks(BLOCK_FRAMES * self.channels) {
            self.push(part.iter().copied())?;
        }
        samples.clear();
        Ok(())
    }

    fn silence(&mut self, mut frames: u64) -> Result<(), Gone> {
        while frames > 0 {
            let n = usize::try_from(frames).unwrap_or(usize::MAX).min(BLOCK_FRAMES);
            self.push(std::iter::repeat_n(0.0, n * self.channels))?;
            frames -= n as u64;
        }
        Ok(())
    }

    fn push(&mut self, samples: impl Iterator<Item = f32>) -> Result<(), Gone> {
        self.block.extend(samples);
        if self.block.len() >= BLOCK_FRAMES * self.channels { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Gone> {
        if self.block.is_empty() {
            return Ok(());
        }
        let next = Vec::with_capacity(self.block.len());
        let block = std::mem::replace(&mut self.block, next);
        self.to.send(Part::Sound(block)).map_err(|_| Gone)
    }
}
