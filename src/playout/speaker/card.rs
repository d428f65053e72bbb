//! Whether the machine can have an ALSA device at all: asked for one where there is none, ALSA writes a dozen lines to
//! standard error.

use std::{env, fs, path::PathBuf};

/// A sound card, or a configuration of the machine's or the user's own that names a default.
pub(super) fn may_be_there() -> bool {
    let place = |name: &str| env::var_os(name).map(PathBuf::from).unwrap_or_default();
    let home = place("HOME");
    let files = [
        place("ALSA_CONFIG_PATH"),
        "/etc/asound.conf".into(),
        home.join(".asoundrc"),
        home.join(".config/alsa/asoundrc"),
        place("XDG_CONFIG_HOME").join("alsa/asoundrc"),
    ];
    let names_default =
        |file: &PathBuf| fs::read_to_string(file).is_ok_and(|text| text.contains("default"));
    names_one(&fs::read_to_string("/proc/asound/cards").unwrap_or_default())
        || files.iter().any(names_default)
}

/// Reads the kernel's list, in which each card has a line that begins with its number.
fn names_one(cards: &str) -> bool {
    cards.lines().any(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_lists_its_cards() {
        assert!(!names_one(""));
        assert!(!names_one("--- no soundcards ---\n"));
        assert!(names_one(
            " 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n                      HDA Intel PCH at 0xf7f10000 irq 32\n"
        ));
    }
}
