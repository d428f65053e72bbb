//! Who did what. Whatever changes something takes the [`Actor`] and notes its deed in the same transaction, so that there
//! is no change without its note and no note without its change.

use serde_json::{Value, value::RawValue};

use super::{Store, StoreError, Tx, db::sql, json, log, name, text};
use crate::radio::{PersonId, UtcMs, codes};

codes! {
    /// What was done.
    pub enum Deed {
        /// Somebody signed in.
        SignedIn = "signed-in",
        /// Somebody tried to.
        SignInFailed = "sign-in-failed",
        /// Somebody signed out.
        SignedOut = "signed-out",
        /// Somebody's sessions ended, all at once.
        SignedOutEverywhere = "signed-out-everywhere",
        /// A person was added.
        PersonAdded = "person-added",
        /// What a person may do has changed.
        RolesChanged = "roles-changed",
        /// A person may sign in no more.
        PersonDisabled = "person-disabled",
        /// A person may sign in again.
        PersonEnabled = "person-enabled",
        /// A one-time link was made.
        LinkMade = "link-made",
        /// A password was set.
        PasswordSet = "password-set",
        /// Somebody asked for a bulletin.
        BulletinAsked = "bulletin-asked",
        /// Somebody agreed to a bulletin, and it was sent.
        BulletinAgreed = "bulletin-agreed",
        /// Somebody took a bulletin back.
        BulletinCancelled = "bulletin-cancelled",
        /// Somebody sent the correction of a bulletin.
        BulletinCorrected = "bulletin-corrected",
        /// The language of somebody's pages.
        LanguageSet = "language-set",
        /// A clip, a programme or another rule was written for the first time.
        RuleAdded = "rule-added",
        /// It says something else.
        RuleChanged = "rule-changed",
        /// It is gone.
        RuleRemoved = "rule-removed",
        /// Something may air as it is.
        Approved = "approved",
        /// Something may not air as it is.
        SentBack = "sent-back",
        /// A clip was put out of use, or brought back.
        ClipRetired = "clip-retired",
        /// Whether people may approve their own work.
        FourEyesSet = "four-eyes-set",
        /// A command applied files: what it wrote is in the log, rule by rule.
        FilesApplied = "files-applied",
        /// A token was made with which a person calls the API.
        TokenMade = "token-made",
        /// All tokens of a person were ended.
        TokensRevoked = "tokens-revoked",
        /// A code was made with which a station enrols.
        StationCodeMade = "station-code-made",
        /// All that a station can show was ended.
        StationRevoked = "station-revoked",
        /// Somebody said by hand how an airing went.
        AiringDeclared = "airing-declared",
        /// Somebody took back what was said of an airing, and said something else.
        AiringCorrected = "airing-corrected",
        /// A fault was reported.
        FaultReported = "fault-reported",
        /// A fault was put right.
        FaultClosed = "fault-closed",
        /// Whether the district shows anything to everybody.
        PublicSet = "public-set",
        /// A clip or a campaign is shown to everybody.
        Published = "published",
        /// It is no more.
        Unpublished = "unpublished",
        /// Somebody reported what was done for a campaign beside its airings.
        ChannelReported = "channel-reported",
        /// Such a report was wrong.
        ChannelWithdrawn = "channel-withdrawn",
        /// How long recordings are kept.
        KeepingSet = "keeping-set",
        /// A recording went, as the district keeps it no longer.
        RecordingGone = "recording-gone",
        /// What was kept of how airings stand was changed past Loa, and worked out anew.
        KeptPutRight = "kept-put-right",
        /// Rundowns or the log are signed with another key since.
        KeyChanged = "key-changed",
        /// Somebody's cosignatures under the log are taken since.
        WitnessTrusted = "witness-trusted",
        /// All of it was restored from a backup.
        Restored = "restored",
    }
}

impl Deed {
    /// Whether it decides what sounds, what is kept or shown, or what the record is worth: then the log has it too. Words on
    /// airings and other channels, and approvals, have entries of their own.
    pub(super) fn is_logged(self) -> bool {
        matches!(
            self,
            Self::BulletinAsked
                | Self::BulletinAgreed
                | Self::BulletinCancelled
                | Self::BulletinCorrected
                | Self::RuleAdded
                | Self::RuleChanged
                | Self::RuleRemoved
                | Self::ClipRetired
                | Self::FourEyesSet
                | Self::StationCodeMade
                | Self::StationRevoked
                | Self::PersonAdded
                | Self::RolesChanged
                | Self::PersonDisabled
                | Self::PersonEnabled
                | Self::PublicSet
                | Self::KeepingSet
                | Self::RecordingGone
                | Self::KeptPutRight
        )
    }
}

