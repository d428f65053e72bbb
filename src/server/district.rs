use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use chrono_tz::Tz;
use tokio::sync::{Notify, watch};

use super::{
    Expiry, Keyring, KeyringError,
    intake::Gate,
    log::Watch,
    news::News,
    password::Passwords,
    public::Public,
    reports::{Making, again::Mending},
};
use crate::{
    clock::Clock,
    library::{self, Shelf},
    radio::{Pin, UtcMs},
    signing::NoteKey,
    store::Store,
};

/// Bounds on what a caller may cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// For a request's whole head to arrive, and between two requests.
    pub head: Duration,
    /// For a request's whole body to arrive.
    pub body: Duration,
    /// For a caller to take some more of an answer.
    pub taking: Duration,
    /// For an answer to begin; a long poll may take its own wait longer.
    pub answer: Duration,
    /// The longest wait of a long poll.
    pub wait: Duration,
    /// For those at work to finish when the server stops.
    pub farewell: Duration,
    /// Connections at a time.
    pub connections: usize,
    /// Days beyond today that rundowns reach.
    pub days_ahead: u32,
    /// Where the pages' dates and times of day are meant.
    pub zone: Tz,
    /// For recordings that somebody sends to arrive; each part of one has `body`.
    pub upload: Duration,
    /// Bytes of a recording that somebody sends.
    pub recording: u64,
    /// What recordings that are sent are measured against.
    pub intake: library::Limits,
    /// For a second person to agree to a bulletin.
    pub agreement: Duration,
    /// Proxies whose word is believed on whom they call for.
    pub proxies: Vec<IpAddr>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            body: Duration::from_secs(30),
            taking: Duration::from_secs(30),
            answer: Duration::from_secs(30),
            wait: Duration::from_secs(60),
            farewell: Duration::from_secs(10),
            connections: 4096,
            days_ahead: 35,
            zone: Tz::Asia__Ho_Chi_Minh,
            upload: Duration::from_hours(4),
            // Four hours of stereo in 16 bits, uncompressed.
            recording: 3 * 1024 * 1024 * 1024,
            intake: library::Limits::default(),
            agreement: Duration::from_mins(5),
            proxies: Vec::new(),
        }
    }
}

/// What every route needs. Cloning shares it.
#[derive(Debug, Clone)]
pub struct District(Arc<Parts>);

/// The parts of a [`District`].
#[derive(Debug)]
pub struct Parts {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) shelf: Shelf,
    pub(super) limits: Limits,
    pub(super) passwords: Passwords,
    pub(super) intake: Gate,
    /// Reports that are being made.
    pub(super) reports: Making,
    pub(super) public: Public,
    keyring: RwLock<Arc<Keyring>>,
    /// What expires beside the keys, by its code.
    others: RwLock<BTreeMap<&'static str, Expiry>>,
    /// By what stations know the certificate that the district made itself.
    pin: RwLock<Option<Pin>>,
    /// Rises when some station's rundown has changed.
    pub(super) rundowns: watch::Sender<u64>,
    /// Rises when some token has ended.
    pub(super) endings: watch::Sender<u64>,
    /// When some work last broke, by its name.
    broken: Mutex<BTreeMap<&'static str, UtcMs>>,
    /// What is wrong with the log.
    pub(super) log: Watch,
    /// What was kept of how airings stand and was put right.
    pub(super) mending: Mending,
    /// When the rundowns were last planned without trouble.
    pub(super) rolled: watch::Sender<Option<UtcMs>>,
    /// What is new to those who look at the pages.
    pub(super) news: News,
    /// Rises when a station has called, or a bulletin has changed.
    pub(super) heard: watch::Sender<u64>,
    /// Told when rules have changed.
    pub(super) changed: Notify,
    /// True when the server stops: long polls answer at once.
    pub(super) stopping: watch::Sender<bool>,
}

