use serde::{Deserialize, Serialize};

/// What stands around the figures of an official report: who writes, in whose name, to whom. What is empty stays blank.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Letter {
    /// The body above the one that writes.
    pub superior: String,
    /// The body that writes.
    pub issuer: String,
    /// What follows the number, e.g. `BC-TTVH`. The number itself the registry gives.
    pub symbol: String,
    /// Where it is written.
    pub place: String,
    /// In whose name it is signed: `TM.`, `KT.` or `TL.` and whose; empty: in the signer's own.
    pub authority: String,
    /// The signer's office.
    pub office: String,
    /// The signer's name.
    pub signer: String,
    /// Who gets a copy.
    pub recipients: Vec<String>,
    /// Where the record can be checked: an address, drawn as a QR code.
    pub verify_at: Option<String>,
    /// The head of the log at which the figures were taken, as text.
    pub checkpoint: Option<String>,
}
