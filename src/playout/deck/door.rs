//! Opens the speaker again and again on a thread that may be left behind: a hung sound server answers nobody.

use std::{
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

use backon::BackoffBuilder as _;

use super::Opener;
use crate::playout::speaker::{Speaker, SpeakerError};

pub(super) struct Door {
    ask: Sender<()>,
    answers: Receiver<Result<Box<dyn Speaker>, SpeakerError>>,
}

impl Door {
    pub(super) fn new(mut opener: Opener) -> std::io::Result<Self> {
        let ((ask, asked), (to, answers)) = (channel::<()>(), channel());
        std::thread::Builder::new().name("loa-opener".into()).spawn(move || {
            while asked.recv().is_ok() {
                // Sound is to return within five seconds of the device: opening itself takes up to three.
                let mut pauses = backon::ExponentialBuilder::default()
                    .with_min_delay(Duration::from_millis(100))
                    .with_max_delay(Duration::from_secs(1))
                    .without_max_times()
                    .build();
                loop {
                    let opened = opener();
                    let done = opened.is_ok();
                    if to.send(opened).is_err() {
                        return;
                    }
                    if done {
                        break;
                    }
                    std::thread::sleep(pauses.next().unwrap_or(Duration::from_secs(1)));
                }
            }
        })?;
        Ok(Self { ask, answers })
    }

    /// Wants a speaker.
    pub(super) fn knock(&self) {
        // The thread ends only after this.
        let _ = self.ask.send(());
    }

    /// What came of the last try, if it has ended.
    pub(super) fn answer(&self) -> Option<Result<Box<dyn Speaker>, SpeakerError>> {
        self.answers.try_iter().last()
    }
}
