//! What stands in blocks and in the state.

use codec::{Decode, DecodeAll, Encode, MaxEncodedLen};
use psephos_primitives::wire::Extrinsic;

use crate::Verdict;

/// What is before an inherent's call in older blocks; we write 5.
const INHERENT_VERSION_4: u8 = 4;

/// Extrinsics as they stand in a block.
pub fn extrinsic(bytes: &[u8]) -> Verdict {
    let decoded = Extrinsic::decode_all(&mut &bytes[..]);
    if let Ok(extrinsic) = &decoded {
        let encoded = extrinsic.encode();
        match extrinsic {
            Extrinsic::Signed { .. } => assert_eq!(encoded, bytes),
            Extrinsic::Inherent(_) => assert_eq!(without_version(&encoded), without_version(bytes)),
        }
    }
    Verdict::of(&decoded)
}

/// The bytes but for an inherent's version, 4 or 5, after its length.
fn without_version(bytes: &[u8]) -> Vec<u8> {
    let length = codec::Compact::<u32>::decode(&mut &bytes[..]).expect("was decoded");
    let position = length.encoded_size();
    let mut bytes = bytes.to_vec();
    bytes[position] = INHERENT_VERSION_4;
    bytes
}

/// Decodes a value, which must encode to the same bytes, and to no more than there can be.
pub(crate) fn canonical<T: DecodeAll + Encode + MaxEncodedLen>(bytes: &[u8]) -> Option<T> {
    let value = T::decode_all(&mut &bytes[..]).ok()?;
    assert_eq!(value.encode(), bytes);
    assert!(bytes.len() <= T::max_encoded_len());
    Some(value)
}
