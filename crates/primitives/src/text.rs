//! Titles and names: bounded UTF-8 in any script, without control characters.

use alloc::{string::String, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, Error, Input, MaxEncodedLen};
use scale_info::{build::Fields, Path, Type, TypeInfo};
use sp_runtime::{traits::ConstU32, BoundedVec};

use crate::limits::MAX_TEXT_BYTES;

/// A title or a name: 1 to [`MAX_TEXT_BYTES`] bytes of UTF-8, no control characters, and not blank.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, DecodeWithMemTracking, MaxEncodedLen,
)]
pub struct Text(BoundedVec<u8, ConstU32<MAX_TEXT_BYTES>>);

/// Why a text was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextError {
    /// Nothing but white space.
    Blank,
    /// More than [`MAX_TEXT_BYTES`] bytes.
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// A control character, a line break or a character that changes the direction of what follows:
    /// two texts that look alike must not differ.
    ControlCharacter(char),
    /// Not UTF-8.
    NotUtf8,
}

impl core::fmt::Display for TextError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Blank => write!(f, "must not be empty"),
            Self::TooLong { bytes } => {
                write!(
                    f,
                    "is {bytes} bytes long in UTF-8, at most {MAX_TEXT_BYTES} are allowed"
                )
            }
            Self::ControlCharacter(c) => {
                write!(f, "holds the control character U+{:04X}", u32::from(*c))
            }
            Self::NotUtf8 => write!(f, "is not UTF-8"),
        }
    }
}

impl Text {
    /// Checks a text.
    pub fn new(text: &str) -> Result<Self, TextError> {
        if text.trim().is_empty() {
            return Err(TextError::Blank);
        }
        if let Some(c) = text
            .chars()
            .find(|c| c.is_control() || is_direction_override(*c))
        {
            return Err(TextError::ControlCharacter(c));
        }
        let bytes = text.len();
        BoundedVec::try_from(text.as_bytes().to_vec())
            .map(Self)
            .map_err(|_| TextError::TooLong { bytes })
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        // Every constructor checked it.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Explicit bidirectional embeddings, overrides and isolates reorder what stands after them.
fn is_direction_override(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

impl Decode for Text {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let bytes = BoundedVec::<u8, ConstU32<MAX_TEXT_BYTES>>::decode(input)?;
        let text = core::str::from_utf8(&bytes).map_err(|_| Error::from("text is not UTF-8"))?;
        Self::new(text).map_err(|_| Error::from("text is blank or holds control characters"))
    }
}

impl TypeInfo for Text {
    type Identity = Self;

    fn type_info() -> Type {
        // Clients then show it as text rather than as bytes.
        Type::builder()
            .path(Path::new("Text", module_path!()))
            .composite(Fields::unnamed().field(|f| f.ty::<String>().type_name("String")))
    }
}

impl core::fmt::Display for Text {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl TryFrom<Vec<u8>> for Text {
    type Error = TextError;

    fn try_from(bytes: Vec<u8>) -> Result<Self, TextError> {
        Self::new(core::str::from_utf8(&bytes).map_err(|_| TextError::NotUtf8)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_script_passes() {
        for text in [
            "Orsay 1",
            "Выборы мэра",
            "انتخابات",
            "選挙",
            "ᚠᚢᚦ",
            "🗳️ A",
            "a\u{200D}b",
        ] {
            let text = Text::new(text).expect("allowed");
            assert_eq!(Text::decode(&mut &text.encode()[..]), Ok(text));
        }
    }

    #[test]
    fn what_could_deceive_is_refused() {
        assert_eq!(Text::new(" \u{3000}"), Err(TextError::Blank));
        assert_eq!(Text::new("a\nb"), Err(TextError::ControlCharacter('\n')));
        assert_eq!(
            Text::new("a\u{202E}b"),
            Err(TextError::ControlCharacter('\u{202E}'))
        );
        assert_eq!(
            Text::new(&"é".repeat(257)),
            Err(TextError::TooLong { bytes: 514 })
        );
        assert_eq!(Text::try_from(alloc::vec![0xff]), Err(TextError::NotUtf8));
    }

    #[test]
    fn decoding_is_as_strict_as_the_constructor() {
        assert_eq!(
            Text::decode(&mut &[4u8, 0xff][..]),
            Err(Error::from("text is not UTF-8"))
        );
        assert_eq!(
            Text::decode(&mut &[4u8, 0x0a][..]),
            Err(Error::from("text is blank or holds control characters"))
        );
    }
}
