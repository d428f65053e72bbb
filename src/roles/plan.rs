use std::{io::Write, path::PathBuf};

use anyhow::Context;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;
use loa::{
    almanac::{self, Almanac, Known},
    library::measure,
    planning::{Rule, Wishes, plan, sheet},
    radio::{Calendar, Clip, StationId, UtcMs, Window},
};

use super::clip::{self, IntakeArguments};

/// Where times without a zone are meant.
const HOME: Tz = Tz::Asia__Ho_Chi_Minh;

/// Show what TOML files would have aired, moved or refused. Needs no database.
#[derive(Debug, clap::Args)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    intake: IntakeArguments,
    /// TOML files, or folders of them.
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
    /// The first instant: 2020-10-01, 2020-10-01T05:00 (both in Vietnam's time) or RFC 3339.
    #[arg(long, value_name = "T", value_parser = instant)]
    from: UtcMs,
    /// The first instant that is no longer planned.
    #[arg(long, value_name = "T", value_parser = instant)]
    until: UtcMs,
    /// Only this station.
    #[arg(long, value_name = "ID")]
    station: Option<StationId>,
    /// One JSON object a line instead of day sheets.
    #[arg(long)]
    json: bool,
}

/// Plans and prints.
pub(crate) fn run(arguments: &PlanArguments) -> anyhow::Result<()> {
    anyhow::ensure!(arguments.from < arguments.until, "--from must lie before --until");
    let almanac = almanac::read(&arguments.files, Known::default(), Rule::check)?;
    if let Some(station) = &arguments.station {
        let known = almanac.stations.iter().any(|one| one.id == *station);
        anyhow::ensure!(known, "there is no station \"{station}\" in these files");
    }
    let limits = arguments.intake.limits();
    let clips = clip::of_entries(&almanac.clips, |file, told| measure(file, &limits, told))?;
    let mut wishes = wishes(almanac, clips);
    if let Some(station) = &arguments.station {
        wishes.stations.retain(|one| one.id == *station);
    }
    let made = plan(&wishes, Window { from: arguments.from, until: arguments.until });
    let mut out = std::io::stdout().lock();
    if !arguments.json {
        let sheets = sheet::day_sheets(&wishes, &made, HOME);
        return out.write_all(sheets.as_bytes()).context("standard output");
    }
    for line in sheet::lines(&made) {
        writeln!(out, "{}", serde_json::to_string(&line)?).context("standard output")?;
    }
    Ok(())
}

/// Joins what the files say with what the recordings are. Nothing has aired yet.
fn wishes(almanac: Almanac, clips: Vec<Clip>) -> Wishes {
    Wishes {
        units: almanac.units,
        stations: almanac.stations,
        clips: clips.into_iter().map(|clip| (clip.id.clone(), clip)).collect(),
        programmes: almanac.programmes,
        campaigns: almanac.campaigns,
        schedules: almanac.schedules,
        calendar: almanac.calendar.onto(Calendar::default()),
        ..Wishes::default()
    }
}

fn instant(text: &str) -> Result<UtcMs, String> {
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    let day = |text: &str| text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN));
    let minute = |form| NaiveDateTime::parse_from_str(text, form).ok();
    day(text)
        .or_else(|| minute("%Y-%m-%dT%H:%M"))
        .or_else(|| minute("%Y-%m-%dT%H:%M:%S"))
        .and_then(|time| HOME.from_local_datetime(&time).earliest())
        .map(|time| time.to_utc().into())
        .ok_or_else(|| {
            format!("\"{text}\" is not a time: write 2020-10-01, 2020-10-01T05:00 or 2020-09-30T22:00:00Z")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_write_them() {
        for (text, expected) in [
            ("2020-10-01", "2020-09-30T17:00:00Z"),
            ("2020-10-01T05:00", "2020-09-30T22:00:00Z"),
            ("2020-10-01T05:00:30", "2020-09-30T22:00:30Z"),
            ("2020-10-01T05:00:00+07:00", "2020-09-30T22:00:00Z"),
            ("2020-09-30T22:00:00Z", "2020-09-30T22:00:00Z"),
            ("2020-02-29", "2020-02-28T17:00:00Z"),
        ] {
            assert_eq!(instant(text), Ok(expected.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_what_would_be_one() {
        for bad in [
            "",
            "tomorrow",
            "1/10/2020",
            "2019-02-29",
            "2020-10-01T24:00",
            "05:00",
            "2020-10-01 05:00",
        ] {
            let why = instant(bad).unwrap_err();
            assert!(
                why.starts_with(&format!("\"{bad}\" is not a time: write 2020-10-01")),
                "{why}"
            );
        }
    }
}
