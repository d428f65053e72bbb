//! A period on one sheet: what each station did on each day, and at which hours. Black on white, so that it can be copied.

use std::collections::BTreeMap;

use askama::Template;

use super::{Cell, Names, Pen, Reconciliation, document::filled, xml::holdable};
use crate::radio::sort_key;

/// Rows that can be read on one sheet; more stations are drawn together by their units.
const ROWS: usize = 60;
/// Days that can be read beside each other; more are drawn together by weeks.
const COLUMNS: usize = 62;
const WEEK: usize = 7;

/// Sizes, in hundredths of an inch or so: a sheet is 1123 wide.
const LEFT: usize = 210;
const TOP: usize = 118;
const WIDTH: usize = 800;
const MATRIX: usize = 420;
const CHART: usize = 110;

/// How a cell is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shade {
    /// Nothing was owed or planned.
    Empty,
    /// All aired.
    Full,
    /// Some aired.
    Some,
    /// None aired.
    None,
    /// It is not over yet.
    Ahead,
}

struct Square {
    x: usize,
    shade: Shade,
    title: String,
}

struct Row {
    y: usize,
    name: String,
    squares: Vec<Square>,
    figures: String,
}

struct Bar {
    x: usize,
    y: usize,
    height: usize,
    hour: usize,
    count: String,
}

#[derive(Template)]
#[template(path = "reports/picture.svg")]
struct Picture<'a> {
    pen: &'a dyn Pen,
    title: String,
    figures: String,
    /// Whether units stand for their stations.
    is_by_unit: bool,
    rows: Vec<Row>,
    days: Vec<(usize, String)>,
    bars: Vec<Bar>,
    /// Sides of a square.
    side: (usize, usize),
    /// Where the chart's line is.
    ground: usize,
    height: usize,
}

/// Draws it as SVG.
///
/// # Errors
/// None that is known: it is written to memory.
pub fn picture(
    made: &Reconciliation,
    names: &Names,
    pen: &dyn Pen,
) -> Result<String, askama::Error> {
    let stations = made.by_station();
    let is_by_unit = stations.len() > ROWS;
    let mut lines = BTreeMap::new();
    for (station, line) in stations {
        let unit = names.unit_of(station).filter(|_| is_by_unit);
        let name = unit.map_or_else(|| names.station(station), |unit| names.unit(unit));
        // Stations may have one name; only units are to be drawn together.
        let by_name = unit.map(|unit| (sort_key(name), unit));
        let key = (by_name, unit.is_none().then(|| names.rank(station)));
        lines.entry(key).or_insert_with(|| (name, super::Line::new(line.days.len()))).1.join(&line);
    }
    let days: Vec<_> = made.period().days().collect();
    let together = if days.len() > COLUMNS { WEEK } else { 1 };
    let columns = days.len().div_ceil(together).max(1);
    let wide = (WIDTH / columns).clamp(4, 26);
    let tall = (MATRIX / lines.len().max(1)).clamp(8, 20);
    let rows: Vec<Row> = (0..)
        .zip(lines.into_values())
        .map(|(row, (name, line))| Row {
            y: TOP + row * tall,
            name: name.chars().take(34).collect(),
            squares: (0..)
                .zip(line.days.chunks(together).zip(days.chunks(together)))
                .map(|(column, (cells, days))| {
                    let cell = sum(cells);
                    let date = days.first().map(|day| pen.date(day)).unwrap_or_default();
                    let title = format!("{name}, {date}: {}/{}", cell.aired, target(&cell));
                    Square { x: LEFT + column * wide, shade: shade(&cell), title }
                })
                .collect(),
            figures: format!(
                "{}/{}",
                pen.number(line.tally.aired()),
                pen.number(line.days.iter().map(|cell| u64::from(target(cell))).sum())
            ),
        })
        .collect();
    let total = made.total();
    let (from, until) = (pen.date(&made.period().from), pen.date(&made.period().until));
    let campaigns: std::collections::BTreeSet<_> =
        made.lines().map(|(campaign, _, _)| names.campaign(campaign)).collect();
    let of = campaigns.iter().filter(|name| !name.is_empty()).copied().collect::<Vec<_>>();
    let mut title = filled(pen, "reports.picture", &[("from", &from), ("until", &until)]);
    if let [campaign] = of[..] {
        title = format!("{campaign}. {title}");
    }
    let figures = [
        ("aired", pen.number(total.tally.aired())),
        ("owed", pen.number(total.owed)),
        ("met", pen.number(total.met)),
    ];
    let figures: Vec<_> = figures.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let ground = TOP + rows.len() * tall + 60 + CHART;
    // Every few days has its date, so that the dates do not run into each other.
    let each = 30_usize.div_ceil(wide);
    let days = (0..).zip(days.chunks(together)).step_by(each);
    let days = days.filter_map(|(column, days): (usize, _)| {
        let date = days.first()?.format("%d/%m").to_string();
        Some((LEFT + column * wide + wide / 2, date))
    });
    let picture = Picture {
        pen,
        title,
        figures: filled(pen, "reports.picture-figures", &figures),
        is_by_unit,
        days: days.collect(),
        bars: bars(&total.tally, ground, pen),
        side: (wide, tall),
        ground,
        height: (ground + 60).max(794),
        rows,
    };
    picture.render().map(holdable)
}

