//! Signed notes (C2SP signed-note) and cosignatures (C2SP tlog-cosignature): short texts with lines of signatures under
//! them, which people can print and other programs can check.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signer as _, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::{PublicKey, SecretKey};

/// Longer texts are no notes of ours.
const LONGEST: usize = 64 * 1024;
/// Nor are those with more signatures.
const MOST_SIGNATURES: usize = 100;
/// What begins a line of a signature.
const DASH: &str = "\u{2014} ";

/// What a key of a note signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signs {
    /// The text as it is (ed25519, type 0x01).
    Text,
    /// That this is the newest head that a witness has seen, and when (cosignature/v1, type 0x04).
    Sight,
}

impl Signs {
    fn byte(self) -> u8 {
        match self {
            Self::Text => 0x01,
            Self::Sight => 0x04,
        }
    }
}

/// A key that checks notes, under its name. Text: `NAME+ID+KEY`, the "vkey" of the specification.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NoteKey {
    name: String,
    signs: Signs,
    key: PublicKey,
}

/// Why a text is no note, or no key of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadNote {
    /// It has another form.
    #[error("this is no signed note: a text, an empty line, and lines of signatures are expected")]
    Form,
    /// A line of a signature has another form.
    #[error("signature {0} of the note cannot be read")]
    Signature(usize),
    /// It is not signed by whom it says.
    #[error("the signature of {0} does not fit the note")]
    Wrong(String),
    /// It is not signed by somebody who must.
    #[error("the note is not signed by {0}")]
    Unsigned(String),
    /// No key.
    #[error("\"{0}\" is no key of a note: NAME+ID+KEY is expected")]
    Key(String),
    /// No name.
    #[error("\"{0}\" cannot be a key's name: it has neither spaces nor a plus")]
    Name(String),
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+' || c.is_control())
}

impl NoteKey {
    /// A key under a name.
    ///
    /// # Errors
    /// The name is empty, or has a space or a plus.
    pub fn new(name: &str, signs: Signs, key: PublicKey) -> Result<Self, BadNote> {
        let fits = is_name(name);
        fits.then(|| Self { name: name.to_owned(), signs, key })
            .ok_or_else(|| BadNote::Name(name.to_owned()))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    pub fn signs(&self) -> Signs {
        self.signs
    }

    /// The key itself.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// The first four bytes of SHA-256 over name, type and key.
    fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', self.signs.byte()])
            .chain_update(self.key.bytes())
            .finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.signs.byte()], &self.key.bytes()[..]].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), STANDARD.encode(bytes))
    }
}

impl FromStr for NoteKey {
    type Err = BadNote;

    fn from_str(text: &str) -> Result<Self, BadNote> {
        let read = || {
            // The base64 of the key may itself hold a plus.
            let (name, rest) = text.split_once('+')?;
            let (_, key) = rest.split_once('+')?;
            let (kind, key) =
                STANDARD.decode(key).ok()?.split_first().map(|(k, b)| (*k, b.to_vec()))?;
            let signs = [Signs::Text, Signs::Sight].into_iter().find(|s| s.byte() == kind)?;
            let key = VerifyingKey::from_bytes(&key.try_into().ok()?).ok()?;
            let read = Self::new(name, signs, PublicKey::of(key)).ok()?;
            (read.to_string() == text).then_some(read)
        };
        read().ok_or_else(|| BadNote::Key(text.to_owned()))
    }
}

/// A line under a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    id: [u8; 4],
    bytes: Vec<u8>,
}

impl NoteSignature {
    /// By whom, as it says.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, coded) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = STANDARD.decode(coded).ok()?;
        let (id, rest) = bytes.split_first_chunk::<4>()?;
        let fits = is_name(name) && !rest.is_empty();
        fits.then(|| Self { name: name.to_owned(), id: *id, bytes: rest.to_vec() })
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let coded = STANDARD.encode([&self.id, &self.bytes[..]].concat());
        write!(f, "{DASH}{} {coded}", self.name)
    }
}

/// A text with its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// A text that nobody has signed yet.
    ///
    /// # Errors
    /// It does not end with its line, or has control characters.
    pub fn new(text: String) -> Result<Self, BadNote> {
        let is_text = text.ends_with('\n') && !text.contains(|c: char| c < ' ' && c != '\n');
        is_text.then_some(Self { text, signatures: vec![] }).ok_or(BadNote::Form)
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in order; of those whose keys nobody here knows, nothing is said.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature under a name.
    ///
    /// # Errors
    /// The name cannot be one.
    pub fn sign(&mut self, name: &str, secret: &SecretKey) -> Result<(), BadNote> {
        let key = NoteKey::new(name, Signs::Text, secret.public())?;
        let bytes = secret.0.sign(self.text.as_bytes()).to_bytes().to_vec();
        self.signatures.push(NoteSignature { name: key.name.clone(), id: key.id(), bytes });
        Ok(())
    }

    /// Adds a witness's cosignature of an instant in whole seconds since 1970.
    ///
    /// # Errors
    /// The name cannot be one.
    pub fn cosign(&mut self, name: &str, secret: &SecretKey, at: u64) -> Result<(), BadNote> {
        let key = NoteKey::new(name, Signs::Sight, secret.public())?;
        let signed = secret.0.sign(sight(at, &self.text).as_bytes()).to_bytes();
        let bytes = [&at.to_be_bytes()[..], &signed].concat();
        self.signatures.push(NoteSignature { name: key.name.clone(), id: key.id(), bytes });
        Ok(())
    }

    /// Puts another's signature under it, unless it is there.
    pub fn add(&mut self, signature: NoteSignature) {
        if !self.signatures.contains(&signature) {
            self.signatures.push(signature);
        }
    }

    /// The signature of a key: it is there, and it fits. Of a cosignature, when it was made, in seconds since 1970.
    ///
    /// # Errors
    /// It is not there, or one under this key's name and number does not fit.
    pub fn signed_by(&self, key: &NoteKey) -> Result<Option<u64>, BadNote> {
        let id = key.id();
        let mut found = None;
        for signature in self.signatures.iter().filter(|one| one.name == key.name && one.id == id) {
            let at = match key.signs {
                Signs::Text => {
                    self.check(key, self.text.as_bytes(), &signature.bytes).map(|()| None)
                }
                Signs::Sight => signature
                    .bytes
                    .split_first_chunk::<8>()
                    .map(|(at, rest)| (u64::from_be_bytes(*at), rest))
                    .ok_or_else(|| BadNote::Wrong(key.name.clone()))
                    .and_then(|(at, rest)| {
                        self.check(key, sight(at, &self.text).as_bytes(), rest).map(|()| Some(at))
                    }),
            }?;
            found = Some(at);
        }
        found.ok_or_else(|| BadNote::Unsigned(key.name.clone()))
    }

    /// Which of its signatures a key made, if it names one.
    pub fn of(&self, key: &NoteKey) -> Option<&NoteSignature> {
        let id = key.id();
        self.signatures.iter().find(|one| one.name == key.name && one.id == id)
    }

    fn check(&self, key: &NoteKey, message: &[u8], signature: &[u8]) -> Result<(), BadNote> {
        let wrong = || BadNote::Wrong(key.name.clone());
        let signature = signature.try_into().map_err(|_| wrong())?;
        key.key.check_bytes(message, signature).map_err(|_| wrong())
    }
}

