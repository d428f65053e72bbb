//! People: who they are, and what each is where.

use serde_json::json;

use super::{
    Actor, Deed, Store, StoreError, Tx,
    audit::{note, random_name},
    db::{Row, sql},
    session,
};
use crate::radio::{Grant, Grants, PersonId, Role, UtcMs};

/// Somebody who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Made by Loa; stays.
    pub id: PersonId,
    /// As people call them.
    pub name: String,
    /// What they sign in with.
    pub sign_in: String,
    /// What they are where.
    pub grants: Grants,
    /// The language of their pages, once chosen.
    pub language: Option<String>,
    /// Whether they have set a password.
    pub has_password: bool,
    /// Since when they may not sign in.
    pub disabled_at: Option<UtcMs>,
}

/// Somebody to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// As people call them.
    pub name: String,
    /// What they sign in with, as [`sign_in_name`] gives it.
    pub sign_in: String,
    /// What they are where.
    pub grants: Grants,
}

/// What came of a change to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is done.
    Done,
    /// There is nobody of that name.
    Unknown,
    /// They are the last administrator, and nobody could undo it.
    LastAdministrator,
    /// A role is for a unit that there is not.
    NoSuchUnit,
}

/// A name to sign in with as it is kept: NFKC and lower-case, so that every keyboard writes the same. None: it is empty,
/// longer than 64 characters or has blanks.
pub fn sign_in_name(text: &str) -> Option<String> {
    use unicode_normalization::UnicodeNormalization;
    let name: String = text.trim().nfkc().collect::<String>().to_lowercase();
    let is_good = |c: char| !c.is_whitespace() && !c.is_control();
    ((1..=64).contains(&name.chars().count()) && name.chars().all(is_good)).then_some(name)
}

/// Reads id, name, name to sign in, language, whether there is a password, and since when disabled.
pub(super) fn read(row: &Row) -> Result<Person, StoreError> {
    Ok(Person {
        id: super::name("person", row.get(0)?)?,
        name: row.get(1)?,
        sign_in: row.get(2)?,
        grants: Grants::default(),
        language: row.get(3)?,
        has_password: row.get(4)?,
        disabled_at: row.get::<Option<i64>>(5)?.map(UtcMs),
    })
}

fn read_grant(person: &str, role: &str, unit: String) -> Result<Grant, StoreError> {
    let role = role.parse().map_err(|error: crate::radio::BadCode| StoreError::Unreadable {
        what: "role of",
        id: person.to_owned(),
        why: error.to_string(),
    })?;
    let unit = if unit.is_empty() { None } else { Some(super::name("unit of a role", unit)?) };
    Ok(Grant { role, unit })
}

/// The roles of one, or of everybody.
macro_rules! grants {
    ($on:expr, $person:expr) => {{
        let rows = sql!(fetch $on,
            "select person, role, unit from role where $1 = '' or person = $1 order by person, role, unit",
            $person)?;
        rows.iter()
            .map(|row| {
                let (person, role): (String, String) = (row.get(0)?, row.get(1)?);
                Ok((person.clone(), read_grant(&person, &role, row.get(2)?)?))
            })
            .collect::<Result<Vec<(String, Grant)>, StoreError>>()
    }};
}

/// Somebody by name.
macro_rules! find {
    ($on:expr, $id:expr) => {{
        let rows = sql!(fetch $on,
            "select id, name, sign_in, language, password is not null, disabled_at from person where id = $1",
            $id.as_str())?;
        match rows.first() {
            None => None,
            Some(row) => {
                let grants = grants!($on, $id.as_str())?.into_iter().map(|(_, grant)| grant);
                Some(Person { grants: Grants(grants.collect()), ..read(row)? })
            }
        }
    }};
}

pub(super) async fn find(tx: &mut Tx, id: &PersonId) -> Result<Option<Person>, StoreError> {
    Ok(find!(tx, id))
}

/// Adds somebody; none: another has that name to sign in with.
pub(super) async fn add(
    tx: &mut Tx,
    by: (&Actor, UtcMs),
    new: &NewPerson,
) -> Result<Option<PersonId>, StoreError> {
    let id: PersonId = super::name("person", random_name()?)?;
    let added = sql!(execute tx,
        "insert into person (id, name, sign_in, created_at) values ($1, $2, $3, $4) on conflict do nothing",
        id.as_str(), new.name.as_str(), new.sign_in.as_str(), by.1.0)?;
    if added == 0 {
        return Ok(None);
    }
    write_grants(tx, &id, &new.grants).await?;
    let after = json!({"name": new.name, "sign_in": new.sign_in, "roles": new.grants});
    note(tx, by, Deed::PersonAdded, &new.sign_in, None, Some(after)).await?;
    Ok(Some(id))
}

async fn write_grants(tx: &mut Tx, id: &PersonId, grants: &Grants) -> Result<(), StoreError> {
    sql!(execute tx, "delete from role where person = $1", id.as_str())?;
    for Grant { role, unit } in &grants.0 {
        let unit = unit.as_ref().map_or("", |unit| unit.as_str());
        sql!(execute tx,
            "insert into role (person, role, unit) values ($1, $2, $3) on conflict do nothing",
            id.as_str(), role.as_str(), unit)?;
    }
    Ok(())
}

/// Whether there is an administrator of the whole district who may sign in, other than one.
async fn another_administrator(tx: &mut Tx, than: &PersonId) -> Result<bool, StoreError> {
    let rows = sql!(fetch tx,
        "select 1 from person p join role r on r.person = p.id
         where r.role = $1 and r.unit = '' and p.disabled_at is null and p.id <> $2 limit 1",
        Role::Administrator.as_str(), than.as_str())?;
    Ok(!rows.is_empty())
}

