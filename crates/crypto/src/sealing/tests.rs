//! Envelopes and complaints.
#![allow(clippy::unwrap_used)]

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::{
    fixture::{context, EPOCH},
    key_ceremony::trustee::{Seat, SecretShare},
};

/// A share from trustee 1 to trustee 2.
struct Dealt {
    rng: ChaCha20Rng,
    package: Package,
    share: SecretShare,
    key: SealingKey,
}

impl Dealt {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let seat = |trustee| Seat {
            context: context(),
            epoch: EPOCH,
            trustee,
        };
        let (secret, package) = seat(1).commit(2, 2, &mut rng).unwrap();
        let (_, other) = seat(2).commit(2, 2, &mut rng).unwrap();
        let (_, mut shares) = seat(1).deal(secret, &[(1, &package), (2, &other)]).unwrap();
        let (_, share) = shares.remove(0);
        let key = SealingKey::generate(&mut rng);
        Self {
            rng,
            package,
            share,
            key,
        }
    }

    fn seal(&mut self, share: &SecretShare) -> SealedShare {
        let envelope = Envelope {
            context: &CONTEXT,
            epoch: EPOCH,
            dealer: 1,
            recipient: 2,
            dealer_package: &self.package,
        };
        seal(&envelope, &self.key.public_key(), share, &mut self.rng).unwrap()
    }
}

const CONTEXT: Context = Context {
    genesis_hash: [0x11; 32],
    election: 3,
    manifest_hash: [0x33; 32],
};

#[test]
fn a_sealed_share_opens_for_its_recipient() {
    let mut dealt = Dealt::new(30);
    let sealed = dealt.seal(&dealt.share.clone());
    let envelope = Envelope {
        context: &CONTEXT,
        epoch: EPOCH,
        dealer: 1,
        recipient: 2,
        dealer_package: &dealt.package,
    };
    assert_eq!(
        open(&envelope, &dealt.key, &sealed),
        Ok(dealt.share.clone())
    );
    let restored = SealingKey::from_bytes(&dealt.key.to_bytes());
    assert_eq!(open(&envelope, &restored, &sealed), Ok(dealt.share.clone()));
    assert_eq!(format!("{restored:?}"), "SealingKey(<redacted>)");
}

#[test]
fn a_sealed_share_opens_for_nothing_else() {
    let mut dealt = Dealt::new(31);
    let sealed = dealt.seal(&dealt.share.clone());
    let other_key = SealingKey::generate(&mut dealt.rng);
    let other_package = Dealt::new(32).package;
    let envelope = Envelope {
        context: &CONTEXT,
        epoch: EPOCH,
        dealer: 1,
        recipient: 2,
        dealer_package: &dealt.package,
    };
    let refused = Err(SealingError::DoesNotOpen);
    assert_eq!(open(&envelope, &other_key, &sealed), refused);
    for context in [
        Context {
            genesis_hash: [0x12; 32],
            ..CONTEXT
        },
        Context {
            election: 4,
            ..CONTEXT
        },
        Context {
            manifest_hash: [0x34; 32],
            ..CONTEXT
        },
    ] {
        let other = Envelope {
            context: &context,
            ..envelope
        };
        assert_eq!(open(&other, &dealt.key, &sealed), refused);
    }
    for other in [
        Envelope {
            epoch: EPOCH + 1,
            ..envelope
        },
        Envelope {
            dealer: 3,
            ..envelope
        },
        Envelope {
            recipient: 1,
            ..envelope
        },
        Envelope {
            dealer_package: &other_package,
            ..envelope
        },
    ] {
        assert_eq!(open(&other, &dealt.key, &sealed), refused);
    }
    let mut tampered = sealed;
    tampered.ciphertext[40] ^= 1;
    assert_eq!(open(&envelope, &dealt.key, &tampered), refused);
    let mut tampered = sealed;
    tampered.encapsulated_key = [0; 32];
    assert_eq!(open(&envelope, &dealt.key, &tampered), refused);
}

