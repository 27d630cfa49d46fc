//! What a layer looks like, for sealing and opening alike (PSE-RLY-3).
//!
//! An envelope is [`MAX_HOPS`] slots and a body. The first slot is sealed to the relay that has the
//! envelope; it holds a stream key and where to go next. The relay drops it, appends an empty slot
//! to the others, and applies the key's stream to slots and body: that is the next envelope.

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use zeroize::Zeroizing;

/// Relays on a path at most. Three hide more than voters will wait for; five leave room.
pub const MAX_HOPS: usize = 5;

/// Bytes of a relay's address at most: what is left in a slot.
pub const MAX_ADDRESS_BYTES: usize = SLOT_BYTES - ENCAPSULATED_BYTES - TAG_BYTES - KEY_BYTES - 1;

/// Bytes of a slot: room for the URL of any real host.
pub(crate) const SLOT_BYTES: usize = 256;
/// HPKE's `enc`.
pub(crate) const ENCAPSULATED_BYTES: usize = 32;
/// Poly1305's tag.
const TAG_BYTES: usize = 16;
/// A ChaCha20 key.
pub(crate) const KEY_BYTES: usize = 32;
/// What is sealed in a slot.
pub(crate) const ROUTE_BYTES: usize = SLOT_BYTES - ENCAPSULATED_BYTES - TAG_BYTES;
/// All slots.
pub(crate) const HEADER_BYTES: usize = MAX_HOPS * SLOT_BYTES;
/// The length in front of the extrinsic, 32 bits little-endian.
pub(crate) const LENGTH_BYTES: usize = 4;

const _: () = assert!(MAX_ADDRESS_BYTES <= u8::MAX as usize);

/// The key of a layer's stream.
pub(crate) type StreamKey = Zeroizing<[u8; KEY_BYTES]>;

/// What is sealed in a slot: the stream key, the address's length (0 at the last relay), the
/// address, zeros.
pub(crate) struct Route {
    pub key: StreamKey,
    pub address: Option<String>,
}

impl Route {
    /// `None` if the address is empty or too long.
    pub fn encode(key: &StreamKey, address: Option<&str>) -> Option<Zeroizing<[u8; ROUTE_BYTES]>> {
        let mut route = Zeroizing::new([0; ROUTE_BYTES]);
        let address = match address {
            Some("") => return None,
            address => address.unwrap_or_default(),
        };
        let (head, tail) = route.split_at_mut(KEY_BYTES);
        head.copy_from_slice(key.as_slice());
        let (length, room) = tail.split_first_mut()?;
        *length = u8::try_from(address.len()).ok()?;
        room.get_mut(..address.len())?
            .copy_from_slice(address.as_bytes());
        Some(route)
    }

    /// `None` if it is not what [`Route::encode`] makes.
    pub fn decode(route: &[u8]) -> Option<Self> {
        if route.len() != ROUTE_BYTES {
            return None;
        }
        let (head, tail) = route.split_at(KEY_BYTES);
        let mut key = StreamKey::default();
        key.copy_from_slice(head);
        let (length, room) = tail.split_first()?;
        let (address, rest) = room.split_at_checked(usize::from(*length))?;
        if rest.iter().any(|byte| *byte != 0) {
            return None;
        }
        let address = String::from_utf8(address.to_vec()).ok()?;
        let address = (!address.is_empty()).then_some(address);
        Some(Self { key, address })
    }
}

/// Adds the key's stream: ChaCha20 of RFC 8439 with a nonce of zeros, counted from block 0. A key is
/// used for one layer of one envelope.
pub(crate) fn apply_stream(key: &StreamKey, bytes: &mut [u8]) {
    let mut stream = Zeroizing::new(vec![0; bytes.len()]);
    ChaCha20Rng::from_seed(**key).fill_bytes(&mut stream);
    for (byte, mask) in bytes.iter_mut().zip(stream.iter()) {
        *byte ^= mask;
    }
}
