//! The clips on the station's shelf, as the deck needs them.

use std::sync::Arc;

use super::{
    source::{ClipFault, Clips, Source},
    speaker::Format,
};
use crate::{
    library::{Decoder, Shelf},
    radio::ClipHash,
};

/// The clips on the station's shelf, as the deck needs them.
#[derive(Debug, Clone)]
pub struct ShelfClips(pub Arc<Shelf>);

struct Recording(Decoder);

impl Clips for ShelfClips {
    fn verify(&self, clip: &ClipHash) -> Result<(), ClipFault> {
        if !self.0.contains(clip) {
            return Err(ClipFault::Missing(format!("{clip} was not fetched")));
        }
        match self.0.verify(clip) {
            Ok(true) => Ok(()),
            Ok(false) => Err(ClipFault::Corrupt(format!("the file of {clip} was changed"))),
            Err(error) => Err(ClipFault::Corrupt(error.to_string())),
        }
    }

    fn open(&self, clip: &ClipHash) -> Result<Box<dyn Source>, ClipFault> {
        let decoder = Decoder::open(&self.0.path_of(clip))
            .map_err(|refusal| ClipFault::Decode(refusal.to_string()))?;
        Ok(Box::new(Recording(decoder)))
    }
}

impl Source for Recording {
    fn format(&self) -> Format {
        let format = self.0.format();
        Format {
            sample_rate: format.sample_rate,
            channels: u16::try_from(format.channels).unwrap_or(u16::MAX),
        }
    }

    fn next(&mut self) -> Result<Option<&[f32]>, ClipFault> {
        self.0.next_block().map_err(|refusal| ClipFault::Decode(refusal.to_string()))
    }
}