/// Who does something, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The person; none: a command, or somebody who is not known.
    pub person: Option<PersonId>,
    /// As people call them.
    pub name: String,
    /// The address that they call from; `-` for a command on the district's machine.
    pub address: String,
}

impl Actor {
    /// Whoever runs a command on the district's machine.
    pub fn command(name: &str) -> Self {
        Self { person: None, name: name.to_owned(), address: "-".to_owned() }
    }
}

/// A line of the trail.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Its name; with the instant, its place.
    pub id: String,
    /// When.
    pub at: UtcMs,
    /// Who, and from where.
    pub actor: Actor,
    /// What was done, by its word: an older Loa may have known others.
    pub deed: String,
    /// To what or whom.
    pub subject: String,
    /// What it was before.
    pub before: Option<Value>,
    /// What it is since.
    pub after: Option<Value>,
}

/// Which lines of the trail.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// By this person, or about them by name.
    pub person: Option<PersonId>,
    /// Of this kind.
    pub deed: Option<Deed>,
    /// At this instant or later.
    pub from: Option<UtcMs>,
    /// Before this instant.
    pub until: Option<UtcMs>,
}

/// Notes a deed. `before` and `after` are JSON objects whose fields people will read; no secrets.
pub(super) async fn note(
    tx: &mut Tx,
    (actor, now): (&Actor, UtcMs),
    deed: Deed,
    subject: &str,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<(), StoreError> {
    let (id, person) = (random_name()?, actor.person.as_ref().map(PersonId::as_str));
    let raw = |value: Option<Value>| value.map(|value| text("line of the trail", &id, &value));
    let (before, after) = (raw(before).transpose()?, raw(after).transpose()?);
    let place = if deed.is_logged() { Some(log::lock(tx).await?) } else { None };
    sql!(execute tx,
        "insert into audit (id, at, person, who, address, deed, subject, before, after, log_position)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        id.as_str(), now.0, person, actor.name.as_str(), actor.address.as_str(), deed.as_str(),
        subject, before.as_deref(), after.as_deref(), place.map(u64::cast_signed))?;
    let Some(place) = place else { return Ok(()) };
    let raw = |text: Option<String>| -> Result<Option<Box<RawValue>>, StoreError> {
        text.map(|text| json("line of the trail", &id, &text)).transpose()
    };
    let (before, after) = (raw(before)?, raw(after)?);
    let values = (before.as_deref(), after.as_deref());
    let (by, word) = ((person, actor.name.as_str()), deed.as_str());
    log::append(tx, place, &log::deed((&id, now), by, word, subject, values)).await
}

/// 16 hexadecimal digits that nothing else is called by.
pub(super) fn random_name() -> Result<String, StoreError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Random(error.to_string()))?;
    Ok(hex::encode(bytes))
}

impl Store {
    /// Notes what changed nothing, such as an attempt to sign in.
    pub async fn note(
        &self,
        actor: &Actor,
        now: UtcMs,
        deed: Deed,
        subject: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        note(&mut tx, (actor, now), deed, subject, None, None).await?;
        tx.commit().await
    }

    /// The trail, newest first: at most `limit` lines, beginning after a line given by instant and name.
    pub async fn trail(
        &self,
        filter: &AuditFilter,
        after: Option<(UtcMs, &str)>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let (at, id) = after.map_or((i64::MAX, ""), |(at, id)| (at.0, id));
        let rows = sql!(fetch &mut self.db.reader().await?,
            "select id, at, person, who, address, deed, subject, before, after from audit
             where (at < $1 or (at = $1 and id < $2)) and at >= $3 and at < $4
             and ($5 = '' or person = $5) and ($6 = '' or deed = $6)
             order by at desc, id desc limit $7",
            at, id, filter.from.map_or(i64::MIN, |from| from.0),
            filter.until.map_or(i64::MAX, |until| until.0),
            filter.person.as_ref().map_or("", PersonId::as_str),
            filter.deed.map_or("", Deed::as_str), i64::from(limit))?;
        rows.iter()
            .map(|row| {
                let id: String = row.get(0)?;
                let value = |column| -> Result<Option<Value>, StoreError> {
                    let text: Option<String> = row.get(column)?;
                    text.map(|text| super::json("line of the trail", &id, &text)).transpose()
                };
                let person: Option<String> = row.get(2)?;
                Ok(AuditEntry {
                    at: UtcMs(row.get(1)?),
                    actor: Actor {
                        person: person.map(|person| name("doer of", person)).transpose()?,
                        name: row.get(3)?,
                        address: row.get(4)?,
                    },
                    deed: row.get(5)?,
                    subject: row.get(6)?,
                    before: value(7)?,
                    after: value(8)?,
                    id,
                })
            })
            .collect()
    }
}