fn administers(grants: &Grants) -> bool {
    grants.0.contains(&Grant { role: Role::Administrator, unit: None })
}

impl Store {
    /// Everybody, by name to sign in.
    pub async fn people(&self) -> Result<Vec<Person>, StoreError> {
        let mut reader = self.db.reader().await?;
        let rows = sql!(fetch &mut reader,
            "select id, name, sign_in, language, password is not null, disabled_at
             from person order by sign_in")?;
        let mut people = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        for (person, grant) in grants!(&mut reader, "")? {
            if let Some(of) = people.iter_mut().find(|of| of.id.as_str() == person) {
                of.grants.0.push(grant);
            }
        }
        Ok(people)
    }

    /// Somebody; none: there is no such person.
    pub async fn person(&self, id: &PersonId) -> Result<Option<Person>, StoreError> {
        let mut reader = self.db.reader().await?;
        Ok(find!(&mut reader, id))
    }

    /// Whether anybody may sign in as administrator of the whole district, once they have set their password.
    pub async fn has_administrator(&self) -> Result<bool, StoreError> {
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select 1 from person p join role r on r.person = p.id
             where r.role = $1 and r.unit = '' and p.disabled_at is null and p.password is not null limit 1",
            Role::Administrator.as_str())?;
        Ok(!rows.is_empty())
    }

    /// Adds somebody, who cannot sign in before they have set a password; none: another has that name to sign in with.
    pub async fn add_person(
        &self,
        actor: &Actor,
        new: &NewPerson,
        now: UtcMs,
    ) -> Result<Option<PersonId>, StoreError> {
        let mut tx = self.db.begin().await?;
        let added = add(&mut tx, (actor, now), new).await?;
        tx.commit().await?;
        Ok(added)
    }

    /// Says what somebody is where, in place of what they were.
    pub async fn set_grants(
        &self,
        actor: &Actor,
        id: &PersonId,
        grants: &Grants,
        now: UtcMs,
    ) -> Result<Changed, StoreError> {
        let mut tx = self.db.begin().await?;
        let Some(before) = find(&mut tx, id).await? else { return Ok(Changed::Unknown) };
        let is_last = administers(&before.grants) && !administers(grants);
        if is_last && !another_administrator(&mut tx, id).await? {
            return Ok(Changed::LastAdministrator);
        }
        for unit in grants.0.iter().filter_map(|grant| grant.unit.as_ref()) {
            if sql!(fetch &mut tx, "select 1 from unit where id = $1", unit.as_str())?.is_empty() {
                return Ok(Changed::NoSuchUnit);
            }
        }
        if before.grants != *grants {
            write_grants(&mut tx, id, grants).await?;
            note(
                &mut tx,
                (actor, now),
                Deed::RolesChanged,
                &before.sign_in,
                Some(json!({"roles": before.grants})),
                Some(json!({"roles": grants})),
            )
            .await?;
        }
        tx.commit().await?;
        Ok(Changed::Done)
    }

    /// Keeps somebody from signing in, and ends their sessions; or lets them again.
    pub async fn set_disabled(
        &self,
        actor: &Actor,
        id: &PersonId,
        disabled: bool,
        now: UtcMs,
    ) -> Result<Changed, StoreError> {
        let mut tx = self.db.begin().await?;
        let Some(person) = find(&mut tx, id).await? else { return Ok(Changed::Unknown) };
        if disabled && administers(&person.grants) && !another_administrator(&mut tx, id).await? {
            return Ok(Changed::LastAdministrator);
        }
        if disabled != person.disabled_at.is_some() {
            sql!(execute &mut tx, "update person set disabled_at = $2 where id = $1",
                id.as_str(), disabled.then_some(now.0))?;
            if disabled {
                session::end_all(&mut tx, id, None, now).await?;
            }
            let deed = if disabled { Deed::PersonDisabled } else { Deed::PersonEnabled };
            note(&mut tx, (actor, now), deed, &person.sign_in, None, None).await?;
        }
        tx.commit().await?;
        Ok(Changed::Done)
    }

    /// Sets the language of somebody's pages.
    pub async fn set_language(
        &self,
        actor: &Actor,
        id: &PersonId,
        language: &str,
        now: UtcMs,
    ) -> Result<Changed, StoreError> {
        let mut tx = self.db.begin().await?;
        let Some(person) = find(&mut tx, id).await? else { return Ok(Changed::Unknown) };
        if person.language.as_deref() != Some(language) {
            sql!(execute &mut tx, "update person set language = $2 where id = $1", id.as_str(), language)?;
            note(
                &mut tx,
                (actor, now),
                Deed::LanguageSet,
                &person.sign_in,
                Some(json!({"language": person.language})),
                Some(json!({"language": language})),
            )
            .await?;
        }
        tx.commit().await?;
        Ok(Changed::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_to_sign_in_is_the_same_from_every_keyboard() {
        assert_eq!(sign_in_name(" Hoa.NV "), Some("hoa.nv".to_owned()));
        assert_eq!(sign_in_name("Hu\u{e2}\u{323}n"), sign_in_name("huận"));
        assert_eq!(sign_in_name("ｈｏａ"), Some("hoa".to_owned()));
        for bad in ["", "  ", "a b", "a\u{0}", &"a".repeat(65)] {
            assert_eq!(sign_in_name(bad), None, "{bad:?}");
        }
    }
}
