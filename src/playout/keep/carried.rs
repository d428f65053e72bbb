use sqlx::{Sqlite, Transaction};

use super::{Keep, KeepError, signed};
use crate::{
    radio::RecordHash,
    wire::{CarriedReceipts, ReceiptResult, Run, Span},
};

type Tx<'t> = Transaction<'t, Sqlite>;

impl Keep {
    /// Takes receipts that came on a stick; gives how many records they ended the waiting of. A run whose last record is
    /// not this station's own speaks of another station's life, or an earlier one's: it ends nothing. What had its receipt
    /// and is in no run waits again, unless the stick was written before one that came earlier.
    pub async fn receive_carried(&self, receipts: &CarriedReceipts) -> Result<u64, KeepError> {
        let numbers = self.pen.lock().await.sequence;
        let mut tx = self.db.begin_with("begin immediate").await?;
        let (mut ended, ours) = end_held(&mut tx, &receipts.held, numbers).await?;
        let newest: Option<i64> =
            sqlx::query_scalar("select at from carried").fetch_optional(&mut *tx).await?;
        if newest.is_none_or(|newest| newest < receipts.at.0) {
            free_others(&mut tx, ours).await?;
            sqlx::query(
                "insert into carried (only_one, at) values (1, $1)
                 on conflict (only_one) do update set at = excluded.at",
            )
            .bind(receipts.at.0)
            .execute(&mut *tx)
            .await?;
        }
        if !receipts.refused.is_empty() {
            let waiting: Vec<(i64, String)> =
                sqlx::query_as("select sequence, record from spool where receipt is null")
                    .fetch_all(&mut *tx)
                    .await?;
            for (sequence, record) in waiting {
                let hash = RecordHash::of(record.as_bytes());
                let Some(refused) = receipts.refused.iter().find(|one| one.hash == hash) else {
                    continue;
                };
                let word = match refused.result {
                    ReceiptResult::Conflict => "conflict",
                    _ => "invalid",
                };
                let done = sqlx::query("update spool set receipt = $1 where sequence = $2")
                    .bind(word)
                    .bind(sequence)
                    .execute(&mut *tx)
                    .await?;
                ended += done.rows_affected();
            }
        }
        tx.commit().await?;
        Ok(ended)
    }

    /// Takes the district's word on which of the station's records it has, by hash; gives how many wait again.
    pub async fn receive_runs(&self, held: &[Run]) -> Result<u64, KeepError> {
        let numbers = self.pen.lock().await.sequence;
        let mut tx = self.db.begin_with("begin immediate").await?;
        let (_, ours) = end_held(&mut tx, held, numbers).await?;
        let again = free_others(&mut tx, ours).await?;
        tx.commit().await?;
        Ok(again)
    }
}

/// Ends the waiting of what the district has; gives of how many records, and which numbers of this station's those are.
/// `numbers` is the highest that the station has used.
async fn end_held(
    tx: &mut Tx<'_>,
    held: &[Run],
    numbers: u64,
) -> Result<(u64, Vec<Span>), sqlx::Error> {
    let (mut ended, mut ours) = (0, Vec::new());
    for run in held {
        let own: Option<String> =
            sqlx::query_scalar("select record from spool where sequence = $1")
                .bind(signed(run.last))
                .fetch_optional(&mut **tx)
                .await?;
        let span = Span { first: run.first, last: run.last };
        match own {
            Some(own) if RecordHash::of(own.as_bytes()) == run.hash => {}
            // Lost with a damaged store: it cannot be compared, and what can be is not sent for ever.
            None if run.last <= numbers => {
                ours.push(span);
                continue;
            }
            _ => continue,
        }
        let done = sqlx::query(
            "update spool set receipt = 'recorded'
             where receipt is null and sequence between $1 and $2",
        )
        .bind(signed(run.first))
        .bind(signed(run.last))
        .execute(&mut **tx)
        .await?;
        ended += done.rows_affected();
        ours.push(span);
    }
    Ok((ended, ours))
}

