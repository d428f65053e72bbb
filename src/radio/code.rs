//! Enumerations with a word that stays: in the database, in addresses and in the catalogue of the pages.

/// Declares such an enumeration, with all its values in order.
macro_rules! codes {
    ($(#[$doc:meta])* $visible:vis enum $name:ident { $($(#[$value_doc:meta])* $value:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        $visible enum $name {
            $($(#[$value_doc])* #[serde(rename = $code)] $value,)*
        }

        impl $name {
            /// Every one, in the order of the source.
            $visible const ALL: &[Self] = &[$(Self::$value),*];

            /// The word that stays.
            $visible fn as_str(self) -> &'static str {
                match self { $(Self::$value => $code,)* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::radio::BadCode;

            fn from_str(text: &str) -> Result<Self, $crate::radio::BadCode> {
                match text {
                    $($code => Ok(Self::$value),)*
                    _ => Err($crate::radio::BadCode {
                        word: text.to_owned(),
                        known: &[$($code),*],
                    }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use codes;

/// Why a text is none of the words that there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{word}\" is none of {}", known.join(", "))]
pub struct BadCode {
    /// What was written.
    pub word: String,
    /// What might have been.
    pub known: &'static [&'static str],
}
