use std::{io::Write, sync::Arc, time::Duration};

use futures_util::StreamExt;
use reqwest::StatusCode;
use tokio::sync::watch;
use tracing::{info, warn};

use super::{District, LinkError, bucket::Bucket, pauses};
use crate::{
    clock::Clock,
    library::{Shelf, ShelfError, ShelfWriter},
    playout::{
        scrub::Findings,
        stock::{Need, Use, coming, needs, stock},
    },
    wire::{Fault, Rundown, Stock},
};

/// How often the shelf is looked at, though the rundown stays: a clip that had rotted is thrown away shortly before it is to
/// sound, and may still come in time.
const LOOK: Duration = Duration::from_secs(10);

/// Bytes received between two looks at the room on the disk.
const STRETCH: u64 = 1 << 20;

/// What fetching may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes a second of the line, if the line is not the fetcher's alone.
    pub bandwidth: Option<u64>,
    /// Bytes of the disk that stay free for records.
    pub keep_free: u64,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { bandwidth: None, keep_free: 200 << 20 }
    }
}

/// What the fetcher knows of the clips.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Supply {
    /// What is lacking; none before the first rundown, and while what lies there has not been read.
    pub stock: Option<Stock>,
    /// Why some clip is not fetched, where a person can help.
    pub fault: Option<Fault>,
}

/// Fetches the clips that the rundown needs, the first needed first, ahead of their time.
#[derive(Debug)]
pub struct Fetcher {
    /// Whom to ask.
    pub district: District,
    /// Where they go.
    pub shelf: Arc<Shelf>,
    /// What tells when.
    pub clock: Arc<dyn Clock>,
    /// What is needed.
    pub rundown: watch::Receiver<Option<Arc<Rundown>>>,
    /// What may be taken for it.
    pub allowance: Allowance,
    /// Who reads the clips that are there.
    pub findings: watch::Receiver<Findings>,
    /// Told what is lacking.
    pub supply: watch::Sender<Supply>,
}

impl Fetcher {
    /// Fetches for ever.
    pub async fn run(mut self) {
        let mut pause = pauses();
        let mut bucket = self.allowance.bandwidth.map(Bucket::new);
        let mut used = Use::default();
        loop {
            let rundown = self.rundown.borrow_and_update().clone();
            let mut wait = LOOK;
            if let Some(rundown) = &rundown {
                used.add(rundown);
                match self.fill(rundown, &used, bucket.as_mut()).await {
                    true => pause = pauses(),
                    false => wait = pause.next().unwrap_or_default(),
                }
            }
            let mut rest = std::pin::pin!(tokio::time::sleep(wait));
            loop {
                tokio::select! {
                    () = &mut rest => break,
                    changed = self.rundown.changed() => match changed {
                        Ok(()) => break,
                        Err(_) => return,
                    },
                    Ok(()) = self.findings.changed() => {
                        let fault = self.supply.borrow().fault.clone();
                        if let Some(rundown) = &rundown {
                            self.tell(rundown, fault);
                        }
                    }
                }
            }
        }
    }

    /// Fetches what a rundown lacks, until there is a newer one. Returns whether all went well.
    async fn fill(&self, rundown: &Rundown, used: &Use, mut bucket: Option<&mut Bucket>) -> bool {
        let mut fault = None;
        let mut is_well = true;
        self.tell(rundown, None);
        for need in needs(rundown, self.clock.now()) {
            if self.shelf.contains(&need.clip) {
                continue;
            }
            match self.fetch(need, rundown, used, bucket.as_deref_mut()).await {
                Ok(()) => info!(clip = %need.clip, "clip received"),
                Err(error) => {
                    is_well = false;
                    warn!(clip = %need.clip, %error, "clip not received");
                    if let LinkError::NoRoom { .. } = error {
                        fault = Some(Fault::new("disk-full", error.to_string()));
                    }
                }
            }
            self.tell(rundown, fault.clone());
            if self.rundown.has_changed().unwrap_or(true) {
                break;
            }
        }
        is_well
    }

