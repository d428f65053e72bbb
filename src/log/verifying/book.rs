use std::{borrow::Cow, collections::HashMap};

use serde::Deserialize;

use super::{
    super::{DistrictKey, LogKey, LogKeys, Record, Revoked, StationKey, WitnessKey},
    chain::Chains,
};
use crate::{
    radio::RecordHash,
    signing::{Context, Envelope, NoteKey, PublicKey, Signature, Signs, newest},
};

/// What entries said so far that later ones are held against.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) log_keys: LogKeys,
    pub(super) witnesses: Vec<NoteKey>,
    pub(super) signed: u64,
    pub(super) unsigned: u64,
    district: Vec<Envelope>,
    /// The keys of stations; none: it was revoked.
    keys: HashMap<String, (String, Option<PublicKey>)>,
    chains: Chains,
}

/// An entry, as far as it matters to others.
pub(super) enum Page<'a> {
    Record(Record<'a>, Told, RecordHash),
    StationKey(StationKey<'a>),
    Revoked(Revoked<'a>),
    DistrictKey(DistrictKey),
    LogKey(LogKey<'a>),
    Witness(WitnessKey<'a>),
    /// Anything else: its hash is all that there is to check.
    Other,
}

/// Of a record, what ties it to its station and to others.
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

/// A [`Record`] with its kind, which must not stand there twice.
#[derive(Deserialize)]
struct Kinded<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    at: Cow<'a, str>,
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
    pub(super) fn read(entry: &'a [u8]) -> Result<Self, String> {
        let entry = std::str::from_utf8(entry).map_err(|_| "it is no text in UTF-8".to_owned())?;
        // Nearly all are records, and are read in one pass.
        if entry.starts_with(RECORD) {
            return Self::record(entry);
        }
        let Kind { kind } = json(entry)?;
        Ok(match &*kind {
            "record" => return Self::record(entry),
            "station-key" => Self::StationKey(json(entry)?),
            "station-key-revoked" => Self::Revoked(json(entry)?),
            "district-key" => Self::DistrictKey(json(entry)?),
            "log-key" => Self::LogKey(json(entry)?),
            "witness" => Self::Witness(json(entry)?),
            _ => Self::Other,
        })
    }
}

impl<'a> Page<'a> {
    fn record(entry: &'a str) -> Result<Self, String> {
        let Kinded { kind, at, key, signature, payload } = json(entry)?;
        if kind != "record" {
            return Err("it is of another kind than it begins with".to_owned());
        }
        let (told, hash) = (Told::of(&payload)?, RecordHash::of(payload.as_bytes()));
        Ok(Self::Record(Record { at, key, signature, payload }, told, hash))
    }
}

/// A signature that is still to be checked.
#[derive(Debug)]
pub(super) struct Claim {
    key: PublicKey,
    signature: String,
    payload: String,
}

impl Claim {
    /// Checks it strictly, as the district did.
    pub(super) fn check(&self) -> Result<(), String> {
        let wrong = |_| "the station's signature does not fit".to_owned();
        let signature: Signature = self.signature.parse().map_err(wrong)?;
        self.key.check(Context::Record, &self.payload, &signature).map_err(wrong)
    }
}

impl Book {
    /// Enters what an entry says; gives what remains to be checked.
    pub(super) fn enter(&mut self, index: u64, page: Page<'_>) -> Result<Option<Claim>, String> {
        match page {
            Page::Record(record, told, hash) => self.record(index, record, &told, hash),
            Page::StationKey(entry) => self.station_key(&entry).map(|()| None),
            Page::Revoked(entry) => self.revoked(&entry).map(|()| None),
            Page::DistrictKey(entry) => self.district_key(entry.statement).map(|()| None),
            Page::LogKey(entry) => {
                let taken = self.log_keys.enter(index, &entry);
                taken.map(|()| None).map_err(|error| error.to_string())
            }
            Page::Witness(WitnessKey { key, .. }) => {
                self.witnesses.push(witness_key(&key)?);
                Ok(None)
            }
            Page::Other => Ok(None),
        }
    }

    fn record(
        &mut self,
        index: u64,
        record: Record<'_>,
        told: &Told,
        hash: RecordHash,
    ) -> Result<Option<Claim>, String> {
        let claim = match (record.key, record.signature) {
            (None, None) => {
                self.unsigned += 1;
                None
            }
            (Some(key), Some(signature)) => {
                let (station, key) = self
                    .keys
                    .get(&*key)
                    .ok_or("it is signed with a key that no station enrolled with")?;
                if *station != told.station {
                    return Err(format!("it speaks of {}, and {station} signed it", told.station));
                }
                let key = key.ok_or("its key was revoked before it came")?;
                let signature = signature.into_owned();
                self.signed += 1;
                Some(Claim { key, signature, payload: record.payload.into_owned() })
            }
            _ => {
                return Err(
                    "it has a key without a signature, or a signature without a key".to_owned()
                );
            }
        };
        self.chains.add(index, told, hash);
        Ok(claim)
    }

    fn station_key(
        &mut self,
        StationKey { station, key, .. }: &StationKey<'_>,
    ) -> Result<(), String> {
        let read: PublicKey =
            key.parse().map_err(|error: crate::signing::BadKey| error.to_string())?;
        match self.keys.insert(key.to_string(), (station.to_string(), Some(read))) {
            None => Ok(()),
            Some((first, _)) => Err(format!("{first} enrolled with this key already")),
        }
    }

    fn revoked(&mut self, Revoked { station, key, .. }: &Revoked<'_>) -> Result<(), String> {
        match self.keys.get_mut(&**key) {
            Some((of, held)) if *of == **station => {
                *held = None;
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
