//! What people say aired, where no player of Loa's did. Nothing said is ever changed: who takes it back says something else
//! after it, and the last word counts.

use serde_json::{Value, json};

use super::{
    Actor, Deed, Store, StoreError, audit,
    db::{Row, fetch_among, one_of, sql},
    judged, log,
};
use crate::radio::{AiringId, UtcMs};

/// Somebody's word about one airing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDeclaration {
    /// Which airing.
    pub airing: AiringId,
    /// How it ended: the word that the API uses.
    pub outcome: String,
    /// When it began, if that was noted.
    pub started_at: Option<UtcMs>,
    /// Why it did not air, as a code.
    pub cause: Option<String>,
    /// Anything that people should know.
    pub detail: Option<String>,
    /// Who says so.
    pub declared_by: String,
    /// When they said so.
    pub declared_at: UtcMs,
    /// What its sender calls it, so that it may be sent again.
    pub key: Option<String>,
}

/// What came of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declared {
    /// It counts from now on.
    Kept,
    /// It was said before, and is kept once.
    Known,
    /// This one stands, which says something else and was not meant to be replaced.
    Stands(StoredDeclaration),
}

impl StoredDeclaration {
    /// Whether both say the same, whoever says it.
    fn says(&self, other: &Self) -> bool {
        let word = |said: &Self| {
            (said.outcome.clone(), said.started_at, said.cause.clone(), said.detail.clone())
        };
        word(self) == word(other)
    }

    fn for_trail(&self) -> Value {
        json!({"outcome": self.outcome, "cause": self.cause, "detail": self.detail, "by": self.declared_by})
    }
}

/// The columns that [`read`] reads.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select airing, outcome, started_at, cause, detail, declared_by, declared_at, key from declaration where ",
            $rest
        )
    };
}

impl Store {
    /// Keeps a word, if nothing was said yet or it is said as a correction. A person's is noted in the trail.
    pub async fn declare(
        &self,
        actor: Option<&Actor>,
        word: &StoredDeclaration,
        is_correction: bool,
    ) -> Result<Declared, StoreError> {
        let mut tx = self.db.begin().await?;
        loop {
            let rows =
                sql!(fetch &mut tx, select!("airing = $1 order by number"), word.airing.as_str())?;
            let said = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            if word.key.is_some() && said.iter().any(|before| before.key == word.key) {
                return Ok(Declared::Known);
            }
            let last = said.last();
            match last {
                Some(last) if last.says(word) => return Ok(Declared::Known),
                Some(last) if !is_correction => return Ok(Declared::Stands(last.clone())),
                _ => {}
            }
            let number = i64::try_from(said.len()).unwrap_or(i64::MAX).saturating_add(1);
            let place = log::lock(&mut tx).await?;
            let kept = sql!(execute &mut tx,
                "insert into declaration
                     (airing, number, outcome, started_at, cause, detail, declared_by, declared_at, key, log_position)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (airing, number) do nothing",
                word.airing.as_str(), number, word.outcome.as_str(), word.started_at.map(|at| at.0),
                word.cause.as_deref(), word.detail.as_deref(), word.declared_by.as_str(),
                word.declared_at.0, word.key.as_deref(), place.cast_signed())?;
            if kept == 0 {
                // Another program has just kept one under this number: it is there to be seen now.
                continue;
            }
            log::append(&mut tx, place, &log::declaration(word, number)).await?;
            if let Some(at) = judged::reopen(&mut tx, &word.airing).await? {
                judged::forget(&mut tx, (at, at)).await?;
            }
            if let Some(actor) = actor {
                let deed =
                    if last.is_some() { Deed::AiringCorrected } else { Deed::AiringDeclared };
                let (before, after) = (last.map(StoredDeclaration::for_trail), word.for_trail());
                let (by, subject) = ((actor, word.declared_at), word.airing.as_str());
                audit::note(&mut tx, by, deed, subject, before, Some(after)).await?;
            }
            tx.commit().await?;
            return Ok(Declared::Kept);
        }
    }

    /// All that was declared of some airings; of each, the last counts.
    pub async fn declarations_on(
        &self,
        airings: &[&AiringId],
    ) -> Result<Vec<StoredDeclaration>, StoreError> {
        let statement = one_of!(
            "select airing, outcome, started_at, cause, detail, declared_by, declared_at, key
             from declaration where airing in ",
            " order by airing, number"
        );
        let names: Vec<_> = airings.iter().map(|airing| airing.as_str()).collect();
        let rows = fetch_among(&mut self.db.reader().await?, statement, &names).await?;
        rows.iter().map(read).collect()
    }
}

pub(super) fn read(row: &Row) -> Result<StoredDeclaration, StoreError> {
    Ok(StoredDeclaration {
        airing: super::name("declaration on", row.get(0)?)?,
        outcome: row.get(1)?,
        started_at: row.get::<Option<i64>>(2)?.map(UtcMs),
        cause: row.get(3)?,
        detail: row.get(4)?,
        declared_by: row.get(5)?,
        declared_at: UtcMs(row.get(6)?),
        key: row.get(7)?,
    })
}
