//! Who is signed in at which browser. Of the secret in its cookie only the SHA-256 is kept.

use std::time::Duration;

use super::{
    Actor, Deed, Person, Secret, Store, StoreError, Tx, audit::note, db::sql, person, token,
};
use crate::radio::{PersonId, UtcMs};

/// A session that nobody uses ends after so long.
pub const IDLE: Duration = Duration::from_hours(12);
/// Every session ends after so long.
pub const LONGEST: Duration = Duration::from_hours(14 * 24);
/// How exactly it is known when a session was last used: so seldom is it written.
const SEEN: Duration = Duration::from_mins(1);

/// Somebody signed in at one browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The SHA-256 of its secret: its name.
    pub sha256: String,
    /// When it began.
    pub created_at: UtcMs,
    /// When it was last used, to the minute.
    pub seen_at: UtcMs,
    /// The address that it began from.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
}

/// Ends the sessions of somebody, but one. Gives how many there were.
pub(super) async fn end_all(
    tx: &mut Tx,
    person: &PersonId,
    but: Option<&str>,
    now: UtcMs,
) -> Result<u64, StoreError> {
    Ok(sql!(execute tx,
        "update session set ended_at = $3 where person = $1 and sha256 <> $2 and ended_at is null",
        person.as_str(), but.unwrap_or_default(), now.0)?)
}

/// Begins a session.
pub(super) async fn begin(
    tx: &mut Tx,
    (actor, now): (&Actor, UtcMs),
    person: &Person,
    agent: &str,
) -> Result<Secret, StoreError> {
    let secret = Secret::new()?;
    // Those that ended long ago are of no use to anybody; the trail remembers.
    sql!(execute tx, "delete from session where expires_at < $1 or ended_at < $1", (now - LONGEST).0)?;
    sql!(execute tx,
        "insert into session (sha256, person, created_at, seen_at, expires_at, address, agent)
         values ($1, $2, $3, $3, $4, $5, $6)",
        token::fingerprint(secret.reveal()), person.id.as_str(), now.0, (now + LONGEST).0,
        actor.address.as_str(), agent)?;
    note(tx, (actor, now), Deed::SignedIn, &person.sign_in, None, None).await?;
    Ok(secret)
}

impl Store {
    /// Begins a session of somebody whose password was right; none: they may not sign in any more.
    pub async fn begin_session(
        &self,
        actor: &Actor,
        id: &PersonId,
        agent: &str,
        now: UtcMs,
    ) -> Result<Option<Secret>, StoreError> {
        let mut tx = self.db.begin().await?;
        let found = person::find(&mut tx, id).await?;
        let Some(person) = found.filter(|person| person.disabled_at.is_none()) else {
            return Ok(None);
        };
        let secret = begin(&mut tx, (actor, now), &person, agent).await?;
        tx.commit().await?;
        Ok(Some(secret))
    }

    /// Whose session a secret is, and its name; none: it is unknown or over, or they may not sign in any more.
    pub async fn session(
        &self,
        secret: &str,
        now: UtcMs,
    ) -> Result<Option<(Person, String)>, StoreError> {
        let sha256 = token::fingerprint(secret);
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select person, seen_at from session
             where sha256 = $1 and ended_at is null and expires_at > $2 and seen_at > $3",
            sha256.as_str(), now.0, (now - IDLE).0)?;
        let Some(row) = rows.first() else { return Ok(None) };
        let id: PersonId = super::name("session of", row.get(0)?)?;
        let Some(person) = self.person(&id).await?.filter(|person| person.disabled_at.is_none())
        else {
            return Ok(None);
        };
        if now.since(UtcMs(row.get(1)?)) >= SEEN {
            let mut tx = self.db.begin().await?;
            sql!(execute &mut tx, "update session set seen_at = $2 where sha256 = $1 and seen_at < $2",
                sha256.as_str(), now.0)?;
            tx.commit().await?;
        }
        Ok(Some((person, sha256)))
    }

    /// The sessions of somebody that are not over, the last used first.
    pub async fn sessions(
        &self,
        person: &PersonId,
        now: UtcMs,
    ) -> Result<Vec<Session>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select sha256, created_at, seen_at, address, agent from session
             where person = $1 and ended_at is null and expires_at > $2 and seen_at > $3
             order by seen_at desc, sha256",
            person.as_str(), now.0, (now - IDLE).0)?;
        rows.iter()
            .map(|row| {
                Ok(Session {
                    sha256: row.get(0)?,
                    created_at: UtcMs(row.get(1)?),
                    seen_at: UtcMs(row.get(2)?),
                    address: row.get(3)?,
                    agent: row.get(4)?,
                })
            })
            .collect()
    }

    /// Ends one session, by its name.
    pub async fn end_session(
        &self,
        actor: &Actor,
        sha256: &str,
        now: UtcMs,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let ended = sql!(execute &mut tx,
            "update session set ended_at = $2 where sha256 = $1 and ended_at is null", sha256, now.0)?;
        if ended > 0 {
            note(&mut tx, (actor, now), Deed::SignedOut, &actor.name, None, None).await?;
        }
        tx.commit().await
    }

    /// Ends the sessions of somebody at every browser, but one if that is named. Gives how many there were.
    pub async fn end_sessions(
        &self,
        actor: &Actor,
        id: &PersonId,
        but: Option<&str>,
        now: UtcMs,
    ) -> Result<u64, StoreError> {
        let mut tx = self.db.begin().await?;
        let Some(person) = person::find(&mut tx, id).await? else { return Ok(0) };
        let ended = end_all(&mut tx, id, but, now).await?;
        let deed = Deed::SignedOutEverywhere;
        note(&mut tx, (actor, now), deed, &person.sign_in, None, None).await?;
        tx.commit().await?;
        Ok(ended)
    }
}
