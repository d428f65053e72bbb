//! The transparency log: what cannot be rewritten without being seen. Pure.
//!
//! Entries are lines of JSON. They are the leaves of a Merkle tree (RFC 6962, RFC 9162), whose head is signed as a
//! checkpoint (C2SP tlog-checkpoint) in a note (C2SP signed-note) that witnesses may co-sign (C2SP tlog-cosignature).

mod checkpoint;
mod entry;
mod export;
mod keys;
mod proof;
mod tile;
mod tree;
mod verifying;
mod witness;

pub use checkpoint::{BadCheckpoint, Checkpoint, Head};
pub use entry::{
    ChannelReport, ChannelReportWithdrawn, Declared, Deed, DistrictKey, Entry, LogKey, Record,
    Revoked, Rule, Ruling, StationKey, WitnessKey,
};
pub use export::{BadExport, line_of, read_head, read_line, verify};
pub use keys::{BadLogKey, LogKeys};
pub use proof::{
    BadProof, Place, consistency, inclusion, root_of, span_root, verify_consistency,
    verify_inclusion,
};
pub use tile::{Tile, WIDTH};
pub use tree::{Frontier, Hash, leaf, node};
pub use verifying::{Older, Pages, Proven, Verifier, Wrong};
pub use witness::{Refused, Seen};
