//! What ties a record to the station that made it, and to the record before it.

use super::{Store, StoreError, db::sql};
use crate::radio::{AiringId, UtcMs};

/// A record with what speaks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// One run of the station's program.
    pub boot: String,
    /// Its number.
    pub sequence: u64,
    /// When the district had it on disk.
    pub received_at: UtcMs,
    /// The exact text, as JSON.
    pub text: String,
    /// The key that signed it; none: it is from before there were keys.
    pub key: Option<String>,
    /// The signature over the text.
    pub signature: Option<String>,
    /// The text's hash.
    pub hash: Option<String>,
    /// The hash of the record before it, as it says.
    pub previous: Option<String>,
    /// Whether a record with that hash is here, under the number before.
    pub follows: bool,
    /// When the station enrolled with the key.
    pub enrolled_at: Option<UtcMs>,
    /// When the key was revoked, if it was.
    pub revoked_at: Option<UtcMs>,
}

impl Store {
    /// The records of an airing with what speaks for each, in the order in which they were made.
    pub async fn proofs(&self, airing: &AiringId) -> Result<Vec<Proof>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select r.boot, r.sequence, r.received_at, r.record, r.key, r.signature, r.hash, r.previous,
                 (select count(*) from as_run b
                  where b.station = r.station and b.sequence = r.sequence - 1 and b.hash = r.previous),
                 k.enrolled_at, k.revoked_at
             from as_run r left join station_key k on k.public_key = r.key and k.station = r.station
             where r.airing = $1 order by r.sequence, r.boot",
            airing.as_str())?;
        rows.iter()
            .map(|row| {
                Ok(Proof {
                    boot: row.get(0)?,
                    sequence: row.get::<i64>(1)?.unsigned_abs(),
                    received_at: UtcMs(row.get(2)?),
                    text: row.get(3)?,
                    key: row.get(4)?,
                    signature: row.get(5)?,
                    hash: row.get(6)?,
                    previous: row.get(7)?,
                    follows: row.get::<i64>(8)? > 0,
                    enrolled_at: row.get::<Option<i64>>(9)?.map(UtcMs),
                    revoked_at: row.get::<Option<i64>>(10)?.map(UtcMs),
                })
            })
            .collect()
    }
}