impl std::ops::Deref for District {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl District {
    /// A district with its database, its clock, the shelf of its clips and its keys.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        shelf: Shelf,
        keyring: Keyring,
        limits: Limits,
    ) -> Self {
        Self(Arc::new(Parts {
            store,
            clock,
            shelf,
            keyring: RwLock::new(Arc::new(keyring)),
            others: RwLock::default(),
            pin: RwLock::default(),
            limits,
            passwords: Passwords::default(),
            intake: Gate::default(),
            reports: Making::default(),
            public: Public::default(),
            rundowns: watch::Sender::new(0),
            endings: watch::Sender::new(0),
            broken: Mutex::default(),
            log: Watch::default(),
            mending: Mending::default(),
            heard: watch::Sender::new(0),
            rolled: watch::Sender::new(None),
            news: News::default(),
            changed: Notify::new(),
            stopping: watch::Sender::new(false),
        }))
    }

    /// Today, where the district is.
    pub(super) fn today(&self) -> chrono::NaiveDate {
        self.clock.now().to_chrono().with_timezone(&self.limits.zone).date_naive()
    }

    /// The district's keys.
    pub fn keyring(&self) -> Arc<Keyring> {
        self.keyring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Signs with other keys from now on: every rundown is signed anew soon.
    pub fn set_keyring(&self, keyring: Keyring) {
        *self.keyring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
        self.rules_changed();
    }

    /// Signs with the newest keys from now on, if another program has changed them. Says whether it had.
    ///
    /// # Errors
    /// They cannot be read, or do not fit together; the old ones sign on.
    pub fn renew_keyring(&self) -> Result<bool, KeyringError> {
        let Some(keyring) = self.keyring().renewed()? else { return Ok(false) };
        tracing::info!(number = keyring.newest().number, "signing with a new key");
        self.set_keyring(keyring);
        Ok(true)
    }

    /// The keys, if they have the secret of this key of the log's; read anew where another program may have made it.
    ///
    /// # Errors
    /// They cannot be read.
    pub(super) fn keyring_with(&self, key: &NoteKey) -> Result<Option<Arc<Keyring>>, KeyringError> {
        let has = |keyring: &Keyring| keyring.log().of(key).is_some();
        if !has(&self.keyring())
            && let Some(there) = Keyring::look(self.keyring().folder())?.filter(has)
        {
            tracing::info!(%key, "signing the log with a new key");
            self.set_keyring(there);
        }
        Ok(Some(self.keyring()).filter(|keyring| has(keyring)))
    }

    /// Everything that expires.
    pub fn expiries(&self) -> Vec<Expiry> {
        let others = self.others.read().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(self.keyring().expiry()).chain(others.values().cloned()).collect()
    }

    /// Warns of something else that expires, in place of what was said of it before.
    pub fn set_expiry(&self, expiry: Expiry) {
        self.others.write().unwrap_or_else(PoisonError::into_inner).insert(expiry.what, expiry);
    }

    /// Notes that some work broke, and is to be begun again.
    pub(super) fn broke(&self, what: &'static str) {
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        broken.insert(what, self.clock.now());
    }

    /// The work that broke less than so long ago.
    pub(super) fn broken_within(&self, span: Duration) -> Vec<&'static str> {
        let now = self.clock.now();
        let broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        broken.iter().filter(|(_, at)| now.since(**at) < span).map(|(what, _)| *what).collect()
    }

    /// Shows a certificate of its own making, by whose key stations know it.
    pub fn set_pin(&self, pin: Option<Pin>) {
        *self.pin.write().unwrap_or_else(PoisonError::into_inner) = pin;
    }

    pub(super) fn pin(&self) -> Option<Pin> {
        *self.pin.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that rules have changed: rundowns are planned anew soon.
    pub fn rules_changed(&self) {
        self.changed.notify_one();
    }

    /// The instant of the last planning that went well, and every later one.
    pub fn rolled(&self) -> watch::Receiver<Option<UtcMs>> {
        self.rolled.subscribe()
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }
}
