//! Bulletins in the station's own time. Pure.

use crate::{radio::UtcMs, wire::Rundown};

/// Clocks that differ by less tell the same time, as far as a bulletin needs it.
const SAME_MS: i64 = 1_000;

/// A bulletin is to begin at once, whatever the station's clock shows: where that differs from the district's, which told
/// its time with the rundown, the instants of bulletins that are current there are moved to what the station's clock
/// shows then. Other airings keep theirs: they are the clock's matter.
pub(super) fn in_own_time(rundown: &mut Rundown, district: UtcMs, own: UtcMs) {
    let off = own.0.saturating_sub(district.0);
    if off.abs() <= SAME_MS {
        return;
    }
    for airing in &mut rundown.airings {
        if airing.bulletin.is_some() && airing.latest_start >= district {
            for instant in [&mut airing.starts_at, &mut airing.ends_at, &mut airing.latest_start] {
                instant.0 = instant.0.saturating_add(off);
            }
        }
    }
    rundown.airings.sort_by_key(|airing| airing.starts_at);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{playout::stock::tests::rundown, radio::BulletinOrder};

    #[test]
    fn a_station_whose_clock_is_wrong_hears_a_bulletin_at_once() {
        let mut of_five = rundown(1, &[&["a"], &["b"], &["c"]]);
        // At 1 120 s of the district's, the first is over and the third has begun.
        for n in [0, 2] {
            let id = "bulletin-1".parse().unwrap();
            of_five.airings[n].bulletin =
                Some(BulletinOrder { id, drill: false, resumes: false, corrects: None });
        }
        let moved = |own: i64| {
            let mut rundown = of_five.clone();
            in_own_time(&mut rundown, UtcMs(1_120_000), UtcMs(own));
            rundown
                .airings
                .iter()
                .map(|one| (one.starts_at.0, one.latest_start.0))
                .collect::<Vec<_>>()
        };
        let as_sent = [(1_000_000, 1_030_000), (1_060_000, 1_090_000), (1_120_000, 1_150_000)];
        assert_eq!(moved(1_120_900), as_sent);
        assert_eq!(moved(1_620_000), [as_sent[0], as_sent[1], (1_620_000, 1_650_000)]);
        assert_eq!(moved(20_000), [(20_000, 50_000), as_sent[0], as_sent[1]]);
    }
}
