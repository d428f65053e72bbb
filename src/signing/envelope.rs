use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BadSignature, Context, PublicKey, SecretKey, Signature};

/// Signed bytes: sent as text inside JSON, so that no two JSON libraries have to agree on a spelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The exact text that is signed, itself JSON.
    pub payload: String,
    /// The key that signed it.
    pub key: PublicKey,
    /// Over the line that names what it is, and the payload.
    pub signature: Signature,
}

impl Envelope {
    /// Signs a payload.
    pub fn seal(context: Context, payload: String, key: &SecretKey) -> Self {
        let signature = key.sign(context, &payload);
        Self { payload, key: key.public(), signature }
    }

    /// The payload, if the key that is named signed it as what it is to be. Whose key that is must be asked elsewhere.
    ///
    /// # Errors
    /// The signature does not fit.
    pub fn open(&self, context: Context) -> Result<&str, BadSignature> {
        self.key.check(context, &self.payload, &self.signature)?;
        Ok(&self.payload)
    }
}
