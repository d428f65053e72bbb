//! Passwords, as argon2 wrote them, and the one-time links to set one.

use super::{
    Actor, Deed, NewPerson, Person, Secret, Store, StoreError, Tx, audit::note, db::sql, person,
    session, token,
};
use crate::radio::{PersonId, UtcMs};

/// Whom a one-time link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invited {
    /// Whoever makes the first administrator.
    Administrator,
    /// Somebody known, to set their password.
    Person(Person),
}

/// What came of a one-time link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// The password is set, and a session has begun.
    Welcome(Secret),
    /// The link is unknown, used or too old.
    Gone,
    /// Another has that name to sign in with.
    Taken,
}

async fn set(tx: &mut Tx, id: &PersonId, hash: &str) -> Result<(), StoreError> {
    sql!(execute tx, "update person set password = $2 where id = $1", id.as_str(), hash)?;
    Ok(())
}

impl Store {
    /// Who signs in by a name, and argon2's text of their password; none: nobody who may, or none is set yet.
    pub async fn password(&self, sign_in: &str) -> Result<Option<(PersonId, String)>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select id, password from person
             where sign_in = $1 and password is not null and disabled_at is null", sign_in)?;
        let read = |row: &super::db::Row| Ok((super::name("person", row.get(0)?)?, row.get(1)?));
        rows.first().map(read).transpose()
    }

    /// Sets somebody's password, and ends their sessions but one.
    pub async fn set_password(
        &self,
        actor: &Actor,
        id: &PersonId,
        hash: &str,
        but: Option<&str>,
        now: UtcMs,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let Some(person) = person::find(&mut tx, id).await? else { return Ok(()) };
        set(&mut tx, id, hash).await?;
        session::end_all(&mut tx, id, but, now).await?;
        note(&mut tx, (actor, now), Deed::PasswordSet, &person.sign_in, None, None).await?;
        tx.commit().await
    }

    /// Makes a one-time link's secret, for somebody or to make the first administrator; those made for the same before
    /// work no more.
    pub async fn invite(
        &self,
        actor: &Actor,
        whom: Option<&PersonId>,
        expires_at: UtcMs,
        now: UtcMs,
    ) -> Result<Secret, StoreError> {
        let secret = Secret::new()?;
        let mut tx = self.db.begin().await?;
        let person = match whom {
            None => None,
            Some(id) => person::find(&mut tx, id).await?,
        };
        let id = person.as_ref().map_or("", |person| person.id.as_str());
        sql!(execute &mut tx,
            "update invitation set used_at = $2 where coalesce(person, '') = $1 and used_at is null", id, now.0)?;
        sql!(execute &mut tx,
            "insert into invitation (sha256, person, expires_at) values ($1, $2, $3)",
            token::fingerprint(secret.reveal()), whom.map(PersonId::as_str), expires_at.0)?;
        let subject = person.map_or_else(|| "-".to_owned(), |person| person.sign_in);
        note(&mut tx, (actor, now), Deed::LinkMade, &subject, None, None).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// Whom a one-time link is for; none: it is unknown, used or too old.
    pub async fn invited(&self, secret: &str, now: UtcMs) -> Result<Option<Invited>, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select person from invitation where sha256 = $1 and used_at is null and expires_at > $2",
            token::fingerprint(secret), now.0)?;
        let Some(row) = rows.first() else { return Ok(None) };
        let Some(id) = row.get::<Option<String>>(0)? else {
            return Ok(Some(Invited::Administrator));
        };
        let person = self.person(&super::name("link for", id)?).await?;
        Ok(person.filter(|person| person.disabled_at.is_none()).map(Invited::Person))
    }

    /// Uses a one-time link: makes the administrator if it is for that, sets the password, ends the sessions there were,
    /// and begins one.
    pub async fn accept(
        &self,
        secret: &str,
        administrator: Option<&NewPerson>,
        hash: &str,
        (address, agent): (&str, &str),
        now: UtcMs,
    ) -> Result<Accepted, StoreError> {
        let sha256 = token::fingerprint(secret);
        let mut tx = self.db.begin().await?;
        let claimed = sql!(execute &mut tx,
            "update invitation set used_at = $2 where sha256 = $1 and used_at is null and expires_at > $2",
            sha256.as_str(), now.0)?;
        if claimed == 0 {
            return Ok(Accepted::Gone);
        }
        let rows = sql!(fetch &mut tx, "select person from invitation where sha256 = $1", sha256.as_str())?;
        let invited: Option<String> = rows.first().ok_or(sqlx::Error::RowNotFound)?.get(0)?;
        let mut actor = Actor { person: None, name: String::new(), address: address.to_owned() };
        let id = match (invited, administrator) {
            (Some(id), _) => super::name("link for", id)?,
            (None, Some(new)) => {
                new.name.clone_into(&mut actor.name);
                match person::add(&mut tx, (&actor, now), new).await? {
                    Some(id) => id,
                    None => return Ok(Accepted::Taken),
                }
            }
            (None, None) => return Ok(Accepted::Gone),
        };
        let found = person::find(&mut tx, &id).await?;
        let Some(person) = found.filter(|person| person.disabled_at.is_none()) else {
            return Ok(Accepted::Gone);
        };
        let actor = Actor { person: Some(id.clone()), name: person.name.clone(), ..actor };
        set(&mut tx, &id, hash).await?;
        session::end_all(&mut tx, &id, None, now).await?;
        note(&mut tx, (&actor, now), Deed::PasswordSet, &person.sign_in, None, None).await?;
        let secret = session::begin(&mut tx, (&actor, now), &person, agent).await?;
        tx.commit().await?;
        Ok(Accepted::Welcome(secret))
    }
}
