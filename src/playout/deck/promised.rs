//! Airings whose start was kept and that have not begun: if the deck stops first, their records must say so, or the next
//! start would take them to have been cut off.

use std::collections::HashMap;

use super::{air::Air, ledger::missed};
use crate::{
    playout::record::Draft,
    radio::{AiringId, Reason},
};

#[derive(Default)]
pub(super) struct Promised(HashMap<AiringId, Vec<Draft>>);

impl Promised {
    /// An airing that was made ready does not begin, at least not now.
    pub(super) fn put_off(&mut self, air: Air) {
        if air.loading.promise.call_off() {
            let drafts = air.drafts.into_iter().map(|(_, draft)| draft);
            self.0.insert(air.airing.id, drafts.collect());
        }
    }

    /// It begins, or its records say why not.
    pub(super) fn settle(&mut self, airing: &AiringId) {
        self.0.remove(airing);
    }

    /// The deck stops: what has not begun may still air after the next start, while there is time.
    pub(super) fn end(&mut self) -> impl Iterator<Item = Draft> {
        let why = "the station was stopped before it began";
        let drafts = std::mem::take(&mut self.0).into_values().flatten();
        drafts.map(|draft| missed(draft, Reason::StationStopped, why.to_owned()))
    }
}
