//! Who says so: ed25519 signatures (RFC 8032) over exact bytes, checked strictly; of a whole log, together ([`Claim`]).
//!
//! What is signed is a line that names what it is, then the payload as it is sent: a signature under a record can never
//! pass for one under a rundown. Keys and signatures are written as lower-case hexadecimal and in no other way, so that
//! a changed byte is a changed meaning.

mod claim;
mod district_key;
mod envelope;
mod key;
mod key_file;
mod note;

pub use claim::Claim;
pub use district_key::{BadKeys, DistrictKey, newest, speaks_of};
pub use envelope::Envelope;
pub use key::{BadKey, BadSignature, PublicKey, SecretKey, Signature};
pub use key_file::{KeyFileError, read, read_or_make, write};
pub use note::{BadNote, Note, NoteKey, NoteSignature, Signs};

/// What a signature is under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// A station's rundown, by the district.
    Rundown,
    /// An as-run record, by its station.
    Record,
    /// A key of the district's, by the key before it; the first by itself.
    DistrictKey,
    /// The district's receipts for records that came on a stick.
    Receipts,
    /// A station's request to be known, on a stick, by the key that its code stands for.
    CarriedRequest,
    /// The district's answer to it.
    CarriedEnrolment,
    /// How a station stands, on a stick.
    CarriedState,
    /// A key of the log's, by the key before it.
    LogKey,
}

impl Context {
    /// The line before the payload. None is the beginning of another.
    fn line(self) -> &'static [u8] {
        match self {
            Self::Rundown => b"loa/v1/rundown\n",
            Self::Record => b"loa/v1/record\n",
            Self::DistrictKey => b"loa/v1/district-key\n",
            Self::Receipts => b"loa/v1/receipts\n",
            Self::CarriedRequest => b"loa/v1/carried-request\n",
            Self::CarriedEnrolment => b"loa/v1/carried-enrolment\n",
            Self::CarriedState => b"loa/v1/carried-state\n",
            Self::LogKey => b"loa/v1/log-key\n",
        }
    }
}