    fn tell(&self, rundown: &Rundown, fault: Option<Fault>) {
        let now = self.clock.now();
        let is_read =
            |Need { clip, .. }| !self.shelf.contains(&clip) || self.shelf.is_known_whole(&clip);
        let all_are = coming(rundown, now).all(is_read);
        let stock = all_are.then(|| stock(rundown, now, |clip| self.shelf.contains(clip)));
        let supply = Supply { stock, fault };
        self.supply.send_if_modified(|known| {
            let different = *known != supply;
            *known = supply;
            different
        });
    }

    async fn fetch(
        &self,
        Need { clip, bytes }: Need,
        rundown: &Rundown,
        used: &Use,
        mut bucket: Option<&mut Bucket>,
    ) -> Result<(), LinkError> {
        let mut writer = self.shelf.writer(&clip).map_err(shelf)?;
        if writer.received() > bytes {
            writer.restart().map_err(disk)?;
        }
        if writer.received() == bytes {
            // It was cut off between its last byte and its name.
            return commit(writer).await;
        }
        self.make_room(bytes - writer.received(), rundown, used)?;
        let answer = match self.district.clip(clip, writer.received()).await {
            Err(LinkError::Refused { status: 416, .. }) if writer.received() > 0 => {
                return commit(writer).await;
            }
            answer => answer?,
        };
        if answer.status() != StatusCode::PARTIAL_CONTENT {
            writer.restart().map_err(disk)?;
        }
        let mut parts = answer.bytes_stream();
        let mut looked_at = writer.received();
        while let Some(part) = parts.next().await {
            let part = part?;
            let now = writer.received() + part.len() as u64;
            if now > bytes {
                writer.restart().map_err(disk)?;
                return Err(LinkError::Shelf(format!(
                    "{clip} is longer than the {bytes} bytes of the rundown"
                )));
            }
            if now - looked_at >= STRETCH {
                looked_at = now;
                self.make_room(bytes - now, rundown, used)?;
            }
            writer.write_all(&part).map_err(disk)?;
            if let Some(bucket) = bucket.as_deref_mut() {
                let wait = bucket.take(part.len() as u64, self.clock.read().monotonic);
                tokio::time::sleep(wait).await;
            }
        }
        if writer.received() < bytes {
            return Err(LinkError::Shelf(format!(
                "{clip} ended after {} of {bytes} bytes",
                writer.received()
            )));
        }
        commit(writer).await
    }

    /// Sees that so many bytes fit beside what is kept free, by dropping the clips, oldest first, that nothing needs.
    fn make_room(&self, bytes: u64, rundown: &Rundown, used: &Use) -> Result<(), LinkError> {
        let wanted = bytes.saturating_add(self.allowance.keep_free);
        if self.shelf.room().map_err(disk)? >= wanted {
            return Ok(());
        }
        let there = self.shelf.oldest_first().map_err(disk)?;
        for clip in used.spare(there, rundown, self.clock.now()) {
            self.shelf.remove(&clip).map_err(shelf)?;
            info!(%clip, "dropped to make room");
            if self.shelf.room().map_err(disk)? >= wanted {
                return Ok(());
            }
        }
        let (free, kept) = (self.shelf.room().map_err(disk)?, self.allowance.keep_free);
        Err(LinkError::NoRoom { wanted: bytes, free, kept })
    }
}

/// Hashing a long clip takes its time, in which others are to get on.
async fn commit(writer: ShelfWriter) -> Result<(), LinkError> {
    let done = tokio::task::spawn_blocking(move || writer.commit()).await;
    done.map_err(|error| LinkError::Shelf(error.to_string()))?.map(drop).map_err(shelf)
}

fn disk(error: std::io::Error) -> LinkError {
    LinkError::Shelf(error.to_string())
}

fn shelf(error: ShelfError) -> LinkError {
    LinkError::Shelf(error.to_string())
}

#[cfg(test)]
#[path = "fetch_tests.rs"]
mod tests;
