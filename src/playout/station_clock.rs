//! The machine's clock, put right where it is known to be wrong: what the rest of the station goes by.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::timekeeper::{Basis, Timekeeper, Told};
use crate::{
    clock::{Clock, Reading},
    radio::{ClockState, UtcMs},
    wire::Fault,
};

/// How long the machine's word on its time service is gone by before it is asked again.
const WORD: Duration = Duration::from_secs(1);

/// The station's clock: the machine's, put right where it is known to be wrong.
#[derive(Debug)]
pub struct StationClock {
    machine: Arc<dyn Clock>,
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    keeper: Timekeeper,
    is_kept: bool,
    asked_at: Option<Duration>,
    basis: Option<Basis>,
}

impl StationClock {
    /// Goes by the machine's clock, which cannot be right when it shows an earlier time than was last known.
    pub fn new(machine: Arc<dyn Clock>, last_known: UtcMs) -> Self {
        let keeper = Timekeeper::new(last_known, machine.read());
        let inside = Inside { keeper, is_kept: false, asked_at: None, basis: None };
        Self { machine, inside: Mutex::new(inside) }
    }

    /// The district answered that its time was so, between two instants of the monotonic clock.
    pub fn hear(&self, district: UtcMs, asked: Duration, answered: Duration) {
        self.inside().keeper.hear(district, asked, answered);
    }

    /// Whether more answers of the district's are needed before they are believed.
    pub fn is_curious(&self) -> bool {
        self.inside().keeper.is_curious()
    }

    /// What is wrong with the machine's clock, if anything. The words stay the same while it does.
    pub fn fault(&self) -> Option<Fault> {
        let told = self.look();
        let out = out_by(self.machine.now(), told.reading.utc());
        match told.basis {
            Basis::Service | Basis::Machine => None,
            Basis::District => Some(Fault::new(
                "clock-wrong",
                format!(
                    "the machine's clock is {out} the district's, by which the station goes: set it, and see to its battery"
                ),
            )),
            Basis::Nothing => Some(Fault::new(
                "clock-untrusted",
                format!(
                    "the machine's clock is {out} the time that this station has known: nothing but emergencies airs until the district or a time service tells the time. Set the clock, and see to its battery; if it is right, start the station with --trust-clock"
                ),
            )),
        }
    }

    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) -> Told {
        let mut inside = self.inside();
        let machine = self.machine.read();
        let is_old = |at: Duration| machine.monotonic.saturating_sub(at) >= WORD;
        if inside.asked_at.is_none_or(is_old) {
            inside.asked_at = Some(machine.monotonic);
            inside.is_kept = self.machine.state() == ClockState::Synced;
        }
        let is_kept = inside.is_kept;
        let told = inside.keeper.look(machine, is_kept);
        if inside.basis.replace(told.basis) != Some(told.basis) {
            let (machine, time) = (machine.utc(), told.reading.utc());
            tracing::info!(%machine, %time, "the time rests on: {:?}", told.basis);
        }
        told
    }
}

impl Clock for StationClock {
    fn read(&self) -> Reading {
        self.look().reading
    }

    fn state(&self) -> ClockState {
        self.look().basis.state()
    }

    fn is_known(&self) -> bool {
        self.look().basis != Basis::Nothing
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic()
    }
}

fn out_by(own: UtcMs, time: UtcMs) -> String {
    let way = if own < time { "behind" } else { "ahead of" };
    match own.0.abs_diff(time.0).saturating_add(500) / 1000 {
        few @ ..7_200 => format!("{few} s {way}"),
        hours @ ..172_800 => format!("{} hours {way}", hours / 3_600),
        days => format!("{} days {way}", days / 86_400),
    }
}
