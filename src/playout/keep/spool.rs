use sqlx::{Row, sqlite::SqliteRow};

use super::{Keep, KeepError, Pen, known_time::know, signed};
use crate::{
    playout::cue::Settled,
    radio::{AiringId, Outcome, Reason, RecordHash, UtcMs},
    signing::{Context, Envelope, SecretKey},
    wire::{AsRunRecord, Held, Receipt, ReceiptResult, Span},
};

/// A record that waits for the district's receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub sequence: u64,
    /// What it says, as it was signed.
    pub envelope: Envelope,
}

/// An item that began and has no end record: the program or the power was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// What was noted before its first frame.
    pub draft: AsRunRecord,
}

impl Keep {
    /// Notes, durably, that an airing is about to sound. The drafts are its records as they stand if nothing more is
    /// noted: a station that starts with them takes the airing to have sounded. Where that attempt was called off and has
    /// its records, nothing is noted.
    pub async fn begin(
        &self,
        airing: &AiringId,
        drafts: &[AsRunRecord],
        now: UtcMs,
    ) -> Result<(), KeepError> {
        match self.try_begin(airing, drafts, now).await {
            Err(error) if self.gives_way(&error) => self.try_begin(airing, drafts, now).await,
            done => done,
        }
    }

    async fn try_begin(
        &self,
        airing: &AiringId,
        drafts: &[AsRunRecord],
        now: UtcMs,
    ) -> Result<(), KeepError> {
        let mut tx = self.db.begin_with("begin immediate").await?;
        for draft in drafts {
            sqlx::query(
                "insert into start (airing, position, attempt, draft) select $1, $2, $3, $4
                 where not exists (select 1 from settled where airing = $1 and attempts >= $3)
                 on conflict do nothing",
            )
            .bind(airing.as_str())
            .bind(i64::from(draft.position))
            .bind(i64::from(draft.attempt))
            .bind(serde_json::to_string(draft)?)
            .execute(&mut *tx)
            .await?;
        }
        know(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// Signs an end record and puts it into the spool, durably, with the next sequence number, which it returns.
    pub async fn end(&self, record: AsRunRecord, now: UtcMs) -> Result<u64, KeepError> {
        match self.try_end(record.clone(), now).await {
            Err(error) if self.gives_way(&error) => self.try_end(record, now).await,
            done => self.watch(done),
        }
    }

    async fn try_end(&self, mut record: AsRunRecord, now: UtcMs) -> Result<u64, KeepError> {
        let mut pen = self.pen.lock().await;
        record.sequence = pen.sequence + 1;
        self.give_out(record.sequence).await?;
        record.boot.clone_from(&self.boot);
        record.previous = pen.previous;
        let payload = serde_json::to_string(&record)?;
        let mut tx = self.db.begin_with("begin immediate").await?;
        let hash = put(&mut tx, record.sequence, payload, &pen.key).await?;
        sqlx::query("delete from start where airing = $1 and position = $2 and attempt = $3")
            .bind(record.airing.as_str())
            .bind(i64::from(record.position))
            .bind(i64::from(record.attempt))
            .execute(&mut *tx)
            .await?;
        settle(&mut tx, &record).await?;
        know(&mut tx, now).await?;
        tx.commit().await?;
        self.wrote(&mut pen, record.sequence, hash);
        Ok(record.sequence)
    }

    /// The spool has one more.
    pub(super) fn wrote(&self, pen: &mut Pen, sequence: u64, hash: RecordHash) {
        (pen.sequence, pen.previous) = (sequence, Some(hash));
        self.grown.send_replace(sequence);
    }

    /// What began and never ended, in the order of its airing.
    pub async fn begun(&self) -> Result<Vec<Begun>, KeepError> {
        let drafts: Vec<String> =
            sqlx::query_scalar("select draft from start order by airing, position, attempt")
                .fetch_all(&self.db)
                .await?;
        drafts.iter().map(|draft| Ok(Begun { draft: serde_json::from_str(draft)? })).collect()
    }

    /// Ends whatever an earlier run of the program left begun, as its draft says. How much of it sounded nobody knows, so
    /// no frame is claimed.
    pub async fn end_interrupted(&self, now: UtcMs) -> Result<usize, KeepError> {
        let begun = self.begun().await?;
        for Begun { draft } in &begun {
            self.end(draft.clone(), now).await?;
        }
        Ok(begun.len())
    }

    /// What has become of the airings that came up so far. One that has a record and never sounded may still air: that it
    /// was passed over can have been the clock's fault.
    pub async fn settled(&self) -> Result<Settled, KeepError> {
        let rows: Vec<(String, bool, u32)> =
            sqlx::query_as("select airing, has_sounded, attempts from settled")
                .fetch_all(&self.db)
                .await?;
        let mut settled = Settled::default();
        for (name, has_sounded, attempts) in rows {
            let Ok(airing) = name.parse() else { continue };
            if has_sounded {
                settled.started.insert(airing);
            } else {
                settled.reprieved.insert(airing, attempts);
            }
        }
        Ok(settled)
    }

    /// Forgets airings that were due so long ago that no rundown speaks of them any more.
    pub async fn forget_settled(&self, due_before: UtcMs) -> Result<(), KeepError> {
        sqlx::query("delete from settled where due < $1")
            .bind(due_before.0)
            .execute(&self.db)
            .await?;
        Ok(())
    }

    /// The oldest records that wait, at most so many.
    pub async fn waiting(&self, at_most: u32) -> Result<Vec<Waiting>, KeepError> {
        self.waiting_after(0, at_most).await
    }

    /// The oldest records with higher numbers that wait, at most so many.
    pub async fn waiting_after(&self, after: u64, at_most: u32) -> Result<Vec<Waiting>, KeepError> {
        let rows = sqlx::query(
            "select sequence, record, key, signature from spool where receipt is null and sequence > $2
             order by sequence limit $1",
        )
        .bind(i64::from(at_most))
        .bind(signed(after))
        .fetch_all(&self.db)
        .await?;
        // One that cannot be read blocks no other; the next start finds it.
        let read = |row| self.watch(waiting_of(row).map_err(KeepError::Sql)).ok();
        Ok(rows.iter().filter_map(read).collect())
    }

    /// How many records wait.
    pub async fn count_waiting(&self) -> Result<u64, KeepError> {
        let count: i64 = sqlx::query_scalar("select count(*) from spool where receipt is null")
            .fetch_one(&self.db)
            .await?;
        Ok(count.unsigned_abs())
    }

    /// Takes the district's receipts. Only they end a record's waiting; and what the district once confirmed and has no
    /// more waits again. Gives how many that are.
    pub async fn receive(
        &self,
        sent: &[Waiting],
        receipts: &[Receipt],
        held: Option<&Held>,
    ) -> Result<u64, KeepError> {
        match self.try_receive(sent, receipts, held).await {
            Err(error) if self.gives_way(&error) => self.try_receive(sent, receipts, held).await,
            done => done,
        }
    }

    async fn try_receive(
        &self,
        sent: &[Waiting],
        receipts: &[Receipt],
        held: Option<&Held>,
    ) -> Result<u64, KeepError> {
        let mut tx = self.db.begin_with("begin immediate").await?;
        for (waiting, receipt) in sent.iter().zip(receipts) {
            let word = match receipt.result {
                ReceiptResult::Recorded => "recorded",
                ReceiptResult::Duplicate => "duplicate",
                ReceiptResult::Conflict => "conflict",
                ReceiptResult::Invalid => "invalid",
            };
            sqlx::query("update spool set receipt = $1 where sequence = $2")
                .bind(word)
                .bind(signed(waiting.sequence))
                .execute(&mut *tx)
                .await?;
        }
        let beyond = held.map(|held| Span { first: held.last.saturating_add(1), last: u64::MAX });
        let mut again = 0;
        for lost in held.into_iter().flat_map(|held| &held.missing).copied().chain(beyond) {
            // By that index: the records after the last confirmed one may be many, and are not looked at.
            let freed = sqlx::query(
                "update spool indexed by spool_confirmed set receipt = null
                 where sequence between $1 and $2 and receipt in ('recorded', 'duplicate')",
            )
            .bind(signed(lost.first))
            .bind(signed(lost.last))
            .execute(&mut *tx)
            .await?;
            again += freed.rows_affected();
        }
        tx.commit().await?;
        Ok(again)
    }

    /// Records that the district would not take: each is a fault that a person must look at.
    pub async fn count_rejected(&self) -> Result<u64, KeepError> {
        let count: i64 = sqlx::query_scalar(
            "select count(*) from spool where receipt in ('conflict', 'invalid')",
        )
        .fetch_one(&self.db)
        .await?;
        Ok(count.unsigned_abs())
    }
}

/// A record as its row has it: sequence, record, key, signature.
pub(super) fn waiting_of(row: &SqliteRow) -> Result<Waiting, sqlx::Error> {
    let sequence: i64 = row.try_get("sequence")?;
    let (key, signature): (&str, &str) = (row.try_get("key")?, row.try_get("signature")?);
    let envelope = Envelope {
        payload: row.try_get("record")?,
        key: key.parse().map_err(|e| sqlx::Error::Decode(Box::new(e)))?,
        signature: signature.parse().map_err(|e| sqlx::Error::Decode(Box::new(e)))?,
    };
    Ok(Waiting { sequence: sequence.unsigned_abs(), envelope })
}

/// Signs a record and puts it into the spool; gives its hash.
pub(super) async fn put(
    tx: &mut sqlx::SqliteConnection,
    sequence: u64,
    payload: String,
    key: &SecretKey,
) -> Result<RecordHash, sqlx::Error> {
    let envelope = Envelope::seal(Context::Record, payload, key);
    sqlx::query("insert into spool (sequence, record, key, signature) values ($1, $2, $3, $4)")
        .bind(signed(sequence))
        .bind(&envelope.payload)
        .bind(envelope.key.to_string())
        .bind(envelope.signature.to_string())
        .execute(tx)
        .await?;
    Ok(RecordHash::of(envelope.payload.as_bytes()))
}

async fn settle(tx: &mut sqlx::SqliteConnection, record: &AsRunRecord) -> Result<(), sqlx::Error> {
    let has_sounded = match record.outcome {
        Outcome::Aired | Outcome::Partial | Outcome::Interrupted => true,
        // Whoever stopped the station does not want it to come back later either.
        Outcome::Missed | Outcome::Refused => {
            record.started_at.is_some() || record.reason == Some(Reason::StoppedLocally)
        }
    };
    sqlx::query(
        "insert into settled (airing, due, has_sounded, attempts) values ($1, $2, $3, $4)
         on conflict (airing) do update set
         has_sounded = settled.has_sounded or excluded.has_sounded,
         attempts = max(settled.attempts, excluded.attempts)",
    )
    .bind(record.airing.as_str())
    .bind(record.scheduled_at.0)
    .bind(has_sounded)
    .bind(i64::from(record.attempt))
    .execute(tx)
    .await?;
    Ok(())
}
