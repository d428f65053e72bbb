use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CampaignId, ClipHash, ClipId, Item, Programme, ProgrammeId, UtcMs};

/// What somebody has to approve before it airs.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(tag = "noun", content = "id", rename_all = "lowercase")]
pub enum Subject {
    /// A recording.
    Clip(ClipId),
    /// A programme that was written on a page.
    Programme(ProgrammeId),
}

impl Subject {
    /// The noun, as it stands in the API and the database.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Clip(_) => "clip",
            Self::Programme(_) => "programme",
        }
    }

    /// Its name.
    pub fn id(&self) -> &str {
        match self {
            Self::Clip(id) => id.as_str(),
            Self::Programme(id) => id.as_str(),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.noun(), self.id())
    }
}

/// What an approver said of a content. Another content needs another word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Ruling {
    /// Of what.
    #[serde(flatten)]
    pub subject: Subject,
    /// Of which content: a clip's SHA-256, or the hash of all that a programme sounds.
    pub content: ClipHash,
    /// Whether it may air; false: it was sent back.
    pub approved: bool,
    /// Who said so: a name by value.
    pub by: String,
    /// When; none: it stood in a file before Loa kept such words.
    pub at: Option<UtcMs>,
    /// What the approver wants to be different, or noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Whether they approved their own work, where the district lets one person do both.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
}

/// How something stands with its approvers, by the last ruling on its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// Nobody has said anything of this content.
    Waiting,
    /// It may air.
    Approved,
    /// It was sent back.
    SentBack,
}

impl Approval {
    /// What the last ruling on the content, if any, comes to.
    pub fn of(last: Option<&Ruling>) -> Self {
        match last {
            None => Self::Waiting,
            Some(ruling) if ruling.approved => Self::Approved,
            Some(_) => Self::SentBack,
        }
    }

    /// The same word as in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::SentBack => "sent-back",
        }
    }
}

/// The hash of all that a programme sounds: its items in order, each clip by its content, and a rotation by all the clips
/// that take turns in it. A title is not heard, so it is not in it.
pub fn content_of(
    programme: &Programme,
    sound: impl Fn(&ClipId) -> Option<ClipHash>,
    turns: impl Fn(&CampaignId) -> Vec<ClipId>,
) -> ClipHash {
    let sound = |id: &ClipId| sound(id).map_or("missing".to_owned(), |hash| hash.to_string());
    let lines = programme.items.iter().map(|item| match item {
        Item::Clip(id) => format!("clip {}\n", sound(id)),
        Item::Chime(id) => format!("chime {}\n", sound(id)),
        Item::Pause(ms) => format!("pause {ms}\n"),
        Item::Rotate(id) => {
            let turns: Vec<_> = turns(id).iter().map(sound).collect();
            format!("rotate {}\n", turns.join(" "))
        }
    });
    ClipHash::of(lines.collect::<String>().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(items: &[Item], sounds: &[(&str, &str)], turns: &[&str]) -> ClipHash {
        let programme = Programme {
            id: "ban-tin".parse().unwrap(),
            title: "Bản tin".to_owned(),
            items: items.to_vec(),
        };
        let sound = |id: &ClipId| {
            let known = sounds.iter().find(|(name, _)| *name == id.as_str());
            known.map(|(_, sound)| ClipHash::of(sound.as_bytes()))
        };
        content_of(&programme, sound, |_| turns.iter().map(|id| id.parse().unwrap()).collect())
    }

    #[test]
    fn whatever_sounds_otherwise_is_another_content() {
        let (sounds, turns) = ([("a", "1"), ("b", "2")], ["a", "b"]);
        let one = |id: &str| Item::Clip(id.parse().unwrap());
        let turn = Item::Rotate("bluezone".parse().unwrap());
        let contents = [
            hash(&[], &sounds, &turns),
            hash(&[one("a")], &sounds, &turns),
            hash(&[one("a")], &[("a", "another")], &turns),
            hash(&[one("a")], &[], &turns),
            hash(&[Item::Chime("a".parse().unwrap())], &sounds, &turns),
            hash(&[one("a"), one("b")], &sounds, &turns),
            hash(&[one("b"), one("a")], &sounds, &turns),
            hash(&[one("a"), Item::Pause(1), one("b")], &sounds, &turns),
            hash(&[one("a"), Item::Pause(2), one("b")], &sounds, &turns),
            hash(&[one("a"), one("b"), Item::Pause(1)], &sounds, &turns),
            hash(std::slice::from_ref(&turn), &sounds, &turns),
            hash(std::slice::from_ref(&turn), &sounds, &["b", "a"]),
            hash(std::slice::from_ref(&turn), &sounds, &["a"]),
            hash(std::slice::from_ref(&turn), &[("a", "1"), ("b", "another")], &turns),
            hash(&[one("a"), turn.clone()], &sounds, &turns),
        ];
        let distinct: std::collections::BTreeSet<_> = contents.iter().collect();
        assert_eq!(distinct.len(), contents.len());
        assert_eq!(hash(&[one("a")], &sounds, &turns), hash(&[one("a")], &sounds, &[]));
    }
}
