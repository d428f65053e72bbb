//! Plans, and how they are asked for.

use loa::{
    radio::{Airing, Priority, StationId, UtcMs, Window},
    store::{AiringFilter, Order, PlannedAiring, Store},
};

use crate::common::{self, BEFORE, MORNING, airing_at};

fn planned(station: &str, at: UtcMs, digest: &str) -> PlannedAiring {
    PlannedAiring {
        airing: Airing {
            id: airing_at(station, at),
            schedule: "sang-05h".parse().unwrap(),
            station: station.parse().unwrap(),
            programme: "ban-tin".parse().unwrap(),
            title: digest.into(),
            campaign: None,
            priority: Priority::Emergency,
            bulletin: None,
            nominal_at: at,
            starts_at: at,
            ends_at: UtcMs(at.0 + 30_000),
            latest_start: UtcMs(at.0 + 60_000),
            items: [].into(),
        },
        unit: station.parse().unwrap(),
        refused: false,
        reason: Some("after".to_owned()),
        decision: Some("moved 40 s: after sang-05h".to_owned()),
        digest: digest.to_owned(),
    }
}

pub(crate) async fn plans_change_only_ahead(store: &Store) {
    const DAY: i64 = 86_400_000;
    let tomorrow = UtcMs(MORNING.0 + DAY);
    let both = |digest| {
        [
            planned("thach-lam", MORNING, digest),
            planned("kim-tan", MORNING, digest),
            planned("thach-lam", tomorrow, digest),
        ]
    };
    store.change_plan(&both("first"), &[], BEFORE, BEFORE).await.unwrap();
    // The morning has begun when the plan changes: it stays as it was.
    store.change_plan(&both("second"), &[], UtcMs(MORNING.0 + 1), MORNING).await.unwrap();
    let all = AiringFilter::default();
    let airings = store.airings(&all, Order::Oldest, None, 10).await.unwrap();
    let seen: Vec<_> = airings
        .iter()
        .map(|stored| (stored.planned.airing.station.as_str(), stored.planned.digest.as_str()))
        .collect();
    assert_eq!(seen, [("kim-tan", "first"), ("thach-lam", "first"), ("thach-lam", "second")]);
    assert_eq!(airings[2].planned, both("second")[2]);

    // Pages fit together, in both orders.
    let mut paged = Vec::new();
    while let Some(one) = store
        .airings(
            &all,
            Order::Newest,
            paged.last().map(|last: &loa::store::StoredAiring| {
                (last.planned.airing.starts_at, last.planned.airing.id.as_str())
            }),
            1,
        )
        .await
        .unwrap()
        .pop()
    {
        paged.push(one);
    }
    paged.reverse();
    assert_eq!(paged, airings);

    // Filters.
    let count = async |filter: AiringFilter| {
        store.airings(&filter, Order::Oldest, None, 10).await.unwrap().len()
    };
    let name = |text: &str| Some(text.parse().unwrap());
    assert_eq!(count(AiringFilter { station: name("kim-tan"), ..all.clone() }).await, 1);
    let district = vec!["thach-thanh".parse().unwrap()];
    assert_eq!(count(AiringFilter { units: district, ..all.clone() }).await, 3);
    let commune = vec!["thach-lam".parse().unwrap()];
    assert_eq!(count(AiringFilter { units: commune, ..all.clone() }).await, 2);
    let both = ["thach-lam", "kim-tan"].map(|unit| unit.parse().unwrap()).to_vec();
    assert_eq!(count(AiringFilter { units: both, ..all.clone() }).await, 3);
    let unknown = vec!["lam".parse().unwrap()];
    assert_eq!(count(AiringFilter { units: unknown, ..all.clone() }).await, 0);
    assert_eq!(count(AiringFilter { from: Some(tomorrow), ..all.clone() }).await, 1);
    assert_eq!(count(AiringFilter { until: Some(tomorrow), ..all.clone() }).await, 2);
    assert_eq!(count(AiringFilter { clip: Some(common::sha256()), ..all.clone() }).await, 0);

    // What is dropped is withdrawn, and comes back when it is planned again.
    let dropped = [airing_at("thach-lam", tomorrow)];
    store.change_plan(&[], &dropped, UtcMs(MORNING.0 + 1), MORNING).await.unwrap();
    assert_eq!(count(all.clone()).await, 2);
    let ahead = Window { from: MORNING, until: UtcMs(tomorrow.0 + DAY) };
    let station: StationId = "thach-lam".parse().unwrap();
    assert_eq!(store.stamps_at(&station, ahead).await.unwrap().len(), 1);
    let again = [planned("thach-lam", tomorrow, "third")];
    store.change_plan(&again, &[], UtcMs(MORNING.0 + 1), MORNING).await.unwrap();
    assert_eq!(store.stamps_at(&station, ahead).await.unwrap().len(), 2);
    assert_eq!(store.planned_at(&station, ahead).await.unwrap().len(), 2);
}
