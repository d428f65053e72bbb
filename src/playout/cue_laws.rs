//! What holds whatever is ordered: a station's time is played through second by second, as the cue says.

use proptest::prelude::*;

use super::*;
use crate::radio::{AiringItem, BulletinOrder, ClipHash, DRILL_MARK, Gain};

const T: i64 = 1_601_503_200_000; // 2020-10-01T05:00:00+07:00
const SPAN: i64 = 400;

fn second(n: i64) -> UtcMs {
    UtcMs(T + n * 1000)
}

fn item(sha256: ClipHash) -> AiringItem {
    AiringItem::Clip {
        clip: "clip".parse().unwrap(),
        sha256,
        bytes: 1,
        title: "x".into(),
        frames: 1,
        sample_rate: 1,
        gain: Gain::UNITY,
        chime: false,
    }
}

prop_compose! {
    fn airing()(
        rank in 0..4_u8, starts in 0..SPAN - 100, length in 1..40_i64, late in 0..120_i64, marked: bool,
    ) -> (u8, i64, i64, i64, bool) {
        (rank, starts, length, late, marked)
    }
}

fn airings(wanted: Vec<(u8, i64, i64, i64, bool)>) -> Vec<RundownAiring> {
    let mut airings: Vec<_> = (0..)
        .zip(wanted)
        .map(|(n, (rank, starts, length, late, marked))| {
            let priority = [Priority::Routine, Priority::Priority, Priority::Emergency];
            let order = |drill| BulletinOrder {
                id: format!("bulletin-{n}").parse().unwrap(),
                drill,
                resumes: true,
                corrects: None,
            };
            let clip = item(ClipHash([1; 32]));
            RundownAiring {
                id: format!("a{n}.tt.x").parse().unwrap(),
                schedule: format!("a{n}").parse().unwrap(),
                campaign: None,
                title: "x".to_owned(),
                priority: priority[usize::from(rank.min(2))],
                bulletin: (rank >= 2).then(|| order(rank == 3)),
                starts_at: second(starts),
                ends_at: second(starts + length),
                latest_start: second(starts + late),
                items: if marked { vec![item(DRILL_MARK), clip] } else { vec![clip] },
            }
        })
        .collect();
    airings.sort_by_key(|airing| airing.starts_at);
    airings
}

/// What sounds, until when, and what waits below it with how much is left.
#[derive(Default)]
struct Air<'a> {
    on: Option<(&'a RundownAiring, UtcMs)>,
    paused: Vec<(&'a RundownAiring, Duration)>,
}

proptest! {
    #[test]
    fn an_emergency_is_always_first_and_nothing_else_overlaps(wanted in prop::collection::vec(airing(), 1..25)) {
        let airings = airings(wanted);
        let quiet = vec!["05:01-05:03".parse().unwrap()];
        let hours = Hours { quiet, zone: chrono_tz::Asia::Ho_Chi_Minh };
        let is_quiet = |at: UtcMs| (60..180).contains(&((at.0 - T) / 1000));
        let (mut settled, mut air) = (Settled::default(), Air::default());
        for n in 0..SPAN {
            let now = second(n);
            if air.on.is_some_and(|(_, ends)| ends <= now) {
                air.on = None;
            }
            // As often as something begins in this second.
            loop {
                let paused: Vec<_> =
                    air.paused.iter().map(|(airing, rest)| (airing.rank(), *rest)).collect();
                let situation = Situation {
                    now, is_time_known: true, since: second(-100), jump: None, unknown: None,
                    on_air: air.on.map(|(airing, ends_at)| OnAir {
                        rank: airing.rank(),
                        bulletin: airing.bulletin.as_ref().map(|order| &order.id),
                        ends_at,
                    }),
                    paused: &paused, speaker: true, hours: &hours, site: Site::default(),
                };
                let cue = cue(&airings, &settled, now + Duration::from_secs(12), &situation);
                for skipped in &cue.skipped {
                    prop_assert!(!settled.is(&skipped.airing.id), "said twice");
                    settled.skip(&skipped.airing.id);
                }
                let Some(due) = cue.next.filter(|due| due.at <= now) else { break };
                prop_assert_eq!(due.cuts_in, air.on.is_some(), "it overlaps");
                if let Some((cut, ends)) = air.on {
                    prop_assert!(due.airing.rank() > cut.rank());
                    if due.airing.bulletin.is_some() && cut.bulletin.is_none() {
                        air.paused.push((cut, ends.since(now)));
                    }
                }
                prop_assert!(settled.started.insert(due.airing.id.clone()), "it began twice");
                let (airing, length) = (due.airing, due.airing.ends_at.since(due.airing.starts_at));
                if airing.rank() == Rank::Routine || airing.is_drill() {
                    prop_assert!(!is_quiet(now), "{} in quiet hours", airing.id);
                }
                let is_marked = airing.bulletin.as_ref().is_none_or(|order| order.allows(&airing.items));
                prop_assert!(is_marked, "a drill without its mark");
                air.on = Some((airing, now + length));
            }
            if air.on.is_none() && let Some((airing, rest)) = air.paused.pop() {
                air.on = Some((airing, now + rest));
            }
            let waits = airings.iter().any(|airing| {
                let is_due = airing.starts_at <= now && now <= airing.latest_start;
                airing.rank() == Rank::Emergency && is_due && !settled.is(&airing.id)
            });
            let is_urgent = air.on.is_some_and(|(airing, _)| airing.rank() == Rank::Emergency);
            prop_assert!(!waits || is_urgent, "an emergency waits for something else at {n}");
        }
        for airing in &airings {
            let is_over = airing.latest_start < second(SPAN - 1);
            prop_assert!(!is_over || settled.is(&airing.id), "{} was forgotten", airing.id);
        }
    }
}
