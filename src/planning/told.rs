//! A reason read back from the words in which it was kept.

use super::Why;

impl Why {
    /// The codes of all reasons.
    pub const CODES: &[&str] = &[
        "after",
        "occupied",
        "crowded",
        "quiet-hours",
        "holiday",
        "unit-absent",
        "unit-missing",
        "programme-missing",
        "programme-empty",
        "campaign-missing",
        "outside-campaign",
        "nothing-to-rotate",
        "clip-missing",
        "clip-retired",
        "clip-not-valid",
        "not-approved",
        "programme-not-approved",
    ];

    /// Reads a reason from its code and from the words of the decision or the reason itself. None: a Loa that knew other
    /// reasons wrote it.
    pub fn read(code: &str, words: &str) -> Option<Self> {
        let words = match words.split_once(": ") {
            Some((head, rest)) if head == "refused" || head.starts_with("moved ") => rest,
            _ => words,
        };
        let between = |before: &str, after: &str| {
            words.strip_prefix(before)?.strip_suffix(after).filter(|name| !name.is_empty())
        };
        let name_and_day = |before: &str, middle: &str| {
            let (name, day) = words.strip_prefix(before)?.split_once(middle)?;
            Some((name.to_owned(), day.parse().ok()?))
        };
        Some(match code {
            "after" => Self::After(between("after ", "")?.parse().ok()?),
            "occupied" => {
                Self::Occupied(between("", " sounds until after its latest start")?.parse().ok()?)
            }
            "crowded" => Self::Crowded(words.rsplit(' ').next()?.parse().ok()?),
            "quiet-hours" => Self::QuietHours(between("quiet hours ", "")?.parse().ok()?),
            "holiday" => Self::Holiday(between("holiday: ", "")?.to_owned()),
            "unit-absent" => {
                let (unit, day) = name_and_day("unit ", " does not exist on ")?;
                Self::UnitAbsent(unit.parse().ok()?, day)
            }
            "unit-missing" => Self::UnitMissing(between("no unit ", "")?.parse().ok()?),
            "programme-missing" => {
                Self::ProgrammeMissing(between("no programme ", "")?.parse().ok()?)
            }
            "programme-empty" => {
                Self::ProgrammeEmpty(between("programme ", " has nothing to sound")?.parse().ok()?)
            }
            "campaign-missing" => Self::CampaignMissing(between("no campaign ", "")?.parse().ok()?),
            "outside-campaign" => {
                let (campaign, day) = name_and_day("campaign ", " does not run on ")?;
                Self::OutsideCampaign(campaign.parse().ok()?, day)
            }
            "nothing-to-rotate" => Self::NothingToRotate(
                between("campaign ", " has no further clip that may air")?.parse().ok()?,
            ),
            "clip-missing" => Self::ClipMissing(between("no clip ", "")?.parse().ok()?),
            "clip-retired" => Self::ClipRetired(between("clip ", " is retired")?.parse().ok()?),
            "clip-not-valid" => {
                let (clip, day) = name_and_day("clip ", " may not air on ")?;
                Self::ClipNotValid(clip.parse().ok()?, day)
            }
            "not-approved" => Self::NotApproved(between("not approved: ", "")?.parse().ok()?),
            "programme-not-approved" => {
                Self::ProgrammeNotApproved(between("not approved: programme ", "")?.parse().ok()?)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{planning::Decision, radio::UtcMs};

    #[test]
    fn every_reason_is_read_back_as_it_was_written() {
        fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
            text.parse().unwrap()
        }
        let day = chrono::NaiveDate::from_ymd_opt(2026, 9, 2).unwrap();
        let reasons = [
            Why::After(id("sang-05h")),
            Why::Occupied(id("sang-05h")),
            Why::Crowded(UtcMs(1_601_503_200_000)),
            Why::QuietHours(id("21:00-05:00")),
            Why::Holiday("Quốc khánh: nghỉ 2 ngày".to_owned()),
            Why::UnitAbsent(id("kim-tan"), day),
            Why::UnitMissing(id("kim-tan")),
            Why::ProgrammeMissing(id("ban-tin")),
            Why::ProgrammeEmpty(id("ban-tin")),
            Why::CampaignMissing(id("bluezone")),
            Why::OutsideCampaign(id("bluezone"), day),
            Why::NothingToRotate(id("bluezone")),
            Why::ClipMissing(id("chime")),
            Why::ClipRetired(id("chime")),
            Why::ClipNotValid(id("chime"), day),
            Why::NotApproved(id("chime")),
            Why::ProgrammeNotApproved(id("ban-tin")),
        ];
        assert_eq!(reasons.each_ref().map(Why::code), *Why::CODES);
        for why in reasons {
            let at = UtcMs(1_601_503_200_000);
            for moved_to in [None, Some(UtcMs(at.0 + 340_500))] {
                let decision = Decision {
                    airing: id("a.b.c"),
                    schedule: id("a"),
                    station: id("b"),
                    programme: id("c"),
                    title: "".into(),
                    nominal_at: at,
                    moved_to,
                    why: why.clone(),
                };
                for words in [decision.to_string(), why.to_string()] {
                    assert_eq!(Why::read(why.code(), &words), Some(why.clone()), "{words}");
                }
            }
        }
        assert_eq!(Why::read("of-tomorrow", "refused: of tomorrow"), None);
    }
}
