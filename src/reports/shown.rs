use super::{
    Line, Names, Pen, Reconciliation,
    heads::{Heads, Sum},
};
use crate::radio::{CampaignId, StationId};

/// A reconciliation as a table of texts: the lines by campaign and name, and their sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The heads of the figures.
    pub heads: Vec<String>,
    /// A campaign's title, empty for none; a station's name; the figures.
    pub rows: Vec<(String, String, Vec<String>)>,
    /// The sum of all.
    pub total: Vec<String>,
    /// How many confirmations came on which day after that of their airing.
    pub late: Vec<(String, String)>,
}

impl Shown {
    /// Written with a pen.
    pub fn new(made: &Reconciliation, names: &Names, pen: &dyn Pen) -> Self {
        let total = made.total();
        let heads = Heads::of(&total);
        let figures = |line: &Line| heads.sums().map(|sum| pen.number(sum.of(line))).collect();
        let row = |(campaign, station, line): (Option<&CampaignId>, &StationId, &Line)| {
            let campaign = names.campaign(campaign).to_owned();
            (campaign, names.station(station).to_owned(), figures(line))
        };
        let rows = names.lines(made).into_iter().map(row).collect();
        let late = total.tally.late();
        Self {
            heads: heads.sums().map(|sum: Sum| sum.head(pen)).collect(),
            rows,
            total: figures(&total),
            late: late.map(|(day, count)| (pen.date(&day), pen.number(count))).collect(),
        }
    }
}
