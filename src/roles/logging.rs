//! Logs to standard error, and keeps a fault that repeats from filling the disk.

use std::{
    collections::HashMap,
    io::IsTerminal,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tracing::{Event, Level, Metadata, level_filters::LevelFilter, warn};
use tracing_subscriber::{
    Layer,
    filter::{FilterExt, Targets},
    fmt,
    layer::{Context, Filter, SubscriberExt},
    util::SubscriberInitExt,
};

/// How much is logged.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct LogArguments {
    /// What is logged, e.g. info, or debug,sqlx=warn.
    #[arg(long, env = "LOA_LOG", value_name = "FILTER", default_value = "info,sqlx=warn")]
    pub(crate) log: Targets,
}

/// So often in each [`WINDOW`] one place in the code may say something: 3,000 lines a day at most, about 1 MB.
const MOST: u32 = 20;
const WINDOW: Duration = Duration::from_mins(10);

/// Logs to standard error: for people at a terminal, as JSON lines otherwise.
pub(crate) fn start(arguments: &LogArguments) {
    let limit = Limit::default();
    let log = fmt::layer().with_writer(std::io::stderr);
    let log = if std::io::stderr().is_terminal() {
        log.boxed()
    } else {
        log.json().with_ansi(false).boxed()
    };
    let log = log.with_filter(arguments.log.clone().and(limit.clone()));
    // A second start in one process is no reason to stop.
    if tracing_subscriber::registry().with(log).try_init().is_err() {
        return;
    }
    let reporting = move || {
        loop {
            std::thread::sleep(WINDOW);
            limit.turn();
        }
    };
    if let Err(error) = std::thread::Builder::new().name("loa-log".into()).spawn(reporting) {
        warn!(%error, "the system gives no thread to count messages: those that repeat stay away");
    }
}

/// Counts the messages of each place in the code, which their name tells, and lets through so many.
#[derive(Debug, Clone, Default)]
struct Limit(Arc<Mutex<HashMap<&'static str, u32>>>);

impl Limit {
    /// Begins a new window; says what was left out of the one before.
    fn turn(&self) {
        // The messages below are counted as well, so the lock must be free by then.
        let counts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for (place, count) in counts.into_iter().filter(|(_, count)| *count > MOST) {
            warn!(suppressed = count - MOST, place, "a message came too often and was left out");
        }
    }
}

impl<S> Filter<S> for Limit {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let place = event.metadata();
        // Who asks for more than the usual is looking for something and gets all of it.
        if *place.level() > Level::INFO {
            return true;
        }
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(place.name()).or_default();
        *count = count.saturating_add(1);
        *count <= MOST
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use tracing::{debug, error, info};

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Paper {
        fn lines(&self, with: &str) -> Vec<String> {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            text.lines().filter(|line| line.contains(with)).map(str::to_owned).collect()
        }
    }

    #[test]
    fn a_fault_that_repeats_is_counted_and_others_are_heard() {
        let (paper, limit) = (Paper::default(), Limit::default());
        let writer = paper.clone();
        let log = fmt::layer().json().with_writer(move || writer.clone());
        let log = log.with_filter("debug".parse::<Targets>().unwrap().and(limit.clone()));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(log), || {
            let fault = |n: u32| error!(n, "the device is gone");
            (0..1_000).for_each(fault);
            info!("all else is well");
            (0..100).for_each(|n| debug!(n, "a person is looking"));
            assert_eq!(paper.lines("the device is gone").len(), 20);
            assert_eq!(paper.lines("all else is well").len(), 1);
            assert_eq!(paper.lines("a person is looking").len(), 100);
            assert_eq!(paper.lines("suppressed"), Vec::<String>::new());

            limit.turn();
            let told = paper.lines("suppressed");
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].contains(r#""suppressed":980"#) && told[0].contains("logging.rs"));

            fault(0);
            assert_eq!(paper.lines("the device is gone").len(), 21);
            limit.turn();
            assert_eq!(paper.lines("suppressed").len(), 1);
        });
    }
}
