//! A WAV file that can be played at any moment while it grows (RIFF/WAVE, 16-bit PCM).

use std::{
    fs::File,
    io::{BufWriter, Seek, SeekFrom, Write},
    path::PathBuf,
};

use super::{Format, SpeakerError};

/// RIFF counts in 32 bits; the file begins anew before that.
const MOST_BYTES: u32 = 4_000_000_000;

#[derive(Debug)]
pub(super) struct Wav {
    path: PathBuf,
    format: Format,
    file: BufWriter<File>,
    data_bytes: u32,
    unsaid_bytes: u32,
}

impl Wav {
    pub(super) fn create(path: PathBuf, format: Format) -> Result<Self, SpeakerError> {
        let begun = File::create(&path).and_then(|file| {
            let mut file = BufWriter::new(file);
            write_header(&mut file, format, 0)?;
            Ok(file)
        });
        match begun {
            Ok(file) => Ok(Self { path, format, file, data_bytes: 0, unsaid_bytes: 0 }),
            Err(why) => Err(SpeakerError::File(path, why.to_string())),
        }
    }

    pub(super) fn write(&mut self, samples: &[f32]) -> Result<(), SpeakerError> {
        self.append(samples).map_err(|why| SpeakerError::File(self.path.clone(), why.to_string()))
    }

    fn append(&mut self, samples: &[f32]) -> std::io::Result<()> {
        if self.data_bytes >= MOST_BYTES {
            self.file.rewind()?;
            self.file.get_ref().set_len(0)?;
            self.data_bytes = 0;
            write_header(&mut self.file, self.format, 0)?;
        }
        for sample in samples {
            #[expect(clippy::cast_possible_truncation, reason = "clamped to what an i16 holds")]
            let pcm = (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16;
            self.file.write_all(&pcm.to_le_bytes())?;
        }
        let bytes = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX);
        self.data_bytes = self.data_bytes.saturating_add(bytes);
        self.unsaid_bytes = self.unsaid_bytes.saturating_add(bytes);
        let a_second = self.format.sample_rate * u32::from(self.format.channels) * 2;
        if self.unsaid_bytes >= a_second { self.say_length() } else { Ok(()) }
    }

    fn say_length(&mut self) -> std::io::Result<()> {
        self.unsaid_bytes = 0;
        self.file.rewind()?;
        write_header(&mut self.file, self.format, self.data_bytes)?;
        self.file.seek(SeekFrom::End(0))?;
        self.file.flush()
    }
}

impl Drop for Wav {
    fn drop(&mut self) {
        if let Err(why) = self.say_length() {
            tracing::warn!(path = %self.path.display(), %why, "the end of the WAV file was not written");
        }
    }
}

fn write_header(to: &mut impl Write, format: Format, data_bytes: u32) -> std::io::Result<()> {
    let frame_bytes = format.channels * 2;
    to.write_all(b"RIFF")?;
    to.write_all(&(data_bytes + 36).to_le_bytes())?;
    to.write_all(b"WAVEfmt \x10\0\0\0\x01\0")?;
    to.write_all(&format.channels.to_le_bytes())?;
    to.write_all(&format.sample_rate.to_le_bytes())?;
    to.write_all(&(format.sample_rate * u32::from(frame_bytes)).to_le_bytes())?;
    to.write_all(&frame_bytes.to_le_bytes())?;
    to.write_all(b"\x10\0data")?;
    to.write_all(&data_bytes.to_le_bytes())
}
