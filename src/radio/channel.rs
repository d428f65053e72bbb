use super::code::codes;

codes! {
    /// How a directive reaches people beside the loudspeakers.
    pub enum Channel {
        /// Áp phích, pa nô, băng rôn: how many hang.
        Poster = "poster",
        /// Tờ rơi: how many were handed out.
        Leaflet = "leaflet",
        /// Loa di động: how many rounds it made.
        Mobile = "mobile-loudspeaker",
        /// Tin nhắn: to how many.
        Message = "text-message",
        /// Hướng dẫn tại chợ, nhà văn hóa, bộ phận một cửa: how many people.
        Guidance = "guidance",
        /// Something else: the note says what.
        Other = "other",
    }
}
