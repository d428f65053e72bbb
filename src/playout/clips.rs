//! The clips on the station's shelf, as the deck needs them.

use std::sync::Arc;

use super::{
    source::{ClipFault, Clips, Source},
    speaker::Format,
};
use crate::{
    library::{Decoder, Shelf, ShelfError},
    radio::ClipHash,
};

/// The clips on the station's shelf, as the deck needs them.
#[derive(Debug, Clone)]
pub struct ShelfClips(pub Arc<Shelf>);

struct Recording(Decoder);

impl Clips for ShelfClips {
    fn verify(&self, clip: &ClipHash) -> Result<(), ClipFault> {
        self.0.verify(clip).map_err(|error| match error {
            ShelfError::Missing(_) => ClipFault::Missing(error.to_string()),
            ShelfError::Corrupt(_) | ShelfError::Io { .. } => ClipFault::Corrupt(error.to_string()),
        })
    }

    fn open(&self, clip: &ClipHash) -> Result<Box<dyn Source>, ClipFault> {
        let decoder = Decoder::open(&self.0.path_of(clip))
            .map_err(|error| ClipFault::Decode(error.to_string()))?;
        Ok(Box::new(Recording(decoder)))
    }
}

impl Source for Recording {
    fn format(&self) -> Format {
        let format = self.0.format();
        Format { sample_rate: format.sample_rate, channels: format.channels }
    }

    fn next(&mut self) -> Result<Option<&[f32]>, ClipFault> {
        self.0.block().map_err(|error| ClipFault::Decode(error.to_string()))
    }
}
