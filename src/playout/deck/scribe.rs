//! Hands records over on a thread of its own: keeping one may take the time of an fsync, and sound cannot wait.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use crate::playout::record::{Draft, Recorder};

pub(super) struct Scribe {
    to: Option<Sender<Draft>>,
    thread: Option<JoinHandle<()>>,
    fault: Arc<Mutex<Option<String>>>,
}

const PAUSE: Duration = Duration::from_secs(1);
const TRIES: u32 = 10;

impl Scribe {
    pub(super) fn new(recorder: Arc<dyn Recorder>) -> std::io::Result<Self> {
        let (to, drafts) = channel::<Draft>();
        let fault = Arc::new(Mutex::new(None));
        let says = fault.clone();
        let thread = std::thread::Builder::new().name("loa-scribe".into()).spawn(move || {
            for draft in drafts {
                let mut tries = 0;
                while let Err(why) = recorder.ended(&draft) {
                    *says.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.to_string());
                    tries += 1;
                    if tries >= TRIES {
                        tracing::error!(airing = %draft.airing, %why, "a record was lost");
                        break;
                    }
                    std::thread::sleep(PAUSE);
                }
                if tries == 0 {
                    *says.lock().unwrap_or_else(PoisonError::into_inner) = None;
                }
            }
        })?;
        Ok(Self { to: Some(to), thread: Some(thread), fault })
    }

    pub(super) fn keep(&self, draft: Draft) {
        if let Some(to) = &self.to {
            // Its thread ends only when this half is dropped.
            let _ = to.send(draft);
        }
    }

    pub(super) fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        self.to = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
