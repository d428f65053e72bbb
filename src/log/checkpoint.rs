use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::Hash;

/// How much a log holds, and the hash over all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many entries.
    pub size: u64,
    /// The root of their tree.
    pub root: Hash,
}

/// The head of a log that has a name: the text that is signed (C2SP tlog-checkpoint).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, and that of the key which signs.
    pub origin: String,
    /// What there is.
    pub head: Head,
}

/// Why a text is no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCheckpoint {
    /// A checkpoint has another form.
    #[error(
        "a checkpoint has three lines: the log's name, the number of entries, and their hash in base64"
    )]
    Form,
    /// No name.
    #[error("the first line of a checkpoint is the log's name, and it is empty")]
    Origin,
    /// The number of entries.
    #[error(
        "the second line of a checkpoint is the number of entries, in digits without leading zeros"
    )]
    Size,
    /// The hash.
    #[error("the third line of a checkpoint is a SHA-256 in base64: 44 characters")]
    Root,
}

fn size(text: &str) -> Option<u64> {
    let is_plain =
        text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    is_plain.then(|| text.parse().ok()).flatten()
}

fn root(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

impl fmt::Display for Head {
    /// `SIZE:ROOT`, short enough to be typed from paper.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.size, STANDARD.encode(self.root))
    }
}

impl FromStr for Head {
    type Err = BadCheckpoint;

    fn from_str(text: &str) -> Result<Self, BadCheckpoint> {
        let (of_size, of_root) = text.split_once(':').ok_or(BadCheckpoint::Form)?;
        Ok(Self {
            size: size(of_size).ok_or(BadCheckpoint::Size)?,
            root: root(of_root).ok_or(BadCheckpoint::Root)?,
        })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, head: Head { size, root } } = self;
        write!(f, "{origin}\n{size}\n{}\n", STANDARD.encode(root))
    }
}

impl FromStr for Checkpoint {
    type Err = BadCheckpoint;

    /// Extension lines, which the specification allows, have no meaning here; there are none.
    fn from_str(text: &str) -> Result<Self, BadCheckpoint> {
        let lines: Vec<&str> =
            text.strip_suffix('\n').ok_or(BadCheckpoint::Form)?.split('\n').collect();
        let [origin, of_size, of_root] = lines[..] else { return Err(BadCheckpoint::Form) };
        if origin.is_empty() {
            return Err(BadCheckpoint::Origin);
        }
        Ok(Self {
            origin: origin.to_owned(),
            head: Head {
                size: size(of_size).ok_or(BadCheckpoint::Size)?,
                root: root(of_root).ok_or(BadCheckpoint::Root)?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_has_one_spelling() {
        let head = Head { size: 20, root: [7; 32] };
        let text = Checkpoint { origin: "loa/3f".to_owned(), head }.to_string();
        assert_eq!(text, "loa/3f\n20\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n");
        assert_eq!(text.parse::<Checkpoint>().unwrap().to_string(), text);
        assert_eq!(head.to_string().parse(), Ok(head));
        for (wrong, why) in [
            (text.replace("20", "020"), BadCheckpoint::Size),
            (text.replace("20", "+20"), BadCheckpoint::Size),
            (text.replace("wc=", "wd="), BadCheckpoint::Root),
            (text.replace("wc=", "wc"), BadCheckpoint::Root),
            (text.replace("loa/3f", ""), BadCheckpoint::Origin),
            (format!("{text}more\n"), BadCheckpoint::Form),
            (text.trim_end().to_owned(), BadCheckpoint::Form),
        ] {
            assert_eq!(wrong.parse::<Checkpoint>(), Err(why), "{wrong}");
        }
    }
}
