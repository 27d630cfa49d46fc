//! What a relay does with an envelope.

use hpke::{
    aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::X25519HkdfSha256, Deserializable, Kem, OpModeR,
};
use zeroize::Zeroizing;

use crate::{
    layer::{apply_stream, Route, ENCAPSULATED_BYTES, HEADER_BYTES, LENGTH_BYTES, SLOT_BYTES},
    EnvelopeContext, EnvelopeSize, RelayKey,
};

/// What a relay finds under its layer.
#[derive(Clone, PartialEq, Eq)]
pub enum Opened {
    /// Another relay comes next.
    Forward {
        /// Where it is, in the sender's words.
        address: String,
        /// What it is to be given: of the same size.
        envelope: Vec<u8>,
    },
    /// This relay is the last.
    Deliver {
        /// What is to be submitted to a node, byte for byte what was sealed.
        extrinsic: Vec<u8>,
    },
}

impl core::fmt::Debug for Opened {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Neither where a ballot goes nor what it is belongs into a log.
        f.write_str(match self {
            Self::Forward { .. } => "Forward(…)",
            Self::Deliver { .. } => "Deliver(…)",
        })
    }
}

/// Why an envelope is refused. Always the sender's fault, or that of whoever changed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// Not a size that envelopes have.
    #[error("{0} bytes are no envelope: those have 4096, 16384, 65536 or 524288")]
    Size(usize),
    /// Sealed to another key or for another election, or changed on the way.
    #[error(
        "the envelope does not open: it was sealed to another key, for another election, or was changed"
    )]
    DoesNotOpen,
    /// It opens, and holds no route: the sender's software is wrong.
    #[error("the envelope opens, but says not where it is to go")]
    Route,
    /// It opens, and holds no extrinsic: the sender's software is wrong.
    #[error("the envelope opens, but its length or its padding is wrong")]
    Padding,
}

/// Opens a relay's layer (PSE-RLY-5). The same envelope always gives the same result, so that a
/// relay that is not sure whether it has passed one on may do so again.
pub fn open(
    key: &RelayKey,
    context: &EnvelopeContext,
    envelope: &[u8],
) -> Result<Opened, OpenError> {
    if EnvelopeSize::of_length(envelope.len()).is_none() {
        return Err(OpenError::Size(envelope.len()));
    }
    let (slot, rest) = envelope.split_at(SLOT_BYTES);
    let route = open_slot(key, context, slot, rest)?;
    let mut next = Vec::with_capacity(envelope.len());
    let (slots, body) = rest.split_at(HEADER_BYTES - SLOT_BYTES);
    next.extend_from_slice(slots);
    next.extend_from_slice(&[0; SLOT_BYTES]);
    next.extend_from_slice(body);
    apply_stream(&route.key, &mut next);
    match route.address {
        Some(address) => Ok(Opened::Forward {
            address,
            envelope: next,
        }),
        None => extrinsic(&next).ok_or(OpenError::Padding),
    }
}

fn open_slot(
    key: &RelayKey,
    context: &EnvelopeContext,
    slot: &[u8],
    rest: &[u8],
) -> Result<Route, OpenError> {
    let (encapsulated, sealed) = slot.split_at(ENCAPSULATED_BYTES);
    let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated)
        .map_err(|_| OpenError::DoesNotOpen)?;
    let route = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        key.private_key(),
        &encapsulated,
        &context.info(),
        sealed,
        rest,
    )
    .map(Zeroizing::new)
    .map_err(|_| OpenError::DoesNotOpen)?;
    Route::decode(&route).ok_or(OpenError::Route)
}

/// The body in clear: the length, the extrinsic, zeros.
fn extrinsic(envelope: &[u8]) -> Option<Opened> {
    let body = envelope.get(HEADER_BYTES..)?;
    let (length, rest) = body.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (extrinsic, padding) = rest.split_at_checked(length)?;
    padding
        .iter()
        .all(|byte| *byte == 0)
        .then(|| Opened::Deliver {
            extrinsic: extrinsic.to_vec(),
        })
}
