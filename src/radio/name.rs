//! Names of things: short, lower-case, safe in a URL, a file name and a shell.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a name: use 1 to 64 of a-z, 0-9 and '-', beginning with a letter or digit")]
pub struct BadName(pub String);

fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=64).contains(&bytes.len())
        && bytes[0] != b'-'
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

/// An airing's name is its schedule's, its station's and its nominal instant's, joined by points.
fn is_airing_name(text: &str) -> bool {
    let mut parts = text.split('.');
    let is_instant = |part: &str| {
        (1..=32).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    parts.next().is_some_and(is_name)
        && parts.next().is_some_and(is_name)
        && parts.next().is_some_and(is_instant)
        && parts.next().is_none()
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident by $valid:path;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, BadName> {
                if $valid(text) { Ok(Self(text.into())) } else { Err(BadName(text.to_owned())) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadName;

            fn try_from(text: String) -> Result<Self, BadName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )*};
}

names! {
    /// Names a [`Unit`](super::Unit).
    UnitId by is_name;
    /// Names a [`Station`](super::Station).
    StationId by is_name;
    /// Names a [`Clip`](super::Clip) for people; its content is named by [`ClipHash`](super::ClipHash).
    ClipId by is_name;
    /// Names a [`Programme`](super::Programme).
    ProgrammeId by is_name;
    /// Names a [`Campaign`](super::Campaign).
    CampaignId by is_name;
    /// Names a [`Schedule`](super::Schedule).
    ScheduleId by is_name;
    /// Names somebody who signs in; made by Loa, not shown.
    PersonId by is_name;
    /// Names a [`Bulletin`](super::Bulletin).
    BulletinId by is_name;
    /// Names a [`PreparedBulletin`](super::PreparedBulletin).
    PreparedBulletinId by is_name;
    /// Names an [`Airing`](super::Airing): `schedule.station.20201001T220000Z`.
    AiringId by is_airing_name;
}

impl AiringId {
    /// Derives the name, so that planning the same wish twice gives the same airing.
    pub fn derive(schedule: &ScheduleId, station: &StationId, nominal: super::UtcMs) -> Self {
        Self::from_parts(schedule, station, &nominal.compact())
    }

    /// The same from an instant already written as [`UtcMs::compact`](super::UtcMs::compact) writes it.
    pub(crate) fn from_parts(schedule: &ScheduleId, station: &StationId, compact: &str) -> Self {
        Self([&schedule.0, ".", &station.0, ".", compact].concat().into())
    }

    /// The airing at a station that carries out a bulletin, which stands in the place of a schedule.
    pub fn of_bulletin(bulletin: &BulletinId, station: &StationId, sent: super::UtcMs) -> Self {
        Self::from_parts(&bulletin.as_schedule(), station, &sent.compact())
    }

    /// The name of the rule that it comes from.
    pub fn schedule(&self) -> &str {
        self.part(0)
    }

    /// The name of the station that it is at.
    pub fn station(&self) -> &str {
        self.part(1)
    }

    /// The instant that its rule names; none: the name was not derived.
    pub fn nominal(&self) -> Option<super::UtcMs> {
        let (seconds, millis) = self.part(2).strip_suffix('Z')?.split_at_checked(15)?;
        let seconds = NaiveDateTime::parse_from_str(seconds, "%Y%m%dT%H%M%S").ok()?;
        let millis = if millis.is_empty() { 0 } else { millis.parse().ok()? };
        Some(super::UtcMs::from(seconds.and_utc()) + Duration::from_millis(millis))
    }

    fn part(&self, number: usize) -> &str {
        self.0.split('.').nth(number).unwrap_or_default()
    }
}

impl ClipId {
    /// The name of a recording that is no clip of the rules: made for one bulletin, or part of the program.
    pub fn of_recording(content: &super::ClipHash) -> Self {
        let content = content.to_string();
        Self(["recording-", content.get(..16).unwrap_or_default()].concat().into())
    }
}

impl BulletinId {
    /// Where an airing names the rule that asked for it, a bulletin stands for one.
    pub fn as_schedule(&self) -> ScheduleId {
        ScheduleId(self.0.clone())
    }

    /// And for a programme.
    pub fn as_programme(&self) -> ProgrammeId {
        ProgrammeId(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_everywhere() {
        for good in ["a", "thach-lam", "sang-05h", "15196"] {
            assert_eq!(good.parse::<StationId>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "Thạch", "a b", "a.b", "a/b", "A", &"a".repeat(65)] {
            assert_eq!(bad.parse::<StationId>(), Err(BadName(bad.to_owned())));
        }
    }

    #[test]
    fn an_airing_is_named_by_what_it_is() {
        let id = AiringId::derive(
            &"sang-05h".parse().unwrap(),
            &"thach-lam".parse().unwrap(),
            super::super::UtcMs(1_601_503_200_000),
        );
        assert_eq!(id.as_str(), "sang-05h.thach-lam.20200930T220000Z");
        assert_eq!((id.schedule(), id.station()), ("sang-05h", "thach-lam"));
        assert_eq!(id.nominal(), Some(super::super::UtcMs(1_601_503_200_000)));
        let bulletin = "lu.thach-lam.20200930T220000250Z".parse::<AiringId>().unwrap();
        assert_eq!(bulletin.nominal(), Some(super::super::UtcMs(1_601_503_200_250)));
        assert_eq!("sang.thach-lam.1".parse::<AiringId>().unwrap().nominal(), None);
        assert_eq!(id.as_str().parse::<AiringId>(), Ok(id));
        for bad in ["sang.thach-lam", "Sang.thach-lam.1", "sang.-lam.1", "sang.lam.", "a.b.c.d"] {
            assert_eq!(bad.parse::<AiringId>(), Err(BadName(bad.to_owned())));
        }
    }
}
