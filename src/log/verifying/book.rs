use std::{borrow::Cow, collections::HashMap};

use serde::Deserialize;

use super::{
    super::{DistrictKey, LogKey, LogKeys, Revoked, StationKey, WitnessKey},
    chain::Chains,
};
use crate::{
    radio::RecordHash,
    signing::{BadSignature, Claim, Context, Envelope, NoteKey, PublicKey, Signs, newest},
};

/// What entries said so far that later ones are held against.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) log_keys: LogKeys,
    pub(super) witnesses: Vec<NoteKey>,
    pub(super) signed: u64,
    pub(super) unsigned: u64,
    district: Vec<Envelope>,
    /// The keys of stations: whose, and whether it was revoked.
    keys: HashMap<String, (String, bool)>,
    chains: Chains,
}

/// An entry, as far as it matters to others.
#[derive(Debug)]
pub(super) enum Page<'a> {
    Record(Signed<'a>),
    StationKey(StationKey<'a>),
    Revoked(Revoked<'a>),
    DistrictKey(DistrictKey),
    LogKey(LogKey<'a>),
    Witness(WitnessKey<'a>),
    /// Anything else: its hash is all that there is to check.
    Other,
}

/// A record, whose signature was looked at already: whether its key may sign is told by the entries before it.
#[derive(Debug)]
pub(super) struct Signed<'a> {
    told: Told,
    hash: RecordHash,
    /// The key that it names; none: it is from before there were keys.
    key: Option<Cow<'a, str>>,
    /// That this key signed it, if that is to be checked; or that it did not.
    claim: Option<Result<Claim, BadSignature>>,
}

/// Of a record, what ties it to its station and to others.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) station: String,
    pub(super) sequence: u64,
    /// What it says of the one before; none within: that is no hash.
    pub(super) previous: Option<Option<RecordHash>>,
}

/// The same as it is written.
#[derive(Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    station: Cow<'a, str>,
    sequence: u64,
    #[serde(borrow, default)]
    previous: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

/// A [`Record`](super::super::Record) with its kind, which must not stand there twice.
#[derive(Deserialize)]
struct Kinded<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, rename = "at")]
    _at: Cow<'a, str>,
    #[serde(borrow)]
    key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    signature: Option<Cow<'a, str>>,
    #[serde(borrow)]
    payload: Cow<'a, str>,
}

/// How the line of a record begins.
const RECORD: &str = r#"{"kind":"record","#;

fn json<'a, T: Deserialize<'a>>(entry: &'a str) -> Result<T, String> {
    serde_json::from_str(entry).map_err(|error| format!("it cannot be read: {error}"))
}

impl Told {
    fn of(payload: &str) -> Result<Self, String> {
        let Written { station, sequence, previous } = json(payload)?;
        let previous = previous.map(|hash| hash.parse().ok());
        Ok(Self { station: station.into_owned(), sequence, previous })
    }
}

impl<'a> Page<'a> {
    /// Reads an entry; one of a record with a claim, if that is to be checked.
    pub(super) fn read(entry: &'a [u8], is_claimed: bool) -> Result<Self, String> {
        let entry = std::str::from_utf8(entry).map_err(|_| "it is no text in UTF-8".to_owned())?;
        // Nearly all are records, and are read in one pass.
        if entry.starts_with(RECORD) {
            return Signed::read(entry, is_claimed).map(Self::Record);
        }
        let Kind { kind } = json(entry)?;
        Ok(match &*kind {
            "record" => return Signed::read(entry, is_claimed).map(Self::Record),
            "station-key" => Self::StationKey(json(entry)?),
            "station-key-revoked" => Self::Revoked(json(entry)?),
            "district-key" => Self::DistrictKey(json(entry)?),
            "log-key" => Self::LogKey(json(entry)?),
            "witness" => Self::Witness(json(entry)?),
            _ => Self::Other,
        })
    }

    /// What is to be checked of it.
    pub(super) fn claim(&self) -> Option<&Claim> {
        let Self::Record(record) = self else { return None };
        record.claim.as_ref()?.as_ref().ok()
    }