#[test]
fn complaints_are_judged() {
    let mut dealt = Dealt::new(33);
    let right = dealt.seal(&dealt.share.clone());
    let wrong = dealt.seal(&SecretShare::from_bytes([1; 32]));
    let not_canonical = dealt.seal(&SecretShare::from_bytes([0xff; 32]));
    let mut garbage = right;
    garbage.ciphertext = [0; 48];
    let other_key = SealingKey::generate(&mut dealt.rng);
    let envelope = Envelope {
        context: &CONTEXT,
        epoch: EPOCH,
        dealer: 1,
        recipient: 2,
        dealer_package: &dealt.package,
    };
    let registered = dealt.key.public_key();
    let judge = |disclosed: &SealingKey, sealed| {
        judge_complaint(&envelope, &disclosed.to_bytes(), &registered, sealed)
    };
    assert_eq!(judge(&dealt.key, &right), Verdict::ComplainerAtFault);
    assert_eq!(judge(&dealt.key, &wrong), Verdict::DealerAtFault);
    assert_eq!(judge(&dealt.key, &not_canonical), Verdict::DealerAtFault);
    assert_eq!(judge(&dealt.key, &garbage), Verdict::DealerAtFault);
    assert_eq!(judge(&other_key, &wrong), Verdict::ComplainerAtFault);
    assert_eq!(judge(&other_key, &garbage), Verdict::ComplainerAtFault);
    assert_eq!(
        open(&envelope, &dealt.key, &wrong),
        Err(SealingError::WrongShare)
    );
    assert_eq!(
        open(&envelope, &dealt.key, &not_canonical),
        Err(SealingError::WrongShare)
    );
}

/// Attack 2 on X25519: points of low order, on the curve and on its twist, and second encodings.
#[test]
fn bad_public_keys_are_refused() {
    let mut dealt = Dealt::new(34);
    assert_eq!(validate_public_key(&dealt.key.public_key()), Ok(()));
    let one = {
        let mut one = [0; 32];
        one[0] = 1;
        one
    };
    let order_eight = [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ];
    let minus_one = {
        let mut bytes = [0xff; 32];
        bytes[0] = 0xec;
        bytes[31] = 0x7f;
        bytes
    };
    for low_order in [[0; 32], one, minus_one, order_eight] {
        assert_eq!(
            validate_public_key(&low_order),
            Err(SealingError::LowOrderPublicKey)
        );
    }
    let mut high_bit = dealt.key.public_key();
    high_bit[31] |= 0x80;
    let modulus = {
        let mut bytes = minus_one;
        bytes[0] = 0xed;
        bytes
    };
    for encoding in [high_bit, modulus, [0xff; 32]] {
        assert_eq!(
            validate_public_key(&encoding),
            Err(SealingError::PublicKeyEncoding)
        );
        let envelope = Envelope {
            context: &CONTEXT,
            epoch: EPOCH,
            dealer: 1,
            recipient: 2,
            dealer_package: &dealt.package,
        };
        assert_eq!(
            seal(&envelope, &encoding, &dealt.share, &mut dealt.rng),
            Err(SealingError::PublicKeyEncoding)
        );
    }
}

/// The right share in another encoding, its value plus ℓ, is not the right share.
#[test]
fn a_share_has_one_encoding() {
    let mut dealt = Dealt::new(35);
    let mut bytes = *dealt.share.as_bytes();
    let minus_one = curve25519_dalek::Scalar::ZERO - curve25519_dalek::Scalar::ONE;
    let mut carry = 1;
    for (byte, of_order) in bytes.iter_mut().zip(minus_one.to_bytes()) {
        let sum = u16::from(*byte) + u16::from(of_order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    let sealed = dealt.seal(&SecretShare::from_bytes(bytes));
    let envelope = Envelope {
        context: &CONTEXT,
        epoch: EPOCH,
        dealer: 1,
        recipient: 2,
        dealer_package: &dealt.package,
    };
    assert_eq!(
        open(&envelope, &dealt.key, &sealed),
        Err(SealingError::WrongShare)
    );
}
