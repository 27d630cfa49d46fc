//! What a sender does.

use hpke::{
    aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::X25519HkdfSha256, Deserializable, Kem, OpModeS,
    Serializable,
};
use rand_core::{CryptoRng, RngCore};

use crate::{
    key::Modern,
    layer::{
        apply_stream, Route, StreamKey, ENCAPSULATED_BYTES, HEADER_BYTES, LENGTH_BYTES,
        MAX_ADDRESS_BYTES, MAX_HOPS, ROUTE_BYTES, SLOT_BYTES,
    },
    EnvelopeContext, EnvelopeSize,
};

/// A relay on the path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hop<'a> {
    /// Its X25519 key.
    pub public_key: [u8; 32],
    /// Where it is. That of the first relay does not enter the envelope.
    pub address: &'a str,
}

/// Why an extrinsic is not sealed. The position counts relays from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealError {
    /// A path needs a relay.
    #[error("the path has no relay")]
    NoHops,
    /// More relays than an envelope has slots.
    #[error("the path has {0} relays, more than {MAX_HOPS}")]
    TooManyHops(usize),
    /// An address that is empty or does not fit into a slot.
    #[error("the address of relay {0} must have 1 to {MAX_ADDRESS_BYTES} bytes")]
    Address(usize),
    /// A key of low order, or none at all.
    #[error("the key of relay {0} is no X25519 public key that can be sealed to")]
    PublicKey(usize),
    /// Longer than an envelope of this size holds.
    #[error("the extrinsic has {found} bytes, more than the {most} that the envelope holds")]
    TooLong {
        /// Bytes of the extrinsic.
        found: usize,
        /// Bytes that there is room for.
        most: usize,
    },
}

/// Seals an extrinsic for a path of relays, the first of which it is to be given (PSE-RLY-4).
pub fn seal(
    context: &EnvelopeContext,
    size: EnvelopeSize,
    path: &[Hop<'_>],
    extrinsic: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<u8>, SealError> {
    check(size, path, extrinsic)?;
    let keys: Vec<_> = path.iter().map(|_| draw_key(rng)).collect();
    let mut envelope = innermost(size, &keys, extrinsic, rng);
    // From the last relay to the first, each layer around the next one's envelope.
    for (position, (hop, key)) in path.iter().zip(&keys).enumerate().rev() {
        // To this relay the stream is what turns its envelope, shifted by a slot, into the next.
        apply_stream(key, &mut envelope);
        envelope.copy_within(..HEADER_BYTES - SLOT_BYTES, SLOT_BYTES);
        let next = path.get(position + 1).map(|next| next.address);
        let route = Route::encode(key, next).ok_or(SealError::Address(position + 1))?;
        seal_slot(context, &hop.public_key, &route, &mut envelope, rng)
            .ok_or(SealError::PublicKey(position))?;
    }
    Ok(envelope)
}

fn check(size: EnvelopeSize, path: &[Hop<'_>], extrinsic: &[u8]) -> Result<(), SealError> {
    if path.is_empty() {
        return Err(SealError::NoHops);
    }
    if path.len() > MAX_HOPS {
        return Err(SealError::TooManyHops(path.len()));
    }
    let fits = |hop: &Hop<'_>| (1..=MAX_ADDRESS_BYTES).contains(&hop.address.len());
    if let Some(position) = path.iter().position(|hop| !fits(hop)) {
        return Err(SealError::Address(position));
    }
    let (found, most) = (extrinsic.len(), size.capacity());
    if found > most {
        return Err(SealError::TooLong { found, most });
    }
    Ok(())
}

fn draw_key(rng: &mut (impl RngCore + CryptoRng)) -> StreamKey {
    let mut key = StreamKey::default();
    rng.fill_bytes(key.as_mut_slice());
    key
}

/// What the last relay finds under its layer: slots that nobody opens, and the extrinsic in clear.
///
/// Its last slots are not free: they are what the relays before make of the empty slots that they
/// append. Those in front of them are drawn at random, and the last relay cannot tell them apart.
fn innermost(
    size: EnvelopeSize,
    keys: &[StreamKey],
    extrinsic: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> Vec<u8> {
    let mut envelope = vec![0; size.bytes()];
    for key in keys {
        let header = &mut envelope[..HEADER_BYTES];
        header.copy_within(SLOT_BYTES.., 0);
        header[HEADER_BYTES - SLOT_BYTES..].fill(0);
        apply_stream(key, header);
    }
    let unused = HEADER_BYTES - keys.len() * SLOT_BYTES;
    rng.fill_bytes(&mut envelope[..unused]);
    let (length, rest) = envelope[HEADER_BYTES..].split_at_mut(LENGTH_BYTES);
    length.copy_from_slice(&(extrinsic.len() as u32).to_le_bytes());
    rest[..extrinsic.len()].copy_from_slice(extrinsic);
    envelope
}

/// `None` where the key is none that can be sealed to.
fn seal_slot(
    context: &EnvelopeContext,
    public_key: &[u8; 32],
    route: &[u8; ROUTE_BYTES],
    envelope: &mut [u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> Option<()> {
    let public_key = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(public_key).ok()?;
    let (slot, rest) = envelope.split_at_mut(SLOT_BYTES);
    let (encapsulated, sealed) =
        hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &public_key,
            &context.info(),
            route,
            rest,
            &mut Modern(rng),
        )
        .ok()?;
    let (head, tail) = slot.split_at_mut(ENCAPSULATED_BYTES);
    head.copy_from_slice(&encapsulated.to_bytes());
    tail.copy_from_slice(&sealed);
    Some(())
}
