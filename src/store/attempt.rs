//! Attempts to sign in: each that fails makes the next wait longer, by account and by address.

use std::time::Duration;

use super::{Store, StoreError, db::sql, token};
use crate::radio::UtcMs;

/// Failures are forgotten after so long without another.
const FORGOTTEN: Duration = Duration::from_hours(1);
/// The longest pause.
const LONGEST: Duration = Duration::from_mins(15);
/// Failures of one account before there is a pause.
const FREE_FOR_ACCOUNT: i64 = 5;
/// The same for an address: a whole office may share one.
const FREE_FOR_ADDRESS: i64 = 20;

/// How long to wait after so many failures: 15 s, and twice as long with each more.
fn pause(failures: i64, free: i64) -> Duration {
    match u32::try_from((failures - free).min(6)) {
        Ok(beyond) => (Duration::from_secs(15) * 2_u32.pow(beyond)).min(LONGEST),
        Err(_) => Duration::ZERO,
    }
}

/// Of which account and address: the account's name is kept as its hash, since people type passwords into wrong fields.
fn subjects(account: &str, address: &str) -> [(String, i64); 2] {
    [
        (format!("account {}", token::fingerprint(account)), FREE_FOR_ACCOUNT),
        (format!("address {address}"), FREE_FOR_ADDRESS),
    ]
}

impl Store {
    /// Begins an attempt, which counts as failed until [`forget_attempts`](Self::forget_attempts); so many at once do not
    /// slip through. Gives until when there may be none.
    pub async fn begin_attempt(
        &self,
        account: &str,
        address: &str,
        now: UtcMs,
    ) -> Result<Option<UtcMs>, StoreError> {
        let mut tx = self.db.begin().await?;
        sql!(execute &mut tx, "delete from attempt where last_at < $1", (now - FORGOTTEN).0)?;
        let mut wait_until = None;
        for (subject, free) in &subjects(account, address) {
            let rows = sql!(fetch &mut tx,
                "select failures, last_at from attempt where subject = $1", subject.as_str())?;
            if let Some(row) = rows.first() {
                let until = UtcMs(row.get(1)?) + pause(row.get(0)?, *free);
                wait_until = wait_until.max(Some(until).filter(|until| now < *until));
            }
        }
        if wait_until.is_none() {
            for (subject, _) in &subjects(account, address) {
                sql!(execute &mut tx,
                    "insert into attempt (subject, failures, last_at) values ($1, 1, $2)
                     on conflict (subject) do update set failures = attempt.failures + 1, last_at = excluded.last_at",
                    subject.as_str(), now.0)?;
            }
        }
        tx.commit().await?;
        Ok(wait_until)
    }

    /// Forgets the failures of an account that has signed in, and takes back the one that its address was charged.
    pub async fn forget_attempts(&self, account: &str, address: &str) -> Result<(), StoreError> {
        let [(account, _), (address, _)] = subjects(account, address);
        let mut tx = self.db.begin().await?;
        sql!(execute &mut tx, "delete from attempt where subject = $1", account.as_str())?;
        sql!(execute &mut tx,
            "update attempt set failures = failures - 1 where subject = $1 and failures > 0", address.as_str())?;
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let seconds: Vec<u64> = (0..14).map(|failures| pause(failures, 5).as_secs()).collect();
        assert_eq!(seconds, [0, 0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(pause(i64::MAX, 5), LONGEST);
    }
}
