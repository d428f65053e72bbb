//! How long the program's own spans took, by name.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tracing::{
    Event, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};

/// Adds up the time from each span's beginning to its end.
#[derive(Clone, Default)]
pub(crate) struct Times(Arc<Inner>);

#[derive(Default)]
struct Inner {
    last: AtomicU64,
    open: Mutex<HashMap<u64, (&'static str, Instant)>>,
    took: Mutex<HashMap<&'static str, Duration>>,
}

impl Times {
    pub(crate) fn of(&self, name: &str) -> Duration {
        self.0.took.lock().unwrap().get(name).copied().unwrap_or_default()
    }
}

impl Subscriber for Times {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("loa::store")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.0.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.0.open.lock().unwrap().insert(id, (span.metadata().name(), Instant::now()));
        Id::from_u64(id)
    }

    fn try_close(&self, id: Id) -> bool {
        if let Some((name, begun)) = self.0.open.lock().unwrap().remove(&id.into_u64()) {
            *self.0.took.lock().unwrap().entry(name).or_default() += begun.elapsed();
        }
        true
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
