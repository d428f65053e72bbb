//! Sound out of a file, block by block, to the last frame.
//!
//! WAV, MP3, AAC (in M4A or ADTS), FLAC and Ogg Vorbis, known by their content and not by their name. What an encoder
//! put before and after the recording is left out where the file says so. A file that ends before its own header says
//! is damaged, and so is one whose decoder panics: nothing more comes of it.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use symphonia::core::{
    codecs::audio::{AudioDecoder, AudioDecoderOptions},
    errors::Error,
    formats::{FormatOptions, FormatReader, Track, TrackType, probe::Hint},
    io::{MediaSource, MediaSourceStream},
    meta::{MetadataOptions, StandardTag},
};
use unicode_normalization::UnicodeNormalization as _;

use super::container::{self, Container, Edit};

/// What the sound is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Frames a second, Hz.
    pub sample_rate: u32,
    /// Samples in a frame.
    pub channels: u16,
    /// The codec's short name, e.g. `mp3`, `aac`, `flac`, `vorbis`, `pcm_s16le`.
    pub codec: &'static str,
}

/// Why there is no (more) sound.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// None of the formats.
    #[error(
        "this is not a recording that Loa can play ({0}); use WAV, MP3, AAC/M4A, FLAC or Ogg Vorbis"
    )]
    NotAudio(String),
    /// Not one frame in it.
    #[error("there is no sound in the file")]
    Empty,
    /// The file is truncated or its content is broken.
    #[error("damaged at second {second:.1}: {why}")]
    Damaged {
        /// Where, in seconds of sound from the start.
        second: f64,
        /// What is wrong.
        why: String,
    },
    /// The decoder gave up in disorder.
    #[error("the decoder failed at second {second:.1}; the file is damaged")]
    Panicked {
        /// Where, in seconds of sound from the start.
        second: f64,
    },
    /// The bytes could not be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// Decodes one file. It is `Send`, holds a few hundred kilobytes, and never panics.
pub struct Decoder {
    reader: Box<dyn FormatReader>,
    codec: Box<dyn AudioDecoder>,
    track: u32,
    format: Format,
    title: Option<String>,
    /// Frames still to be dropped from the start.
    skip: u64,
    /// The frames that will have been given at the end; none: nobody knows.
    expected: Option<u64>,
    /// By how many frames the end may miss `expected`.
    slack: u64,
    /// Whether a packet's timestamp is the number of frames before it.
    stamped: bool,
    /// Frames decoded, and frames given.
    decoded: u64,
    given: u64,
    /// Frames decoded after the expected end.
    surplus: u64,
    block: Vec<f32>,
    /// The first block is decoded when the file is opened, because only it tells the format for certain.
    waiting: bool,
    ended: bool,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").field("format", &self.format).field("given", &self.given).finish()
    }
}

impl Decoder {
    /// Opens a file.
    ///
    /// # Errors
    /// As [`DecodeError`] says; [`DecodeError::Empty`] where there is not one frame.
    pub fn open(path: &Path) -> Result<Self, DecodeError> {
        Self::new(File::open(path)?)
    }

    /// Opens anything that can be read and sought in.
    ///
    /// # Errors
    /// As [`Decoder::open`].
    pub fn new<S>(mut source: S) -> Result<Self, DecodeError>
    where
        S: Read + Seek + Send + Sync + 'static,
    {
        let length = source.seek(SeekFrom::End(0))?;
        if length == 0 {
            return Err(DecodeError::Empty);
        }
        let Some(container) = container::look(&mut source)? else {
            return Err(DecodeError::NotAudio("its first bytes are of no known format".into()));
        };
        let source = Bytes { source, length };
        let mut decoder = guarded(0.0, || Self::probe(Box::new(source), &container))?;
        if let Container::Mpeg(Some(xing)) = container
            && xing.cut
            && decoder.expected.is_none()
        {
            decoder.expected = Some(u64::MAX);
        }
        if !decoder.advance()? {
            return Err(DecodeError::Empty);
        }
        decoder.waiting = true;
        Ok(decoder)
    }

