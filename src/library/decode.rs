use std::{
    fs::File,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use symphonia::core::{
    codecs::audio::{AudioDecoder, AudioDecoderOptions},
    errors::Error,
    formats::{FormatOptions, FormatReader, TrackType, probe::Hint},
    io::{MediaSource, MediaSourceStream},
    meta::{MetadataOptions, StandardTag},
};
use unicode_normalization::UnicodeNormalization;

use super::Refusal;

/// Most channels that are played.
const CHANNELS: usize = 8;

/// A codec's frames that a container's own count may be off by without harm: two AAC blocks.
const SLACK: u64 = 2 * 1024;

/// How samples lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Frames a second, Hz.
    pub sample_rate: u32,
    /// Samples in a frame.
    pub channels: usize,
}

/// Decodes a recording from its first frame to its last, block by block.
///
/// The container is recognised by its content. A panic of the decoder is an error of that file and nothing more.
pub struct Decoder {
    reader: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    format: Format,
    /// The frames that the container promises, where its promise is exact.
    promised: Option<u64>,
    decoded: u64,
    block: Vec<f32>,
    /// Decoded while opening, to learn the format, and not yet handed out.
    first: bool,
    ended: bool,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder")
            .field("format", &self.format)
            .field("decoded", &self.decoded)
            .finish_non_exhaustive()
    }
}

impl Decoder {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Self, Refusal> {
        Self::of(Box::new(File::open(path).map_err(unreadable)?))
    }

    /// Opens bytes from anywhere.
    pub fn of(source: Box<dyn MediaSource>) -> Result<Self, Refusal> {
        guarded(0, || Self::probe(source))
    }

    fn probe(source: Box<dyn MediaSource>) -> Result<Self, Refusal> {
        let stream = MediaSourceStream::new(source, Default::default());
        let reader = symphonia::default::get_probe()
            .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
            .map_err(|_| Refusal::NotAudio)?;
        let track = reader.default_track(TrackType::Audio).ok_or(Refusal::NotAudio)?;
        let parameters = track
            .codec_params
            .as_ref()
            .and_then(|parameters| parameters.audio())
            .ok_or(Refusal::NotAudio)?;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|_| Refusal::NotAudio)?;
        let is_mpeg = decoder.codec_info().short_name.starts_with("mp");
        // An MP3 without an encoder's header has only an estimate of its length.
        let promised =
            if is_mpeg && track.delay.is_none() { None } else { track.num_frames.filter(finite) };
        let mut this = Self {
            track: track.id,
            reader,
            decoder,
            format: Format { sample_rate: 0, channels: 0 },
            promised,
            decoded: 0,
            block: Vec::new(),
            first: false,
            ended: false,
        };
        this.first = this.advance()?;
        Ok(this)
    }

    /// How the samples lie; no channels when the recording is empty.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The codec's short name, e.g. `mp3`.
    pub fn codec(&self) -> &'static str {
        self.decoder.codec_info().short_name
    }

    /// The frames that the container promises, where it does so exactly.
    pub fn promised_frames(&self) -> Option<u64> {
        self.promised
    }

    /// The title among the tags, NFC.
    pub fn title(&mut self) -> Option<String> {
        let mut metadata = self.reader.metadata();
        let revision = metadata.skip_to_latest()?;
        let tags = revision
            .media
            .tags
            .iter()
            .chain(revision.per_track.iter().flat_map(|track| &track.metadata.tags));
        tags.filter_map(|tag| tag.std.as_ref())
            .find_map(|tag| match tag {
                StandardTag::TrackTitle(title) => Some(title.trim().nfc().collect::<String>()),
                _ => None,
            })
            .filter(|title| !title.is_empty())
    }

    /// The next block of interleaved samples; none after the last frame.
    ///
    /// # Errors
    /// [`Refusal::Damaged`] or [`Refusal::DecoderFailed`], with the place.
    pub fn next_block(&mut self) -> Result<Option<&[f32]>, Refusal> {
        if self.first {
            self.first = false;
            return Ok(Some(&self.block));
        }
        if self.ended {
            return Ok(None);
        }
        let at_ms = self.at_ms();
        let more = guarded(at_ms, || self.advance())?;
        Ok(more.then_some(self.block.as_slice()))
    }

    /// Decodes up to the next block that holds a frame. Returns whether there was one.
    fn advance(&mut self) -> Result<bool, Refusal> {
        loop {
            let packet = match self.reader.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return self.end().map(|()| false),
                Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return self.end().map(|()| false);
                }
                Err(error) => return Err(self.damaged(&error)),
            };
            if packet.track_id != self.track {
                continue;
            }
            let buffer = match self.decoder.decode(&packet) {
                Ok(buffer) => buffer,
                // The first frames of a cut from a longer MP3 lean on bytes that are not there.
                Err(Error::DecodeError(_)) if self.decoded == 0 => continue,
                Err(error) => return Err(self.damaged(&error)),
            };
            let spec = buffer.spec();
            let format = Format { sample_rate: spec.rate(), channels: spec.channels().count() };
            if format.channels > CHANNELS {
                return Err(Refusal::TooManyChannels(format.channels));
            }
            let frames = buffer.frames() as u64;
            buffer.copy_to_vec_interleaved(&mut self.block);
            if frames == 0 {
                continue;
            }
            if self.decoded == 0 {
                self.format = format;
            } else if self.format != format {
                let what = "rate or channels change in the middle".to_owned();
                return Err(Refusal::Damaged { at_ms: self.at_ms(), what });
            }
            self.decoded += frames;
            return Ok(true);
        }
    }

    fn end(&mut self) -> Result<(), Refusal> {
        self.ended = true;
        match self.promised {
            Some(promised) if self.decoded.saturating_add(SLACK) < promised => {
                let rate = u64::from(self.format.sample_rate.max(1));
                let what = format!("{} s are missing", (promised - self.decoded).div_ceil(rate));
                Err(Refusal::Damaged { at_ms: self.at_ms(), what })
            }
            _ => Ok(()),
        }
    }

    fn damaged(&self, error: &Error) -> Refusal {
        Refusal::Damaged { at_ms: self.at_ms(), what: error.to_string() }
    }

    fn at_ms(&self) -> u64 {
        self.decoded.saturating_mul(1000) / u64::from(self.format.sample_rate.max(1))
    }
}

/// A WAV that was written to a pipe promises four gigabytes.
fn finite(frames: &u64) -> bool {
    *frames > 0 && *frames < u64::from(u32::MAX) / 16
}

pub(super) fn unreadable(error: io::Error) -> Refusal {
    Refusal::Unreadable(error.to_string())
}

/// Runs a step of the decoder; its panic becomes a refusal.
fn guarded<T>(at_ms: u64, step: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or(Err(Refusal::DecoderFailed { at_ms }))
}
