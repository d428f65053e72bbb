//! The page's words, in the languages of those who stand beside the station.

use serde::{Deserialize, Serialize};

use crate::radio::{ClockState, Priority};

/// A language of the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Language {
    /// Tiếng Việt.
    #[default]
    Vi,
    /// English.
    En,
}

impl Language {
    /// The page in it.
    pub(super) fn address(self) -> &'static str {
        match self {
            Self::Vi => "/",
            Self::En => "/?lang=en",
        }
    }

    /// The text in it.
    pub(super) fn of(self, vi: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }

    pub(super) fn priority(self, priority: Priority) -> &'static str {
        match priority {
            Priority::Routine => self.of("thông thường", "routine"),
            Priority::Priority => self.of("ưu tiên", "priority"),
            Priority::Emergency => self.of("khẩn cấp", "emergency"),
        }
    }

    pub(super) fn clock(self, clock: ClockState) -> &'static str {
        match clock {
            ClockState::Synced => {
                self.of("được máy chủ giờ giữ đúng", "kept right by a time service")
            }
            ClockState::Holdover => self.of(
                "tự chạy, không có máy chủ giờ: hãy so với đồng hồ khác",
                "runs by itself, no time service: compare it with another clock",
            ),
            ClockState::Untrusted => {
                self.of("không tin được: hãy đặt lại giờ", "not to be believed: set it")
            }
        }
    }

    /// What a fault's code means. What exactly is wrong stands in its detail.
    pub(super) fn fault(self, code: &str) -> &'static str {
        match code {
            "deck" => self.of("Không phát được âm thanh", "Sound"),
            "stopped-locally" => self.of("Đài đang bị dừng tại chỗ", "Stopped at the site"),
            "volume-zero" => {
                self.of("Âm lượng bằng 0: không ai nghe thấy", "The volume is 0: nobody hears it")
            }
            "said-not-kept" => self.of(
                "Lệnh đã được thực hiện nhưng không ghi lại được",
                "What was said is obeyed, but not kept",
            ),
            "disk-full" => self.of(
                "Ổ đĩa đầy: không còn chỗ ghi nhật ký",
                "The disk is full: no room for records",
            ),
            "store-damaged" => self.of(
                "Kho dữ liệu của đài đã bị hỏng và được dựng lại",
                "The station's store was damaged and made anew",
            ),
            code if code.starts_with("clock-") => {
                self.of("Đồng hồ của đài sai giờ", "The station's clock is wrong")
            }
            "records-rejected" => self.of(
                "Huyện không nhận một số bản ghi nhật ký",
                "The district does not take some records",
            ),
            code if code.starts_with("rundown-") => self.of(
                "Lịch phát mới của huyện không được chấp nhận",
                "The district's new rundown is not followed",
            ),
            _ => self.of("Sự cố khác", "Another fault"),
        }
    }
}
