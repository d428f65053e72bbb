use super::code::codes;

codes! {
    /// Why an airing did not sound, or not wholly, as somebody at the site says it.
    #[derive(utoipa::ToSchema)]
    pub enum Cause {
        /// Mất điện.
        Power = "power",
        /// Mất mạng, mất tín hiệu.
        Line = "line",
        /// The amplifier, the player or a loudspeaker is broken.
        Broken = "broken",
        /// Rain, storm, lightning.
        Weather = "weather",
        /// Nobody was there to air it.
        Nobody = "nobody",
        /// A superior said not to.
        CalledOff = "called-off",
        /// Something else: the note says what.
        Other = "other",
    }
}

codes! {
    /// What is out of order at a station, as somebody there reports it.
    #[derive(utoipa::ToSchema)]
    pub enum FaultKind {
        /// No loudspeaker sounds.
        Silent = "silent",
        /// Some loudspeakers are silent.
        Partly = "partly",
        /// It is too low to understand.
        Faint = "faint",
        /// It crackles, hums or is distorted.
        Distorted = "distorted",
        /// No power.
        Power = "power",
        /// No line.
        Line = "line",
        /// A pole, a cable or a loudspeaker has come down: a danger.
        Danger = "danger",
        /// Something else: the note says what.
        Other = "other",
    }
}