fn sight(at: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {at}\n{text}")
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl FromStr for Note {
    type Err = BadNote;

    fn from_str(note: &str) -> Result<Self, BadNote> {
        if note.len() > LONGEST {
            return Err(BadNote::Form);
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(BadNote::Form)?;
        let mut read = Self::new(format!("{text}\n"))?;
        let lines = lines.strip_suffix('\n').ok_or(BadNote::Form)?;
        for (number, line) in (1..).zip(lines.split('\n')) {
            let signature = NoteSignature::parse(line).filter(|_| number <= MOST_SIGNATURES);
            read.signatures.push(signature.ok_or(BadNote::Signature(number))?);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(number: u8) -> SecretKey {
        SecretKey::from_seed(&[number; 32])
    }

    fn key(name: &str, signs: Signs, number: u8) -> NoteKey {
        NoteKey::new(name, signs, secret(number).public()).unwrap()
    }

    #[test]
    fn the_specifications_example_is_read() {
        // From golang.org/x/mod/sumdb/note, whose format the specification describes.
        let key: NoteKey =
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
        let text = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n\n\
                    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let note: Note = text.parse().unwrap();
        assert_eq!(note.signed_by(&key), Ok(None));
        assert_eq!(note.to_string(), text);
        let bent: Note = text.replace("think", "thinK").parse().unwrap();
        assert_eq!(bent.signed_by(&key), Err(BadNote::Wrong("PeterNeumann".to_owned())));
    }

    #[test]
    fn a_note_is_signed_by_a_log_and_by_a_witness() {
        let mut note = Note::new("loa/x\n3\nAAAA\n".to_owned()).unwrap();
        note.sign("loa/x", &secret(1)).unwrap();
        note.cosign("tinh", &secret(2), 1_601_503_200).unwrap();
        let read: Note = note.to_string().parse().unwrap();
        assert_eq!(read, note);
        assert_eq!(read.signed_by(&key("loa/x", Signs::Text, 1)), Ok(None));
        assert_eq!(read.signed_by(&key("tinh", Signs::Sight, 2)), Ok(Some(1_601_503_200)));
        // Neither passes for the other, nor for a key of another name.
        for stranger in [
            key("tinh", Signs::Text, 2),
            key("loa/y", Signs::Text, 1),
            key("loa/x", Signs::Text, 3),
        ] {
            let unsigned = BadNote::Unsigned(stranger.name().to_owned());
            assert_eq!(read.signed_by(&stranger), Err(unsigned));
        }
        // A second one under the same key that does not fit is not passed over.
        let mut twice = read.clone();
        twice.signatures[1].bytes[10] ^= 1;
        twice.add(read.signatures[1].clone());
        let witness = key("tinh", Signs::Sight, 2);
        assert_eq!(twice.signed_by(&witness), Err(BadNote::Wrong("tinh".to_owned())));
    }

    #[test]
    fn keys_have_one_spelling() {
        for signs in [Signs::Text, Signs::Sight] {
            let key = key("loa/x", signs, 4);
            let text = key.to_string();
            assert_eq!(text.parse(), Ok(key));
            assert!(text.replacen("loa", "Loa", 1).parse::<NoteKey>().is_err(), "another number");
            assert!(text[..text.len() - 1].parse::<NoteKey>().is_err());
        }
        assert!(NoteKey::new("a b", Signs::Text, secret(1).public()).is_err());
        assert!(NoteKey::new("a+b", Signs::Text, secret(1).public()).is_err());
    }

    #[test]
    fn what_is_no_note_is_refused() {
        for text in [
            "",
            "x\n",
            "x\n\n",
            "x\n\ny\n",
            "x\n\n\u{2014} a\n",
            "x\n\n\u{2014} a AAAAAA==\n",
            "\u{2014} a AAAAAAA=\n",
            "x\u{1}\n\n\u{2014} a AAAAAAA=\n",
            "x\n\n\u{2014} a AAAAAAA=",
        ] {
            assert!(text.parse::<Note>().is_err(), "{text:?}");
        }
        assert!("x\n\n\u{2014} a AAAAAAA=\n".parse::<Note>().is_ok());
    }
}
