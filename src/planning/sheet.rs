//! A plan on paper: day sheets for an operator, and lines for a program.

use std::{collections::BTreeMap, fmt::Write};

use chrono::{NaiveDate, TimeZone};
use chrono_tz::Tz;
use serde::Serialize;

use super::{Decision, Plan, Wishes, zone::local};
use crate::radio::{
    AiringId, Priority, ProgrammeId, Schedule, ScheduleId, Station, StationId, UtcMs,
};

/// One wish and what became of it, as one line of `loa plan --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line<'a> {
    /// The airing's name.
    pub airing: &'a AiringId,
    /// Where.
    pub station: &'a StationId,
    /// The rule that asked for it.
    pub schedule: &'a ScheduleId,
    /// What.
    pub programme: &'a ProgrammeId,
    /// When it starts; where it is refused, when it was to.
    pub starts_at: UtcMs,
    /// When it ends; none where it is refused.
    pub ends_at: Option<UtcMs>,
    /// `planned`, `moved` or `refused`.
    pub state: &'static str,
    /// Why it is not simply planned.
    pub reason: Option<String>,
    #[serde(skip)]
    title: &'a str,
    #[serde(skip)]
    priority: Option<Priority>,
}

/// Every wish of a plan, by station and then in order of time.
pub fn lines(plan: &Plan) -> Vec<Line<'_>> {
    let moved = plan.decisions.iter().filter(|one| one.moved_to.is_some());
    let moved: BTreeMap<&AiringId, &Decision> = moved.map(|one| (&one.airing, one)).collect();
    let airings = plan.airings.iter().map(|airing| {
        let decision = moved.get(&airing.id);
        Line {
            airing: &airing.id,
            station: &airing.station,
            schedule: &airing.schedule,
            programme: &airing.programme,
            starts_at: airing.starts_at,
            ends_at: Some(airing.ends_at),
            state: decision.map_or("planned", |one| one.state()),
            reason: decision.map(ToString::to_string),
            title: &airing.title,
            priority: Some(airing.priority),
        }
    });
    let refused = plan.decisions.iter().filter(|one| one.moved_to.is_none()).map(|one| Line {
        airing: &one.airing,
        station: &one.station,
        schedule: &one.schedule,
        programme: &one.programme,
        starts_at: one.nominal_at,
        ends_at: None,
        state: one.state(),
        reason: Some(one.to_string()),
        title: &one.title,
        priority: None,
    });
    let mut lines: Vec<_> = airings.chain(refused).collect();
    lines.sort_by_key(|line| (line.station, line.starts_at, line.schedule));
    lines
}

/// A sheet for each station and local day of `zone` on which anything is wished for.
pub fn day_sheets(wishes: &Wishes, plan: &Plan, zone: Tz) -> String {
    let stations: BTreeMap<_, _> = wishes.stations.iter().map(|one| (&one.id, one)).collect();
    let schedules: BTreeMap<_, _> = wishes.schedules.iter().map(|one| (&one.id, one)).collect();
    let lines = lines(plan);
    let day = |line: &Line<'_>| local(zone, line.starts_at).date();
    let mut text = String::new();
    for sheet in lines.chunk_by(|a, b| a.station == b.station && day(a) == day(b)) {
        let station = stations.get(sheet[0].station).copied();
        heading(&mut text, sheet[0].station, station, day(&sheet[0]), zone);
        for line in sheet {
            row(&mut text, line, schedules.get(line.schedule).copied(), zone);
        }
        text.push('\n');
    }
    let refused = lines.iter().filter(|line| line.state == "refused").count();
    let moved = lines.iter().filter(|line| line.state == "moved").count();
    // Writing to a String cannot fail.
    let _ =
        writeln!(text, "{} airings, {moved} of them moved; {refused} refused", plan.airings.len());
    text
}

fn heading(text: &mut String, id: &StationId, station: Option<&Station>, day: NaiveDate, zone: Tz) {
    let name = station.map_or("", |station| station.name.as_str());
    let noon = day.and_hms_opt(12, 0, 0).unwrap_or_default();
    let ahead = zone.from_local_datetime(&noon).earliest();
    let ahead = ahead.map(|time| time.format("%:z").to_string()).unwrap_or_default();
    let _ = writeln!(text, "{name} ({id}) · {} · {zone} ({ahead})", day.format("%a %d/%m/%Y"));
}

fn row(text: &mut String, line: &Line<'_>, schedule: Option<&Schedule>, zone: Tz) {
    let starts = clock(zone, line.starts_at);
    let ends = line.ends_at.map(|at| clock(zone, at)).unwrap_or_default();
    let _ = write!(text, "  {starts:<12} {ends:<12} {:<8} {}", line.state, line.title);
    let _ = write!(text, " [{}]", line.schedule);
    if let Some(priority) = line.priority.filter(|one| *one > Priority::Routine) {
        let _ = write!(text, " · {priority}");
    }
    if let Some(schedule) = schedule.filter(|schedule| schedule.zone != zone) {
        let _ = write!(text, " · {} {}", clock(schedule.zone, line.starts_at), schedule.zone);
    }
    if let Some(reason) = &line.reason {
        // The state stands in its own column.
        let reason = reason.strip_prefix("refused: ").unwrap_or(reason);
        let _ = write!(text, " · {reason}");
    }
    text.push('\n');
}

/// `05:00:00`, with milliseconds only where there are any.
fn clock(zone: Tz, at: UtcMs) -> String {
    let form = if at.0.rem_euclid(1000) == 0 { "%H:%M:%S" } else { "%H:%M:%S%.3f" };
    local(zone, at).format(form).to_string()
}
