//! Work that goes on as long as the server does: what breaks is begun again, and it is told.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use metrics::counter;

use super::District;

/// Does some work for ever; where it panics, again after a pause.
pub(super) async fn tend<W: Future<Output = ()>>(
    district: District,
    what: &'static str,
    pause: Duration,
    work: impl Fn(District) -> W,
) {
    // Each time it begins from nothing: what it left half changed is its own.
    while AssertUnwindSafe(work(district.clone())).catch_unwind().await.is_err() {
        tracing::error!(what, ?pause, "broke; begun again");
        counter!("loa_work_broken_total", "work" => what).increment(1);
        district.broke(what);
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use axum::{body::Body, http::Request};
    use tower::ServiceExt as _;

    use super::*;
    use crate::{
        clock::TestClock,
        library::Shelf,
        radio::UtcMs,
        server::{Keyring, Limits, roll, router},
        store::Store,
    };

    #[tokio::test]
    async fn work_that_breaks_goes_on_and_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("loa.db").display());
        let clock = Arc::new(TestClock::at(UtcMs(0)));
        let shelf = Shelf::open(&folder.path().join("clips")).unwrap();
        let keyring = Keyring::open(&folder.path().join("keys"), UtcMs(0)).unwrap();
        let store = Store::open(&url).await.unwrap();
        let district = District::new(store, clock.clone(), shelf, keyring, Limits::default());
        roll(&district).await.unwrap();
        let ready = async || {
            let asked = Request::get("/readyz").body(Body::empty()).unwrap();
            router(district.clone()).oneshot(asked).await.unwrap().status().as_u16()
        };
        assert_eq!(ready().await, 200);

        let tries = AtomicU32::new(0);
        tend(district.clone(), "planning", Duration::ZERO, |_| async {
            let before = tries.fetch_add(1, Ordering::SeqCst);
            assert!(before >= 2, "twice it breaks");
        })
        .await;
        assert_eq!(tries.load(Ordering::SeqCst), 3);
        assert_eq!(district.broken_within(Duration::from_secs(1)), ["planning"]);
        assert_eq!(ready().await, 503);
        let asked = Request::get("/metrics").body(Body::empty()).unwrap();
        let text = router(district.clone()).oneshot(asked).await.unwrap().into_body();
        let text = axum::body::to_bytes(text, usize::MAX).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        assert!(text.contains("loa_work_broken_total{work=\"planning\"} 2"), "{text}");
        clock.advance(Duration::from_mins(2));
        assert_eq!(ready().await, 200, "it has gone on for long enough");
    }
}
