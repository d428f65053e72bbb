use super::{Keep, KeepError, signed};
use crate::{
    radio::RecordHash,
    wire::{CarriedReceipts, ReceiptResult},
};

impl Keep {
    /// Takes receipts that came on a stick; gives how many records they ended the waiting of. A run whose last record is
    /// not this station's own speaks of another station's life, or an earlier one's: it ends nothing.
    pub async fn receive_carried(&self, receipts: &CarriedReceipts) -> Result<u64, KeepError> {
        let mut tx = self.db.begin_with("begin immediate").await?;
        let mut ended = 0;
        for run in &receipts.held {
            let own: Option<String> =
                sqlx::query_scalar("select record from spool where sequence = $1")
                    .bind(signed(run.last))
                    .fetch_optional(&mut *tx)
                    .await?;
            if own.is_none_or(|own| RecordHash::of(own.as_bytes()) != run.hash) {
                continue;
            }
            let done = sqlx::query(
                "update spool set receipt = 'recorded'
                 where receipt is null and sequence between $1 and $2",
            )
            .bind(signed(run.first))
            .bind(signed(run.last))
            .execute(&mut *tx)
            .await?;
            ended += done.rows_affected();
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
}
