//! What people call what the planner's reasons speak of.

use std::collections::HashMap;

use super::super::{visitor::Visitor, words::Phrase};
use crate::{
    planning::Why,
    radio::ScheduleId,
    store::{PlannedAiring, Rules},
};

/// Titles by name.
#[derive(Debug, Default)]
pub(in crate::server::pages) struct Names {
    schedules: HashMap<String, String>,
    programmes: HashMap<String, String>,
    campaigns: HashMap<String, (String, String)>,
    clips: HashMap<String, String>,
    units: HashMap<String, String>,
    stations: HashMap<String, String>,
}

fn called<'a>(names: &'a HashMap<String, String>, id: &'a str) -> &'a str {
    names.get(id).map_or(id, String::as_str)
}

impl Names {
    pub(in crate::server::pages) fn of(rules: &Rules) -> Self {
        macro_rules! titles {
            ($things:ident, $title:ident) => {
                rules.$things.iter().map(|one| (one.id.to_string(), one.$title.clone())).collect()
            };
        }
        let campaigns = rules.campaigns.iter();
        Self {
            schedules: titles!(schedules, title),
            programmes: titles!(programmes, title),
            campaigns: campaigns
                .map(|one| (one.id.to_string(), (one.title.clone(), one.directive.number.clone())))
                .collect(),
            clips: titles!(clips, title),
            units: titles!(units, name),
            stations: titles!(stations, name),
        }
    }

    /// What people call a thing of the rules; none: it is there no longer, or is of a kind that has no name.
    pub(in crate::server::pages) fn of_thing(&self, noun: &str, id: &str) -> Option<&str> {
        let names = match noun {
            "campaign" => return self.campaigns.get(id).map(|(title, _)| title.as_str()),
            "clip" => &self.clips,
            "programme" => &self.programmes,
            "schedule" => &self.schedules,
            "station" => &self.stations,
            "unit" => &self.units,
            _ => return None,
        };
        names.get(id).map(String::as_str)
    }

    /// None: it is there no longer.
    pub(super) fn schedule(&self, id: &ScheduleId) -> Option<&str> {
        self.schedules.get(id.as_str()).map(String::as_str)
    }

    pub(super) fn station<'a>(&'a self, id: &'a str) -> &'a str {
        called(&self.stations, id)
    }

    fn campaign<'a>(&'a self, id: &'a str) -> &'a str {
        self.campaigns.get(id).map_or(id, |(title, _)| title)
    }

    /// The number of the order that a campaign carries out.
    pub(super) fn directive<'a>(&'a self, id: &'a str) -> &'a str {
        self.campaigns.get(id).map_or(id, |(_, number)| number)
    }

    /// Why a wish is refused or not at its time, in the reader's language; none: it is neither.
    pub(in crate::server::pages) fn because(
        &self,
        v: &Visitor,
        planned: &PlannedAiring,
    ) -> Option<String> {
        let code = planned.reason.as_deref()?;
        let words = planned.decision.as_deref().unwrap_or_default();
        // What a newer Loa wrote stays in its own words.
        Some(match Why::read(code, words) {
            Some(why) => self.why(v, &why).to_string(),
            None => words.to_owned(),
        })
    }

    /// A reason in the reader's language.
    pub(super) fn why(&self, v: &Visitor, why: &Why) -> Phrase {
        let phrase = v.code("why", why.code());
        let day = |day| v.dates().date_of(day);
        match why {
            Why::After(id) | Why::Occupied(id) => {
                phrase.with("schedule", called(&self.schedules, id.as_str()))
            }
            Why::Crowded(_) => phrase,
            Why::QuietHours(hours) => phrase
                .with("from", hours.begin().format("%H:%M"))
                .with("until", hours.end().format("%H:%M")),
            Why::Holiday(name) => phrase.with("name", name),
            Why::UnitAbsent(id, on) => {
                phrase.with("unit", called(&self.units, id.as_str())).with("day", day(on))
            }
            Why::UnitMissing(id) => phrase.with("unit", called(&self.units, id.as_str())),
            Why::ProgrammeMissing(id) | Why::ProgrammeEmpty(id) | Why::ProgrammeNotApproved(id) => {
                phrase.with("programme", called(&self.programmes, id.as_str()))
            }
            Why::CampaignMissing(id) | Why::NothingToRotate(id) => {
                phrase.with("campaign", self.campaign(id.as_str()))
            }
            Why::OutsideCampaign(id, on) => {
                phrase.with("campaign", self.campaign(id.as_str())).with("day", day(on))
            }
            Why::ClipMissing(id) | Why::ClipRetired(id) | Why::NotApproved(id) => {
                phrase.with("clip", called(&self.clips, id.as_str()))
            }
            Why::ClipNotValid(id, on) => {
                phrase.with("clip", called(&self.clips, id.as_str())).with("day", day(on))
            }
        }
    }
}
