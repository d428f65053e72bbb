//! Campaigns: what was ordered, and how far it is carried out.

mod wish;

pub(super) mod channels;
pub(super) mod form;
pub(super) mod list;
pub(super) mod one;

use chrono::{Days, NaiveDate};

use super::{fault::Fault, visitor::Reader, words::Phrase};
use crate::{
    planning::{Day, DayStanding, Forecast, Row, Territory, Worth, forecast, progress},
    radio::{Campaign, Evidence, Right, Station, Unit, Window, sort_key},
    server::{AiringState, District, report::campaign_stands},
};

/// The places that the reader may see, whole: what campaigns mean is asked of them.
struct Places {
    units: Vec<Unit>,
    stations: Vec<Station>,
}

impl Places {
    async fn of(district: &District, reader: &Reader) -> Result<Self, Fault> {
        let units = district.store.units().await?;
        let territory = Territory::new(&units);
        let mut stations = district.store.stations().await?;
        stations.retain(|station| reader.may_in(Right::See, territory.ancestry(&station.unit)));
        stations.sort_by_cached_key(|station| sort_key(&station.name));
        Ok(Self { units, stations })
    }

    /// A campaign by its name in an address, if it means a station that the reader may see.
    fn find(&self, reader: &Reader, campaigns: Vec<Campaign>, id: &str) -> Result<Campaign, Fault> {
        let found = campaigns.into_iter().find(|campaign| campaign.id.as_str() == id);
        let found = found.ok_or(Fault::Missing)?;
        let is_seen = reader.grants().may_everywhere(Right::See) || self.meant(&found) > 0;
        if is_seen { Ok(found) } else { Err(Fault::MayNot(Right::See)) }
    }

    /// How many stations a campaign means.
    fn meant(&self, campaign: &Campaign) -> usize {
        let territory = Territory::new(&self.units);
        self.stations.iter().filter(|at| territory.means(&campaign.stations, at)).count()
    }
}

/// The progress of a campaign at the stations that the reader may see.
async fn rows(
    district: &District,
    reader: &Reader,
    places: &Places,
    campaign: &Campaign,
) -> Result<Vec<Row>, Fault> {
    let dates = reader.dates();
    let window = Window {
        from: dates.window(campaign.from).from,
        until: dates.window(campaign.until).until,
    };
    let stands = campaign_stands(district, &campaign.id, window, reader.now()).await?;
    let airings = stands.into_iter().map(|(station, starts_at, state, evidence)| {
        let worth = match state {
            AiringState::Aired => Worth::Aired(evidence.unwrap_or(Evidence::Simulated)),
            AiringState::Planned => Worth::Ahead,
            _ => Worth::Nothing,
        };
        (station, dates.day(starts_at), worth)
    });
    let territory = Territory::new(&places.units);
    let places = (&territory, &places.stations[..]);
    let today = dates.day(reader.now());
    Ok(progress(campaign, places, airings, (today, planned_to(district, today))))
}

/// The last day that is wholly planned: rundowns reach to the end of the last day in UTC.
fn planned_to(district: &District, today: NaiveDate) -> NaiveDate {
    let days = u64::from(district.limits.days_ahead.saturating_sub(1));
    today.checked_add_days(Days::new(days)).unwrap_or(today)
}

/// A forecast as a tone and the key of its word.
fn tone(forecast: Forecast) -> (&'static str, &'static str) {
    match forecast {
        Forecast::NothingOwed => ("quiet", "campaigns.nothing-owed"),
        Forecast::Met => ("good", "campaigns.met"),
        Forecast::WillBe => ("good", "campaigns.will-be-met"),
        Forecast::SoFar => ("good", "campaigns.met-so-far"),
        Forecast::Short { .. } => ("bad", "campaigns.fell-short"),
    }
}

/// The same of a day.
fn tone_of_day(day: &Day) -> (&'static str, &'static str) {
    match day.standing {
        DayStanding::Free => ("quiet", "campaigns.nothing-owed"),
        DayStanding::Full => ("good", "campaigns.full"),
        DayStanding::Coming => ("quiet", "campaigns.going-to-be"),
        DayStanding::Lacking => ("warn", "campaigns.going-short"),
        DayStanding::Short => ("bad", "campaigns.short"),
        DayStanding::Open => ("quiet", "campaigns.open"),
    }
}

/// What a forecast means, in a sentence.
fn sentence(reader: &Reader, forecast: Forecast, planned_to: &NaiveDate) -> Phrase {
    match forecast {
        Forecast::NothingOwed => reader.of("campaigns.says-nothing-owed"),
        Forecast::Met => reader.of("campaigns.says-met"),
        Forecast::WillBe => reader.of("campaigns.says-will-be-met"),
        Forecast::SoFar => {
            let date = reader.dates().date_of(planned_to);
            reader.of("campaigns.says-met-so-far").with("date", date)
        }
        Forecast::Short { lost, lacking } => {
            let number = |count| reader.dates().number(&count);
            let says = reader.of("campaigns.says-fell-short").with("lost", number(lost));
            says.with("lacking", number(lacking))
        }
    }
}
