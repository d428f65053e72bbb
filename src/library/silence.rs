//! Where a recording is silent.

/// Below -60 dBFS nothing is heard from a horn.
pub(super) const FLOOR: f32 = 0.001;

/// Counts frames without sound: before the first, after the last, and the longest stretch between.
#[derive(Debug, Default)]
pub(super) struct Silence {
    frames: u64,
    /// The first frame with sound, and the one after the last.
    sounds: Option<(u64, u64)>,
    longest_inside: u64,
}

impl Silence {
    /// One more frame, with its loudest sample.
    pub(super) fn add(&mut self, loudest: f32) {
        if loudest > FLOOR {
            let at = self.frames;
            self.sounds = Some(match self.sounds {
                None => (at, at + 1),
                Some((first, end)) => {
                    self.longest_inside = self.longest_inside.max(at - end);
                    (first, at + 1)
                }
            });
        }
        self.frames += 1;
    }

    /// Whether there was no sound at all.
    pub(super) fn everywhere(&self) -> bool {
        self.sounds.is_none()
    }

    /// Frames before the first sound.
    pub(super) fn leading(&self) -> u64 {
        self.sounds.map_or(self.frames, |(first, _)| first)
    }

    /// Frames after the last sound.
    pub(super) fn trailing(&self) -> u64 {
        self.sounds.map_or(self.frames, |(_, end)| self.frames - end)
    }

    /// The longest silence between two sounds, in frames.
    pub(super) fn longest_inside(&self) -> u64 {
        self.longest_inside
    }
}