    fn probe(source: Box<dyn MediaSource>, container: &Container) -> Result<Self, Error> {
        let stream = MediaSourceStream::new(source, Default::default());
        let mut reader = symphonia::default::get_probe().probe(
            &Hint::new(),
            stream,
            FormatOptions::default(),
            MetadataOptions::default(),
        )?;
        let title = match container {
            Container::Wav(title) => title.as_deref().map(clean),
            _ => title(reader.as_mut()),
        };
        let track = reader
            .default_track(TrackType::Audio)
            .ok_or(Error::Unsupported("there is no sound track"))?;
        let params = track.codec_params.as_ref().and_then(|p| p.audio());
        let params = params.ok_or(Error::Unsupported("an unknown codec"))?;
        // The trimming of an MP3 is done here: symphonia also trims by a length that it only estimated.
        let options =
            AudioDecoderOptions::default().gapless(!matches!(container, Container::Mpeg(_)));
        let codec = symphonia::default::get_codecs().make_audio_decoder(params, &options)?;
        let format = Format {
            sample_rate: params.sample_rate.unwrap_or(0),
            channels: 0,
            codec: codec.codec_info().short_name,
        };
        let (skip, expected, slack) = bounds(track, container, format.sample_rate);
        Ok(Self {
            track: track.id,
            reader,
            codec,
            format,
            title,
            skip,
            expected,
            slack,
            stamped: matches!(container, Container::Flac),
            decoded: 0,
            given: 0,
            surplus: 0,
            block: Vec::new(),
            waiting: false,
            ended: false,
        })
    }

    /// What the sound is.
    pub fn format(&self) -> Format {
        self.format
    }

    /// How many frames there should be, where the file says so.
    pub fn expected_frames(&self) -> Option<u64> {
        self.expected.filter(|frames| *frames < u64::MAX)
    }

    /// The title tag, NFC.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The next samples, interleaved, nominally between -1 and 1; none after the last frame.
    ///
    /// # Errors
    /// After an error there is no more sound: it says at which second.
    pub fn block(&mut self) -> Result<Option<&[f32]>, DecodeError> {
        if !std::mem::take(&mut self.waiting) && !self.advance()? {
            return Ok(None);
        }
        Ok(Some(&self.block))
    }