fn sum(cells: &[Cell]) -> Cell {
    cells.iter().fold(Cell::default(), |sum, cell| Cell {
        owed: sum.owed + cell.owed,
        airings: sum.airings + cell.airings,
        // More on one day does not make up for another.
        aired: sum.aired + cell.aired.min(target(cell)),
        declared: sum.declared + cell.declared,
        ahead: sum.ahead + cell.ahead,
    })
}

/// What all of it would be: what is owed, or where nothing is, what there was.
fn target(cell: &Cell) -> u32 {
    if cell.owed > 0 { cell.owed } else { cell.airings }
}

fn shade(cell: &Cell) -> Shade {
    let target = target(cell);
    if target == 0 {
        Shade::Empty
    } else if cell.aired >= target {
        Shade::Full
    } else if cell.ahead > 0 && cell.aired + cell.ahead >= target {
        Shade::Ahead
    } else if cell.aired > 0 {
        Shade::Some
    } else {
        Shade::None
    }
}

fn bars(tally: &super::Tally, ground: usize, pen: &dyn Pen) -> Vec<Bar> {
    let most = (0..24).map(|hour| tally.at_hour(hour)).max().unwrap_or_default().max(1);
    (0..24_u8)
        .map(|hour| {
            let count = tally.at_hour(hour);
            let share = u128::from(count) * CHART as u128 / u128::from(most);
            let height = usize::try_from(share).unwrap_or(CHART);
            Bar {
                x: LEFT + usize::from(hour) * 33,
                y: ground - height,
                height,
                hour: usize::from(hour),
                count: if count == 0 { String::new() } else { pen.number(count) },
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use roxmltree::Document;

    use super::*;
    use crate::reports::{
        Period,
        sample::{Plain, WILD, day, names, reconciled},
    };

    #[test]
    fn each_day_of_each_station_is_a_square_that_says_what_it_means() {
        let period = Period::new(day(1), day(30));
        let text = picture(&reconciled(3, period), &names(3), &Plain).unwrap();
        assert_eq!(Document::parse(&text).map(|_| ()), Ok(()));
        // Full, some and none, each in its own way: 30 days of one station each.
        let count = |part: &str| text.matches(part).count();
        assert_eq!(count("fill=\"#000\"><title>"), 30);
        assert_eq!(count("fill=\"url(#some)\" stroke=\"#000\" stroke-width=\"0.5\""), 30);
        assert_eq!(count("m0 -"), 30 + 1);
        assert!(
            text.contains("2/2</title>")
                && text.contains("1/2</title>")
                && text.contains("0/2</title>")
        );
        assert!(!text.contains(WILD) && text.contains("Đài &#60;xã&#62;"));
        // No colour but black and white.
        let colours = text.split("fill=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        assert!(colours.into_iter().all(|fill| ["#000", "#fff", "url(#some)"].contains(&fill)));
    }

    #[test]
    fn many_stations_and_days_still_stand_on_one_sheet() {
        let period = Period::new(day(1), day(1) + chrono::TimeDelta::days(364));
        let text = picture(&reconciled(70, period), &names(70), &Plain).unwrap();
        assert!(text.contains("reports.unit") && text.contains("Xã Thạch Lâm"));
        assert_eq!(text.matches("<title>Xã").count(), 365_usize.div_ceil(WEEK));
        assert!(text.contains("viewBox=\"0 0 1123 794\""));
    }
}
