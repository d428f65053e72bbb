//! What others ask of the log: its head, its proofs, its entries.

use std::{
    collections::{
        HashMap,
        hash_map::Entry::{Occupied, Vacant},
    },
    ops::Range,
};

use super::{
    super::{
        Actor, Deed, Store, StoreError, audit,
        db::{Reader, Row, sql},
    },
    hashes, rows,
};
use crate::{
    log::{Entry, Frontier, Hash, Place, Tile, root_of, span_root},
    radio::UtcMs,
};

/// The entries that stand in no row of their own and are of one of the kinds that say who may sign.
const KEYS: &str = "select log_position, entry from log_entry where entry like '{\"kind\":\"log-key\"%' \
     or entry like '{\"kind\":\"district-key\"%' or entry like '{\"kind\":\"witness\"%' order by log_position";

/// A head of the log that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// How many entries it speaks of.
    pub size: u64,
    /// When it was signed.
    pub signed_at: UtcMs,
    /// The signed note, with the signatures of witnesses.
    pub note: String,
}

impl Store {
    /// How many entries the log has, signed or not.
    pub async fn log_size(&self) -> Result<u64, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?, "select size from log_head")?;
        let size: Option<i64> = rows.first().map(|row| row.get(0)).transpose()?;
        Ok(size.unwrap_or_default().cast_unsigned())
    }

    /// The newest head that was signed.
    pub async fn checkpoint(&self) -> Result<Option<SignedHead>, StoreError> {
        self.checkpoint_before(u64::MAX >> 1).await
    }

    /// The newest head that was signed with at most so many entries.
    pub async fn checkpoint_before(&self, size: u64) -> Result<Option<SignedHead>, StoreError> {
        let mut reader = self.db.reader().await?;
        let rows = sql!(fetch &mut reader,
            "select size, signed_at, note from log_checkpoint where size <= $1 order by size desc limit 1",
            size.cast_signed())?;
        let Some(row) = rows.first() else { return Ok(None) };
        let size: i64 = row.get(0)?;
        let mut note: String = row.get(2)?;
        for row in &sql!(fetch &mut reader,
            "select line from log_cosignature where size = $1 order by witness", size)?
        {
            note += &row.get::<String>(0)?;
            note.push('\n');
        }
        Ok(Some(SignedHead { size: size.cast_unsigned(), signed_at: UtcMs(row.get(1)?), note }))
    }

    /// Keeps a head that was signed.
    pub async fn keep_checkpoint(&self, head: &SignedHead, root: &Hash) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        sql!(execute &mut tx,
            "insert into log_checkpoint (size, root, signed_at, note) values ($1, $2, $3, $4) on conflict do nothing",
            head.size.cast_signed(), hex::encode(root), head.signed_at.0, head.note.as_str())?;
        tx.commit().await
    }

    /// Keeps a witness's line under the head of so many entries; the first stands.
    pub async fn keep_cosignature(
        &self,
        size: u64,
        witness: &str,
        line: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        sql!(execute &mut tx,
            "insert into log_cosignature (size, witness, line) values ($1, $2, $3) on conflict do nothing",
            size.cast_signed(), witness, line)?;
        tx.commit().await
    }

    /// The entries of a span as lines, written from their rows as they are now; where there is none, an empty one.
    pub async fn log_lines(&self, span: Range<u64>) -> Result<Vec<String>, StoreError> {
        rows::lines(&mut self.db.reader().await?, span).await
    }

    /// The entries of a span as an export has them: each a line with the hash that it had when it came, and what its row
    /// says now.
    pub async fn log_export(&self, span: Range<u64>) -> Result<String, StoreError> {
        let leaves = self.log_leaves(span.clone()).await?;
        let lines = self.log_lines(span).await?;
        let both = leaves.iter().zip(&lines);
        Ok(both.map(|(leaf, line)| format!("{} {line}\n", hex::encode(leaf))).collect())
    }

    /// Appends entries that stand in no row of their own.
    pub async fn append(&self, entries: &[Entry<'_>]) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        for entry in entries {
            super::keep(&mut tx, entry).await?;
        }
        tx.commit().await
    }

    /// The entries that say who may sign, in order, each with its number.
    pub async fn log_keys(&self) -> Result<Vec<(u64, String)>, StoreError> {
        numbered(&sql!(fetch &mut self.db.reader().await?, KEYS)?)
    }

    /// Appends what is missing among the entries that say who may sign, once, also where several programs find it missing, and
    /// notes in the trail where another was there before; gives all of them.
    pub async fn complete_log_keys(
        &self,
        by: (&Actor, UtcMs),
        missing: impl Fn(&[(u64, String)]) -> Vec<Entry<'static>>,
    ) -> Result<Vec<(u64, String)>, StoreError> {
        let known = self.log_keys().await?;
        if missing(&known).is_empty() {
            return Ok(known);
        }
        let mut tx = self.db.begin().await?;
        super::lock(&mut tx).await?;
        let known = numbered(&sql!(fetch &mut tx, KEYS)?)?;
        for entry in missing(&known) {
            super::keep(&mut tx, &entry).await?;
            let subject = match entry {
                Entry::LogKey(_) => "log-key",
                _ => "district-key",
            };
            let begins = format!("{{\"kind\":\"{subject}\"");
            if known.iter().any(|(_, line)| line.starts_with(&begins)) {
                audit::note(&mut tx, by, Deed::KeyChanged, subject, None, None).await?;
            }
        }
        tx.commit().await?;
        self.log_keys().await
    }

    /// The leaves of a span, as they were hashed when they came.
    pub async fn log_leaves(&self, span: Range<u64>) -> Result<Vec<Hash>, StoreError> {
        let mut reader = self.db.reader().await?;
        let mut leaves = Vec::new();
        let mut tiles = Tiles::default();
        for index in span {
            leaves.push(tiles.node(&mut reader, Place { level: 0, index }).await?);
        }
        Ok(leaves)
    }

    /// The nodes over some spans of leaves, as they stand in a proof or over a whole tree.
    pub async fn log_nodes(&self, spans: &[Range<u64>]) -> Result<Vec<Hash>, StoreError> {
        let mut reader = self.db.reader().await?;
        let mut tiles = Tiles::default();
        let mut nodes = Vec::new();
        for span in spans {
            let mut under = Vec::new();
            for place in span_root(span.clone()) {
                under.push(tiles.node(&mut reader, place).await?);
            }
            nodes.extend(root_of(&under));
        }
        Ok(nodes)
    }

    /// The edge of the tree when it had so many entries.
    pub async fn log_frontier(&self, size: u64) -> Result<Frontier, StoreError> {
        let mut reader = self.db.reader().await?;
        let mut tiles = Tiles::default();
        let mut peaks = Vec::new();
        for place in span_root(0..size) {
            peaks.push(tiles.node(&mut reader, place).await?);
        }
        Ok(Frontier::new(size, peaks).unwrap_or_default())
    }
}

fn numbered(rows: &[Row]) -> Result<Vec<(u64, String)>, StoreError> {
    rows.iter().map(|row| Ok((row.get::<i64>(0)?.cast_unsigned(), row.get(1)?))).collect()
}

/// Tiles that were read already.
#[derive(Default)]
struct Tiles(HashMap<Tile, Vec<Hash>>);

impl Tiles {
    async fn node(&mut self, on: &mut Reader, at: Place) -> Result<Hash, StoreError> {
        let (tile, _) = Tile::of(at);
        let hashes = match self.0.entry(tile) {
            Occupied(read) => read.into_mut(),
            Vacant(place) => {
                let rows = sql!(fetch on, "select hashes from log_tile where level = $1 and place = $2",
                    i64::from(tile.level), tile.index.cast_signed())?;
                let text: Option<String> = rows.first().map(|row| row.get(0)).transpose()?;
                place.insert(text.map(hashes).unwrap_or_default())
            }
        };
        // What is not there is a hash that nothing has.
        Ok(at.of_tile(hashes).unwrap_or_default())
    }
}