    fn second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a second is shown with one decimal")]
        let second = self.given as f64 / f64::from(self.format.sample_rate.max(1));
        second
    }

    fn damaged(&self, why: impl Into<String>) -> DecodeError {
        DecodeError::Damaged { second: self.second(), why: why.into() }
    }

    /// Fills the block; false at the end.
    fn advance(&mut self) -> Result<bool, DecodeError> {
        if self.ended {
            return Ok(false);
        }
        let advanced = self.next_block();
        self.ended = !matches!(advanced, Ok(true));
        advanced
    }

    fn next_block(&mut self) -> Result<bool, DecodeError> {
        loop {
            let second = self.second();
            match guarded(second, || self.reader.next_packet()) {
                Ok(None) => return self.finish(),
                Ok(Some(packet)) if packet.track_id != self.track => continue,
                Ok(Some(packet)) => {
                    let expected_stamp = i64::try_from(self.decoded).ok();
                    if self.stamped && Some(packet.pts.get()) != expected_stamp {
                        return Err(self.damaged("a part is missing"));
                    }
                    let (codec, block) = (&mut self.codec, &mut self.block);
                    let spec = guarded(second, || {
                        let sound = codec.decode(&packet).map_err(|e| match e {
                            Error::IoError(_) => Error::DecodeError("a part is missing"),
                            e => e,
                        })?;
                        sound.copy_to_vec_interleaved::<f32>(block);
                        Ok((sound.spec().rate(), sound.spec().channels().count(), sound.frames()))
                    })?;
                    self.check_format(spec.0, spec.1)?;
                    self.trim(spec.2 as u64)?;
                }
                Err(e) => return Err(e),
            }
            if !self.block.is_empty() {
                return Ok(true);
            }
        }
    }

    fn check_format(&mut self, rate: u32, channels: usize) -> Result<(), DecodeError> {
        let channels = u16::try_from(channels).unwrap_or(u16::MAX);
        if self.format.channels == 0 && rate > 0 && channels > 0 {
            if self.format.sample_rate != rate {
                self.rescale(rate);
            }
            self.format.channels = channels;
        }
        if (rate, channels) == (self.format.sample_rate, self.format.channels) {
            Ok(())
        } else {
            Err(self.damaged("the number of channels or the sample rate changes"))
        }
    }

    /// The codec runs at another rate than the container told.
    fn rescale(&mut self, rate: u32) {
        let told = u128::from(self.format.sample_rate.max(1));
        let scaled = |n: u64| u64::try_from(u128::from(n) * u128::from(rate) / told).unwrap_or(n);
        (self.skip, self.expected) = (scaled(self.skip), self.expected.map(scaled));
        self.slack = self.slack.max(2048);
        self.format.sample_rate = rate;
    }

    /// Drops what an encoder put before and after the recording.
    fn trim(&mut self, frames: u64) -> Result<(), DecodeError> {
        self.decoded += frames;
        let channels = usize::from(self.format.channels);
        let from = self.skip.min(frames);
        self.skip -= from;
        let room = self.expected.unwrap_or(u64::MAX) - self.given;
        let keep = (frames - from).min(room);
        self.surplus += frames - from - keep;
        self.given += keep;
        let index = |frames: u64| usize::try_from(frames).unwrap_or(usize::MAX) * channels;
        self.block.truncate(index(from + keep));
        self.block.drain(..index(from));
        // No encoder pads by a second: the header is older than the file, and half of it would never be heard.
        if self.surplus > u64::from(self.format.sample_rate) {
            return Err(self
                .damaged("the sound goes on after the end that its header tells; save it again"));
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<bool, DecodeError> {
        match self.expected {
            Some(u64::MAX) => Err(self.damaged("the file ends too early")),
            Some(expected) if self.given.saturating_add(self.slack) < expected => {
                #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
                let told = expected as f64 / f64::from(self.format.sample_rate.max(1));
                Err(self.damaged(format!("the file ends too early, it should last {told:.1} s")))
            }
            _ => Ok(false),
        }
    }
}

/// Frames to drop from the start, frames to give, and by how many the end may miss them.
fn bounds(track: &Track, container: &Container, rate: u32) -> (u64, Option<u64>, u64) {
    match container {
        Container::Wav(_) | Container::Flac | Container::Ogg => (0, track.num_frames, 0),
        Container::Mp4(Some(edit)) => edited(track, *edit, rate),
        Container::Mp4(None) => (0, track.num_frames, 0),
        Container::Mpeg(Some(xing)) if xing.counted => match track.delay {
            Some(delay) => (u64::from(delay), track.num_frames, 0),
            // Lesser encoders disagree whether the frame that holds the header is counted.
            None => (0, track.num_frames, 1152),
        },
        Container::Mpeg(_) | Container::Adts => (0, None, 0),
    }
}

fn edited(track: &Track, edit: Edit, rate: u32) -> (u64, Option<u64>, u64) {
    let scaled = |n: u64, scale: u32| {
        let frames = u128::from(n) * u128::from(rate) / u128::from(scale.max(1));
        u64::try_from(frames).unwrap_or(u64::MAX)
    };
    let start = scaled(edit.start, edit.media_scale);
    let whole = track.num_frames.map(|frames| frames.saturating_sub(start));
    // The length is often told in milliseconds only, the track's own in frames.
    let grain = scaled(1, edit.length_scale) + 1;
    let told = edit.length.map(|n| scaled(n, edit.length_scale));
    let expected = match (whole, told) {
        (Some(whole), Some(told)) if told + grain < whole => Some(told),
        (Some(whole), _) => Some(whole),
        (None, told) => told,
    };
    (start, expected, 0)
}

/// Runs the decoder so that a panic in it is an error of this file.
fn guarded<T>(second: f64, run: impl FnOnce() -> Result<T, Error>) -> Result<T, DecodeError> {
    let damaged = |why: &str| DecodeError::Damaged { second, why: why.to_owned() };
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(Error::IoError(e))) if e.kind() == io::ErrorKind::UnexpectedEof => {
            Err(damaged("the file ends too early"))
        }
        Ok(Err(Error::IoError(e))) if e.raw_os_error().is_some() => Err(e.into()),
        Ok(Err(Error::IoError(e))) => Err(damaged(&e.to_string())),
        Ok(Err(Error::Unsupported(what))) if what.contains("missing moov") => {
            Err(damaged("the file ends before its index; record or copy it again"))
        }
        Ok(Err(Error::Unsupported(what))) => Err(DecodeError::NotAudio(what.to_owned())),
        Ok(Err(Error::DecodeError(what) | Error::LimitError(what))) => Err(damaged(what)),
        Ok(Err(Error::ResetRequired)) => Err(damaged("another recording follows in the same file")),
        Ok(Err(e)) => Err(damaged(&e.to_string())),
        Err(_) => Err(DecodeError::Panicked { second }),
    }
}

fn title(reader: &mut dyn FormatReader) -> Option<String> {
    let mut metadata = reader.metadata();
    loop {
        let tags = metadata.current().into_iter().flat_map(|revision| {
            revision
                .media
                .tags
                .iter()
                .chain(revision.per_track.iter().flat_map(|t| &t.metadata.tags))
        });
        let mut title = tags.filter_map(|tag| match &tag.std {
            Some(StandardTag::TrackTitle(title)) => Some(clean(title)),
            _ => None,
        });
        if let Some(title) = title.rfind(|title| !title.is_empty()) {
            return Some(title);
        }
        metadata.pop()?;
    }
}

/// One line of at most 200 characters, NFC.
fn clean(text: &str) -> String {
    let line: String = text.nfc().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    line.trim().to_owned()
}

struct Bytes<S> {
    source: S,
    length: u64,
}

impl<S: Read> Read for Bytes<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.read(buffer)
    }
}

impl<S: Seek> Seek for Bytes<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}

impl<S: Read + Seek + Send + Sync> MediaSource for Bytes<S> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}
