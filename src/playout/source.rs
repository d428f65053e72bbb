//! Where the sound of an airing comes from, as the deck needs it.

use tracing::warn;

use super::speaker::Format;
use crate::{
    library::{DecodeError, Decoder, Shelf, ShelfError},
    radio::{ClipHash, Reason},
};

/// Why a clip does not sound, or not to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClipFault {
    /// It is not at the station.
    #[error("the recording is not at the station: {0}")]
    Missing(String),
    /// Its bytes are not the approved ones.
    #[error("the recording's bytes are not those that were approved: {0}")]
    Corrupt(String),
    /// It cannot be decoded (further).
    #[error("the recording cannot be decoded: {0}")]
    Decode(String),
}

impl ClipFault {
    /// The reason that the record gives.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Missing(_) => Reason::ClipMissing,
            Self::Corrupt(_) => Reason::ClipCorrupt,
            Self::Decode(_) => Reason::DecodeFailed,
        }
    }
}

/// The sound of one clip, block by block.
pub trait Source: Send {
    /// Its own rate and channels.
    fn format(&self) -> Format;

    /// The next frames, interleaved; none at the end.
    ///
    /// # Errors
    /// [`ClipFault::Decode`] where the recording breaks; nothing follows it.
    fn next(&mut self) -> Result<Option<&[f32]>, ClipFault>;
}

/// The clips at the station.
pub trait Clips: Send + Sync {
    /// Reads the whole clip and compares its hash; called ahead of its time.
    ///
    /// # Errors
    /// [`ClipFault::Missing`] or [`ClipFault::Corrupt`].
    fn verify(&self, clip: &ClipHash) -> Result<(), ClipFault>;

    /// Opens it.
    ///
    /// # Errors
    /// When it is not there or is no sound.
    fn open(&self, clip: &ClipHash) -> Result<Box<dyn Source>, ClipFault>;
}

impl Clips for Shelf {
    fn verify(&self, clip: &ClipHash) -> Result<(), ClipFault> {
        Shelf::verify(self, clip).map_err(|why| {
            if let ShelfError::Corrupt(_) = why {
                // What stays is what is fetched again only when it is gone.
                let removed = self.remove(clip).err();
                warn!(%clip, ?removed, "a clip had rotted and is thrown away");
            }
            fault(why)
        })
    }

    fn open(&self, clip: &ClipHash) -> Result<Box<dyn Source>, ClipFault> {
        let file = self.open_clip(clip).map_err(fault)?;
        Ok(Box::new(Decoder::new(file)?))
    }
}

fn fault(why: ShelfError) -> ClipFault {
    match why {
        ShelfError::Corrupt(_) => ClipFault::Corrupt(why.to_string()),
        // What the disk does not give is not there.
        ShelfError::Missing(_) | ShelfError::Io { .. } => ClipFault::Missing(why.to_string()),
    }
}

impl From<DecodeError> for ClipFault {
    fn from(why: DecodeError) -> Self {
        Self::Decode(why.to_string())
    }
}

impl Source for Decoder {
    fn format(&self) -> Format {
        let crate::library::Format { sample_rate, channels, .. } = Decoder::format(self);
        Format { sample_rate, channels }
    }

    fn next(&mut self) -> Result<Option<&[f32]>, ClipFault> {
        Ok(self.block()?)
    }
}
