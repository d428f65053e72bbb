//! The form of a campaign, and the campaign that it says: one is made of the other and back. Pure.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::{
    library::nfc,
    radio::{Campaign, CampaignId, ClipId, Directive},
    server::pages::{
        dates::read_day,
        selection::{Ticked, words},
    },
};

/// More airings a day than one a minute nobody owes.
const MOST: u32 = 1440;

/// The form as it is filled in.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(in crate::server::pages) struct Wish {
    pub(super) title: String,
    pub(super) number: String,
    pub(super) date: String,
    pub(super) issuer: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) owed: String,
    pub(super) clips: Vec<String>,
    pub(super) stations: Vec<String>,
    pub(super) units: Vec<String>,
    pub(super) kinds: Vec<String>,
    pub(super) except_stations: Vec<String>,
    pub(super) except_units: Vec<String>,
}

/// What is wrong in a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Title,
    Number,
    Date,
    Issuer,
    From,
    Until,
    Owed,
    Stations,
}

/// A line that says something, NFC.
fn line(text: &str) -> Option<String> {
    let text = nfc(text.trim());
    let is_line = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    is_line.then_some(text)
}

impl Wish {
    /// The form of a new campaign.
    pub(super) fn new() -> Self {
        Self { owed: "2".to_owned(), ..Self::default() }
    }

    /// The form that says a campaign.
    pub(super) fn of(campaign: &Campaign) -> Self {
        let day = |day: NaiveDate| day.format("%d/%m/%Y").to_string();
        let stations = &campaign.stations;
        Self {
            title: campaign.title.clone(),
            number: campaign.directive.number.clone(),
            date: day(campaign.directive.date),
            issuer: campaign.directive.issuer.clone(),
            from: day(campaign.from),
            until: day(campaign.until),
            owed: campaign.airings_per_day.to_string(),
            clips: words(&campaign.clips),
            stations: words(&stations.stations),
            units: words(&stations.units),
            kinds: words(&stations.kinds),
            except_stations: words(&stations.except_stations),
            except_units: words(&stations.except_units),
        }
    }

    /// The stations that are ticked.
    pub(super) fn ticked(&self) -> Ticked<'_> {
        Ticked {
            stations: &self.stations,
            units: &self.units,
            kinds: &self.kinds,
            except_stations: &self.except_stations,
            except_units: &self.except_units,
        }
    }

    /// The campaign that it says. Clips that `before` has keep their turn, new ones come after them.
    pub(super) fn read(
        &self,
        id: CampaignId,
        before: Option<&Campaign>,
    ) -> Result<Campaign, BTreeSet<Field>> {
        let mut wrong = BTreeSet::new();
        let mut read = |is_read: bool, field| {
            if !is_read {
                wrong.insert(field);
            }
        };
        let (title, number, issuer) = (line(&self.title), line(&self.number), line(&self.issuer));
        let date = read_day(&self.date);
        let (from, until) = (read_day(&self.from), read_day(&self.until));
        let owed = self.owed.trim().parse().ok().filter(|owed| *owed <= MOST);
        let stations = self.ticked().selection(before.map(|before| &before.stations));
        read(title.is_some(), Field::Title);
        read(number.is_some(), Field::Number);
        read(date.is_some(), Field::Date);
        read(issuer.is_some(), Field::Issuer);
        read(from.is_some(), Field::From);
        read(until.is_some() && (from.is_none() || from <= until), Field::Until);
        read(owed.is_some(), Field::Owed);
        read(stations.is_some(), Field::Stations);
        let directive = number.zip(date).zip(issuer);
        let all = title.zip(directive).zip(from).zip(until).zip(owed).zip(stations);
        let Some((((((title, directive), from), until), airings_per_day), stations)) =
            all.filter(|_| wrong.is_empty())
        else {
            return Err(wrong);
        };
        let ((number, date), issuer) = directive;
        Ok(Campaign {
            id,
            title,
            directive: Directive { number, date, issuer },
            from,
            until,
            stations,
            airings_per_day,
            clips: self.turns(before.map(|before| &before.clips[..]).unwrap_or_default()),
        })
    }

    fn turns(&self, before: &[ClipId]) -> Vec<ClipId> {
        let ticked: Vec<ClipId> = self.clips.iter().filter_map(|id| id.parse().ok()).collect();
        let stay = before.iter().filter(|id| ticked.contains(id));
        let come = ticked.iter().filter(|id| !before.contains(id));
        stay.chain(come).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::radio::Selection;

    fn campaign() -> Campaign {
        let day = |text: &str| text.parse().unwrap();
        Campaign {
            id: "bluezone".parse().unwrap(),
            title: "Cài đặt Bluezone".to_owned(),
            directive: Directive {
                number: "12075/UBND-CNTT".to_owned(),
                date: day("2020-09-01"),
                issuer: "UBND tỉnh Thanh Hóa".to_owned(),
            },
            from: day("2020-09-10"),
            until: day("2020-10-31"),
            stations: Selection {
                units: vec!["b".parse().unwrap(), "a".parse().unwrap()],
                except_stations: vec!["c".parse().unwrap()],
                ..Selection::default()
            },
            airings_per_day: 2,
            clips: ["b", "a", "c"].map(|id| id.parse().unwrap()).into(),
        }
    }

    #[test]
    fn a_campaign_comes_back_from_its_form_as_it_was() {
        let before = campaign();
        let mut wish = Wish::of(&before);
        // A browser sends what is ticked in the order of the page.
        wish.units.sort();
        wish.clips.sort();
        assert_eq!(wish.read(before.id.clone(), Some(&before)), Ok(before.clone()));
        wish.clips = ["a", "b", "d"].map(str::to_owned).into();
        let after = wish.read(before.id.clone(), Some(&before)).unwrap();
        assert_eq!(words(&after.clips), ["b", "a", "d"]);
    }

    #[test]
    fn what_is_wrong_is_told_field_by_field() {
        let id = || "x".parse().unwrap();
        let all = Wish::default().read(id(), None).unwrap_err();
        assert_eq!(all.len(), 8, "{all:?}");
        let mut wish = Wish::of(&campaign());
        for (owed, is_right) in [("0", true), ("1440", true), ("1441", false), ("2,5", false)] {
            wish.owed = owed.to_owned();
            assert_eq!(wish.read(id(), None).is_ok(), is_right, "{owed}");
        }
        let mut wish = Wish::of(&campaign());
        wish.until = "09/09/2020".to_owned();
        assert_eq!(wish.read(id(), None), Err([Field::Until].into()));
    }
}
