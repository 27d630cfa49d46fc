//! What voters' devices and relays read.

use std::sync::LazyLock;

use psephos_crypto::transcript::Context;
use psephos_crypto_wasm::{challenge::OpenedBallot, credential::OneTimeKey};
use psephos_envelope::{
    open, seal, EnvelopeContext, EnvelopeSize, Hop, OpenError, Opened, RelayKey, SealError,
    MAX_ADDRESS_BYTES,
};
use psephos_primitives::ElectionId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::{
    vectors::{case, File},
    Verdict,
};

struct HonestEnvelope {
    key: RelayKey,
    context: EnvelopeContext,
    bytes: Vec<u8>,
}

static ENVELOPE: LazyLock<HonestEnvelope> = LazyLock::new(|| {
    let case = case(File::Envelope, "the first of three relays");
    HonestEnvelope {
        key: RelayKey::from_bytes(&case.array("secret_key")).expect("is a key"),
        context: EnvelopeContext {
            genesis_hash: case.array::<32>("genesis_hash").into(),
            election: ElectionId(case.number("election")),
        },
        bytes: case.bytes("envelope"),
    }
});

/// Envelopes: one that opens is the sender's own. Other bytes are an address and an extrinsic, which
/// come out of an envelope as they were sealed.
pub fn envelope(bytes: &[u8]) -> Verdict {
    let honest = &*ENVELOPE;
    let opened = open(&honest.key, &honest.context, bytes);
    assert_eq!(opened.is_ok(), bytes == honest.bytes);
    if !matches!(opened, Err(OpenError::Size(_))) {
        return Verdict::of(&opened);
    }
    match bytes.split_first() {
        Some((length, rest)) => sealed_and_opened(usize::from(*length), rest),
        None => Verdict::Refused,
    }
}

/// Through two relays; the address of the second has so many bytes.
fn sealed_and_opened(length: usize, bytes: &[u8]) -> Verdict {
    let Some((address, extrinsic)) = bytes.split_at_checked(length) else {
        return Verdict::Refused;
    };
    let Ok(address) = core::str::from_utf8(address) else {
        return Verdict::Refused;
    };
    let mut rng = ChaCha20Rng::seed_from_u64(9180);
    let second = RelayKey::generate(&mut rng);
    let (honest, size) = (&*ENVELOPE, EnvelopeSize::Small);
    let hop = |key: &RelayKey, address| Hop {
        public_key: key.public_key(),
        address,
    };
    let path = [
        hop(&honest.key, "https://one.example"),
        hop(&second, address),
    ];
    let sealed = match seal(&honest.context, size, &path, extrinsic, &mut rng) {
        Ok(sealed) => sealed,
        Err(SealError::Address(1)) => {
            assert!(!(1..=MAX_ADDRESS_BYTES).contains(&length));
            return Verdict::Refused;
        }
        Err(SealError::TooLong { found, most }) => {
            assert!(found == extrinsic.len() && most == size.capacity() && found > most);
            return Verdict::Refused;
        }
        Err(error) => panic!("{error}"),
    };
    let forward = open(&honest.key, &honest.context, &sealed).expect("was sealed to this key");
    let Opened::Forward {
        address: next,
        envelope,
    } = forward
    else {
        panic!("the first of two relays delivers")
    };
    assert_eq!((next.as_str(), envelope.len()), (address, size.bytes()));
    assert_eq!(
        open(&honest.key, &honest.context, &envelope),
        Err(OpenError::DoesNotOpen)
    );
    let delivered = open(&second, &honest.context, &envelope).expect("was sealed to this key");
    let extrinsic = extrinsic.to_vec();
    assert_eq!(delivered, Opened::Deliver { extrinsic });
    Verdict::Accepted
}

/// Opened ballots: what is read is written as it was, but for white space and the case of digits; the
/// check ends, and shows each option of the ballot paper.
pub fn opened_ballot(bytes: &[u8]) -> Verdict {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return Verdict::Refused;
    };
    let Ok(opened) = OpenedBallot::from_text(text) else {
        return Verdict::Refused;
    };
    let written = opened.to_text();
    assert!(written.eq_ignore_ascii_case(text.trim()));
    let checked = opened.check();
    if let Ok(checked) = &checked {
        let options = checked.contests.iter().map(|contest| contest.options.len());
        let selections = opened.selections.iter().map(Vec::len);
        assert!(options.eq(selections));
        assert_eq!(checked.election, opened.election.get());
    }
    Verdict::of(&checked)
}

/// The election that secrets are kept for.
pub const KEPT_FOR: Context = Context {
    genesis_hash: [0x11; 32],
    election: 3,
    manifest_hash: [0x33; 32],
};

/// Kept secrets: what is taken up is kept, and taken up, again.
pub fn kept_secrets(bytes: &[u8]) -> Verdict {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return Verdict::Refused;
    };
    let taken_up = OneTimeKey::take_up(&KEPT_FOR, text);
    if let Ok(key) = &taken_up {
        let kept = key.keep();
        let again = OneTimeKey::take_up(&KEPT_FOR, &kept).expect("was kept here");
        assert_eq!(again.account(), key.account());
        assert_eq!(again.keep().as_str(), kept.as_str());
    }
    Verdict::of(&taken_up)
}