/// What has its receipt and lies in none of these spans waits again; gives how many.
async fn free_others(tx: &mut Tx<'_>, mut held: Vec<Span>) -> Result<u64, sqlx::Error> {
    held.sort_unstable();
    held.push(Span { first: u64::MAX, last: u64::MAX });
    let (mut next, mut again) = (0, 0);
    for span in held {
        if span.first > next {
            // By that index: those that wait may be many, and are not looked at.
            let freed = sqlx::query(
                "update spool indexed by spool_confirmed set receipt = null
                 where sequence between $1 and $2 and receipt in ('recorded', 'duplicate')",
            )
            .bind(signed(next))
            .bind(signed(span.first - 1))
            .execute(&mut **tx)
            .await?;
            again += freed.rows_affected();
        }
        next = next.max(span.last.saturating_add(1));
    }
    if again > 0 {
        tracing::warn!(
            again,
            "the district has lost records that it had confirmed: they wait again"
        );
    }
    Ok(again)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{playout::keep::tests::record, radio::UtcMs};

    const NOW: UtcMs = UtcMs(1_601_503_200_000);

    /// A station with so many records, and their hashes.
    async fn station(count: u32) -> (tempfile::TempDir, Keep, Vec<RecordHash>) {
        let folder = tempfile::tempdir().unwrap();
        let keep = Keep::open(folder.path()).await.unwrap();
        for _ in 0..count {
            keep.end(record("sang.thach-lam.20200930T220000Z"), NOW).await.unwrap();
        }
        let waiting = keep.waiting(count).await.unwrap();
        let hashes = waiting.iter().map(|one| RecordHash::of(one.envelope.payload.as_bytes()));
        (folder, keep, hashes.collect())
    }

    fn receipts(at: i64, held: Vec<Run>) -> CarriedReceipts {
        let station = "thach-lam".parse().unwrap();
        CarriedReceipts { station, at: UtcMs(at), held, refused: vec![] }
    }

    async fn waiting(keep: &Keep) -> Vec<u64> {
        keep.waiting(100).await.unwrap().iter().map(|one| one.sequence).collect()
    }

    #[tokio::test]
    async fn a_stick_tells_what_a_restored_district_has_lost() {
        let (_folder, keep, hashes) = station(6).await;
        let run = |first: usize, last: usize| Run {
            first: first as u64,
            last: last as u64,
            hash: hashes[last - 1],
        };
        assert_eq!(keep.receive_carried(&receipts(1, vec![run(1, 5)])).await.unwrap(), 5);
        assert_eq!(waiting(&keep).await, [6]);
        // A backup was restored.
        let later = receipts(2, vec![run(1, 2), run(4, 4)]);
        assert_eq!(keep.receive_carried(&later).await.unwrap(), 0);
        assert_eq!(waiting(&keep).await, [3, 5, 6]);
        assert_eq!(keep.receive_carried(&receipts(3, vec![run(1, 6)])).await.unwrap(), 3);
        // A stick from before that turns up again brings nothing back.
        assert_eq!(keep.receive_carried(&later).await.unwrap(), 0);
        assert!(waiting(&keep).await.is_empty());
    }

    #[tokio::test]
    async fn numbers_of_an_earlier_life_are_not_taken_for_this_ones() {
        let (_folder, keep, hashes) = station(3).await;
        let own = Run { first: 1, last: 3, hash: hashes[2] };
        assert_eq!(keep.receive_runs(&[own]).await.unwrap(), 0);
        assert!(waiting(&keep).await.is_empty());
        let strange = RecordHash([7; 32]);
        for earlier in [9, 3, 2] {
            let earlier = Run { first: 1, last: earlier, hash: strange };
            assert_eq!(keep.receive_runs(&[earlier]).await.unwrap(), 3, "{earlier:?}");
            assert_eq!(keep.receive_runs(&[own, earlier]).await.unwrap(), 0);
        }
    }
}
