//! Bytes as hexadecimal text with `0x`, as the chain writes them.

/// What is no hexadecimal text of the right length.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HexError {
    /// No `0x`, an odd number of digits, or something else than digits.
    #[error("{field}: expected hexadecimal digits after 0x")]
    Digits {
        /// What was to be read.
        field: &'static str,
    },
    /// Too short or too long.
    #[error("{field}: expected {expected} bytes, found {found}")]
    Length {
        /// What was to be read.
        field: &'static str,
        /// How many it has.
        expected: usize,
        /// How many there are.
        found: usize,
    },
}

/// The bytes of a text.
pub fn bytes(field: &'static str, text: &str) -> Result<Vec<u8>, HexError> {
    text.strip_prefix("0x")
        .and_then(|digits| hex::decode(digits).ok())
        .ok_or(HexError::Digits { field })
}

/// As many bytes as asked for.
pub fn array<const N: usize>(field: &'static str, text: &str) -> Result<[u8; N], HexError> {
    bytes(field, text)?
        .try_into()
        .map_err(|bytes: Vec<u8>| HexError::Length {
            field,
            expected: N,
            found: bytes.len(),
        })
}

/// The text of bytes.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lead_back_to_their_bytes() {
        assert_eq!(bytes("key", &hex([0, 255, 16])), Ok(vec![0, 255, 16]));
        assert_eq!(array("key", "0x01ff"), Ok([1, 255]));
    }

    #[test]
    fn what_is_no_hexadecimal_text_is_named() {
        for text in ["", "01", "0x1", "0x0g"] {
            let error = HexError::Digits { field: "key" };
            assert_eq!(bytes("key", text), Err(error), "{text}");
        }
        assert_eq!(
            array::<32>("key", "0x01"),
            Err(HexError::Length {
                field: "key",
                expected: 32,
                found: 1
            })
        );
    }
}
