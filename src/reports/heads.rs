//! The columns of a table of figures: those that always stand, and those that have something to say.

use super::{Column, Line, Pen, row};

/// A figure of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sum {
    Owed,
    Met,
    Airings,
    Unplanned,
    Of(Column),
}

impl Sum {
    pub(super) fn of(self, line: &Line) -> u64 {
        match self {
            Self::Owed => line.owed,
            Self::Met => line.met,
            Self::Airings => line.tally.airings(),
            Self::Unplanned => line.tally.unplanned(),
            Self::Of(column) => line.tally.of(column),
        }
    }

    pub(super) fn head(self, pen: &dyn Pen) -> String {
        match self {
            Self::Owed => pen.of("reports.owed"),
            Self::Met => pen.of("reports.met"),
            Self::Airings => pen.of("reports.airings"),
            Self::Unplanned => pen.of("reports.unplanned"),
            Self::Of(column) => row::column(column, pen),
        }
    }
}

/// Which figures stand in a table, in order: what is owed and met, all airings, and the columns that these fall into.
#[derive(Debug, Clone)]
pub(super) struct Heads(Vec<Sum>);

impl Heads {
    /// Those for a total: what is nothing everywhere is left out where it seldom is anything else.
    pub(super) fn of(total: &Line) -> Self {
        let seldom = |sum: &Sum| {
            matches!(
                sum,
                Sum::Unplanned | Sum::Of(Column::Simulated | Column::Ahead | Column::Heard)
            )
        };
        Self(Self::all().filter(|sum| !seldom(sum) || sum.of(total) > 0).collect())
    }

    /// Every one.
    pub(super) fn all() -> impl Iterator<Item = Sum> {
        let columns = Column::ALL.iter().map(|column| Sum::Of(*column));
        [Sum::Owed, Sum::Met, Sum::Airings, Sum::Unplanned].into_iter().chain(columns)
    }

    pub(super) fn sums(&self) -> impl Iterator<Item = Sum> {
        self.0.iter().copied()
    }
}
