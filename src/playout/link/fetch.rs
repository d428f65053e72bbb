use std::{collections::HashSet, io::Write, sync::Arc};

use futures_util::StreamExt;
use reqwest::StatusCode;
use tokio::sync::watch;
use tracing::{info, warn};

use super::{District, LinkError, pauses};
use crate::{
    library::Shelf,
    radio::{AiringItem, ClipHash},
    wire::Rundown,
};

/// Fetches the clips that the rundown needs, the first needed first, ahead of their time.
#[derive(Debug)]
pub struct Fetcher {
    /// Whom to ask.
    pub district: District,
    /// Where they go.
    pub shelf: Arc<Shelf>,
    /// What is needed.
    pub rundown: watch::Receiver<Option<Arc<Rundown>>>,
}

impl Fetcher {
    /// Fetches for ever.
    pub async fn run(mut self) {
        let mut pause = pauses();
        loop {
            let missing = self.missing();
            let mut failed = false;
            for clip in missing {
                match self.fetch(clip).await {
                    Ok(()) => info!(%clip, "clip received"),
                    Err(error) => {
                        failed = true;
                        warn!(%clip, %error, "clip not received");
                    }
                }
            }
            if failed {
                tokio::select! {
                    () = tokio::time::sleep(pause.next().unwrap_or_default()) => {}
                    _ = self.rundown.changed() => {}
                }
            } else {
                pause = pauses();
                if self.rundown.changed().await.is_err() {
                    return;
                }
            }
        }
    }

    /// What the rundown needs and the shelf lacks, in the order of need.
    fn missing(&mut self) -> Vec<ClipHash> {
        let Some(rundown) = self.rundown.borrow_and_update().clone() else { return Vec::new() };
        let mut seen = HashSet::new();
        rundown
            .airings
            .iter()
            .flat_map(|airing| &airing.items)
            .filter_map(|item| match item {
                AiringItem::Clip { sha256, .. } => Some(*sha256),
                AiringItem::Pause { .. } => None,
            })
            .filter(|clip| seen.insert(*clip) && !self.shelf.contains(clip))
            .collect()
    }

    async fn fetch(&self, clip: ClipHash) -> Result<(), LinkError> {
        let disk = |error: std::io::Error| LinkError::Shelf(error.to_string());
        let mut writer =
            self.shelf.writer(&clip).map_err(|error| LinkError::Shelf(error.to_string()))?;
        let answer = self.district.clip(clip, writer.received()).await?;
        if answer.status() != StatusCode::PARTIAL_CONTENT {
            writer.restart().map_err(disk)?;
        }
        let mut bytes = answer.bytes_stream();
        while let Some(part) = bytes.next().await {
            writer.write_all(&part?).map_err(disk)?;
        }
        writer.commit().map_err(|error| LinkError::Shelf(error.to_string()))?;
        Ok(())
    }
}
