use std::{fmt, fs, io, net::SocketAddr, path::Path};

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::private;

/// The file in the station's folder.
const FILE: &str = "control.json";

/// Where a running station listens, and what its commands show there: other users of the machine reach the address too.
/// It lies in the station's folder while the station runs, for its owner only, and is new at every start.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlKey {
    /// Where the station listens.
    pub address: SocketAddr,
    /// 64 hexadecimal digits.
    secret: String,
}

impl fmt::Debug for ControlKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControlKey").field("address", &self.address).finish_non_exhaustive()
    }
}

impl ControlKey {
    /// A fresh one.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn new(address: SocketAddr) -> Result<Self, getrandom::Error> {
        Ok(Self { address, secret: random()? })
    }

    /// Leaves it for the commands.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        private::replace(&folder.join(FILE), &serde_json::to_vec(self)?)
    }

    /// Takes it away: the station stops.
    pub fn remove(folder: &Path) {
        // One that stays is of no use to anybody.
        let _ = fs::remove_file(folder.join(FILE));
    }

    /// Reads it; none where no station runs that can be asked.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(folder: &Path) -> io::Result<Option<Self>> {
        match fs::read(folder.join(FILE)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether somebody shows the secret.
    pub(super) fn opens(&self, shown: &str) -> bool {
        is_same(&self.secret, shown)
    }

    pub(super) fn secret(&self) -> &str {
        &self.secret
    }
}

/// 64 hexadecimal digits that nobody can guess.
pub(super) fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// Compares secrets without telling by the time it takes how much of them is right.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}