    /// It was checked, and does not hold.
    pub(super) fn refute(&mut self) {
        if let Self::Record(record) = self {
            record.claim = Some(Err(BadSignature));
        }
    }
}

impl<'a> Signed<'a> {
    fn read(entry: &'a str, is_claimed: bool) -> Result<Self, String> {
        let Kinded { kind, key, signature, payload, .. } = json(entry)?;
        if kind != "record" {
            return Err("it is of another kind than it begins with".to_owned());
        }
        let (told, hash) = (Told::of(&payload)?, RecordHash::of(payload.as_bytes()));
        let claim = match (&key, signature) {
            (None, None) => None,
            (Some(key), Some(signature)) => {
                is_claimed.then(|| Claim::read(key, &signature, Context::Record, &payload))
            }
            _ => {
                return Err(
                    "it has a key without a signature, or a signature without a key".to_owned()
                );
            }
        };
        Ok(Self { told, hash, key, claim })
    }
}

impl Book {
    /// Enters what an entry says.
    pub(super) fn enter(&mut self, index: u64, page: Page<'_>) -> Result<(), String> {
        match page {
            Page::Record(record) => self.record(index, record),
            Page::StationKey(entry) => self.station_key(&entry),
            Page::Revoked(entry) => self.revoked(&entry),
            Page::DistrictKey(entry) => self.district_key(entry.statement),
            Page::LogKey(entry) => {
                self.log_keys.enter(index, &entry).map_err(|error| error.to_string())
            }
            Page::Witness(WitnessKey { key, .. }) => {
                self.witnesses.push(witness_key(&key)?);
                Ok(())
            }
            Page::Other => Ok(()),
        }
    }

    fn record(&mut self, index: u64, record: Signed<'_>) -> Result<(), String> {
        let Signed { told, hash, key, claim } = record;
        if let Some(key) = key {
            let (station, is_revoked) = self
                .keys
                .get(&*key)
                .ok_or("it is signed with a key that no station enrolled with")?;
            if *station != told.station {
                return Err(format!("it speaks of {}, and {station} signed it", told.station));
            }
            if *is_revoked {
                return Err("its key was revoked before it came".to_owned());
            }
            if let Some(Err(_)) = claim {
                return Err("the station's signature does not fit".to_owned());
            }
            self.signed += 1;
        } else {
            self.unsigned += 1;
        }
        self.chains.add(index, &told, hash);
        Ok(())
    }

    fn station_key(
        &mut self,
        StationKey { station, key, .. }: &StationKey<'_>,
    ) -> Result<(), String> {
        key.parse::<PublicKey>().map_err(|error| error.to_string())?;
        match self.keys.insert(key.to_string(), (station.to_string(), false)) {
            None => Ok(()),
            Some((first, _)) => Err(format!("{first} enrolled with this key already")),
        }
    }

    fn revoked(&mut self, Revoked { station, key, .. }: &Revoked<'_>) -> Result<(), String> {
        match self.keys.get_mut(&**key) {
            Some((of, is_revoked)) if *of == **station => {
                *is_revoked = true;
                Ok(())
            }
            _ => Err(format!("{station} never enrolled with this key")),
        }
    }

    fn district_key(&mut self, statement: Envelope) -> Result<(), String> {
        self.district.push(statement);
        newest(&self.district, None).map(drop).map_err(|error| error.to_string())
    }

    pub(super) fn station_count(&self) -> u64 {
        self.chains.station_count()
    }

    pub(super) fn breaks(&self) -> (u64, Option<String>) {
        self.chains.breaks()
    }
}

fn witness_key(text: &str) -> Result<NoteKey, String> {
    let key: NoteKey = text.parse().map_err(|error: crate::signing::BadNote| error.to_string())?;
    let is_witness = key.signs() == Signs::Sight;
    is_witness.then_some(key).ok_or_else(|| format!("{text} is a key of another kind"))
}
