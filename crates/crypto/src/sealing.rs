//! Shares sealed to their recipients (HPKE, RFC 9180).

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A secret share, sealed with HPKE base mode, X25519-HKDF-SHA256, ChaCha20-Poly1305: 80 bytes.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct SealedShare {
    /// HPKE's `enc`.
    pub encapsulated_key: [u8; 32],
    /// The 32-byte share and the 16-byte tag.
    pub ciphertext: [u8; 48],
}
