use std::{fmt, path::PathBuf, str::FromStr, sync::Arc};

use super::{Outlet, Paced, Speaker, SpeakerError, wav::Wav};
use crate::clock::Clock;

/// A speaker's name as people write it: `device`, `device:NAME`, `wav:PATH` or `silent`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SpeakerName {
    /// The sound device: the system's own choice, or the one of that name.
    Device(Option<String>),
    /// A WAV file, written at the pace at which it would sound.
    Wav(PathBuf),
    /// Nowhere, at the pace at which it would sound.
    #[default]
    Silent,
}

/// Why a text names no speaker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a speaker: write device, device:NAME, wav:PATH or silent")]
pub struct BadSpeakerName(String);

impl FromStr for SpeakerName {
    type Err = BadSpeakerName;

    fn from_str(text: &str) -> Result<Self, BadSpeakerName> {
        match text.split_once(':') {
            None if text == "device" => Ok(Self::Device(None)),
            None if text == "silent" => Ok(Self::Silent),
            Some(("device", name)) if !name.is_empty() => Ok(Self::Device(Some(name.to_owned()))),
            Some(("wav", path)) if !path.is_empty() => Ok(Self::Wav(path.into())),
            _ => Err(BadSpeakerName(text.to_owned())),
        }
    }
}

impl fmt::Display for SpeakerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(None) => f.write_str("device"),
            Self::Device(Some(name)) => write!(f, "device:{name}"),
            Self::Wav(path) => write!(f, "wav:{}", path.display()),
            Self::Silent => f.write_str("silent"),
        }
    }
}

impl Outlet for SpeakerName {
    fn open(&self, clock: &Arc<dyn Clock>) -> Result<Box<dyn Speaker>, SpeakerError> {
        match self {
            #[cfg(feature = "sound")]
            Self::Device(name) => {
                Ok(Box::new(super::device::Device::open(name.as_deref(), clock.clone())?))
            }
            #[cfg(not(feature = "sound"))]
            Self::Device(_) => Err(SpeakerError::NoSound),
            Self::Wav(path) => {
                let wav = Wav::create(path.clone(), Paced::FORMAT)?;
                Ok(Box::new(Paced::new(clock.clone(), Some(wav))))
            }
            Self::Silent => Ok(Box::new(Paced::new(clock.clone(), None))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_survives_its_text() {
        for text in ["device", "device:hw:1,0", "wav:/tmp/a:b.wav", "silent"] {
            assert_eq!(text.parse::<SpeakerName>().unwrap().to_string(), text);
        }
        for bad in ["", "Device", "device:", "wav", "wav:", "silent:x", "file:a"] {
            assert_eq!(bad.parse::<SpeakerName>(), Err(BadSpeakerName(bad.to_owned())));
        }
    }
}
