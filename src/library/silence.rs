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
    /// So many more frames, and which of them are the first and the last with sound. Silence between these two is too
    /// short to count.
    pub(super) fn add(&mut self, frames: u64, sound: Option<(u64, u64)>) {
        if let Some((first, last)) = sound {
            let (first, end) = (self.frames + first, self.frames + last + 1);
            self.sounds = Some(match self.sounds {
                None => (first, end),
                Some((start, before)) => {
                    self.longest_inside = self.longest_inside.max(first - before);
                    (start, end)
                }
            });
        }
        self.frames += frames;
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
