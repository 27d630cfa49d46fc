#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use psephos_primitives::{
    manifest::{Contest, District},
    BlockRange, ElectionId, Hash, Manifest, RevotePolicy, Text,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::layer::{HEADER_BYTES, SLOT_BYTES};

const ADDRESS: &str = "https://relay.example:8443";
const SIZE: EnvelopeSize = EnvelopeSize::Small;

fn context() -> EnvelopeContext {
    EnvelopeContext {
        genesis_hash: Hash::repeat_byte(0x11),
        election: ElectionId(3),
    }
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn relays(count: usize, rng: &mut ChaCha20Rng) -> (Vec<RelayKey>, Vec<String>) {
    let keys = (0..count).map(|_| RelayKey::generate(rng)).collect();
    let addresses = (0..count).map(|i| format!("https://relay-{i}.example"));
    (keys, addresses.collect())
}

fn path<'a>(keys: &[RelayKey], addresses: &'a [String]) -> Vec<Hop<'a>> {
    let hop = |(key, address): (&RelayKey, &'a String)| Hop {
        public_key: key.public_key(),
        address,
    };
    keys.iter().zip(addresses).map(hop).collect()
}

/// Seals, then opens at every relay; the extrinsic that comes out, and what each relay was given.
fn travel(size: EnvelopeSize, hops: usize, extrinsic: &[u8], seed: u64) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut rng = rng(seed);
    let (keys, addresses) = relays(hops, &mut rng);
    let mut envelope = seal(
        &context(),
        size,
        &path(&keys, &addresses),
        extrinsic,
        &mut rng,
    )
    .unwrap();
    let mut seen = vec![envelope.clone()];
    for (position, key) in keys.iter().enumerate() {
        match open(key, &context(), &envelope).unwrap() {
            Opened::Forward {
                address,
                envelope: next,
            } => {
                assert_eq!(address, addresses[position + 1]);
                seen.push(next.clone());
                envelope = next;
            }
            Opened::Deliver { extrinsic } => {
                assert_eq!(position + 1, hops, "delivered before the last relay");
                return (extrinsic, seen);
            }
        }
    }
    panic!("the last relay did not deliver");
}

fn one_hop(seed: u64) -> (RelayKey, Vec<u8>) {
    let mut rng = rng(seed);
    let key = RelayKey::generate(&mut rng);
    let hop = Hop {
        public_key: key.public_key(),
        address: ADDRESS,
    };
    let envelope = seal(&context(), SIZE, &[hop], b"ballot", &mut rng).unwrap();
    (key, envelope)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_arrives_over_any_path_and_every_hop_sees_one_size(
        hops in 1..=MAX_HOPS,
        extrinsic in proptest::collection::vec(any::<u8>(), 0..=SIZE.capacity()),
        seed: u64,
    ) {
        let (arrived, seen) = travel(SIZE, hops, &extrinsic, seed);
        prop_assert_eq!(arrived, extrinsic);
        prop_assert_eq!(seen.len(), hops);
        prop_assert!(seen.iter().all(|envelope| envelope.len() == SIZE.bytes()));
    }

    #[test]
    fn a_changed_bit_is_noticed_by_the_next_relay(bit in 0..SIZE.bytes() * 8) {
        let (key, mut envelope) = one_hop(1);
        envelope[bit / 8] ^= 1 << (bit % 8);
        // The highest bit of an X25519 key is not part of it, but HPKE hashes it.
        prop_assert_eq!(open(&key, &context(), &envelope), Err(OpenError::DoesNotOpen));
    }

    #[test]
    fn anything_at_all_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..5_000)) {
        let key = RelayKey::generate(&mut rng(2));
        let expected = match EnvelopeSize::of_length(bytes.len()) {
            None => OpenError::Size(bytes.len()),
            Some(_) => OpenError::DoesNotOpen,
        };
        prop_assert_eq!(open(&key, &context(), &bytes), Err(expected));
    }
}

#[test]
fn every_size_travels_full_over_the_longest_path() {
    for size in EnvelopeSize::ALL {
        let extrinsic = vec![0xa5; size.capacity()];
        let (arrived, seen) = travel(size, MAX_HOPS, &extrinsic, 3);
        assert_eq!(arrived, extrinsic);
        assert!(seen.iter().all(|envelope| envelope.len() == size.bytes()));
    }
}

#[test]
fn envelopes_of_one_ballot_share_no_bytes_from_hop_to_hop() {
    let (_, seen) = travel(SIZE, MAX_HOPS, &[0; 100], 4);
    for (position, one) in seen.iter().enumerate() {
        for other in &seen[position + 1..] {
            let parts = |envelope: &[u8]| -> Vec<[u8; 16]> {
                let chunks = envelope.chunks_exact(16);
                chunks.map(|chunk| chunk.try_into().unwrap()).collect()
            };
            let (one, other) = (parts(one), parts(other));
            assert!(one.iter().all(|part| !other.contains(part)));
        }
    }
}

#[test]
fn opening_twice_gives_the_same() {
    let mut rng = rng(5);
    let (keys, addresses) = relays(2, &mut rng);
    let envelope = seal(
        &context(),
        SIZE,
        &path(&keys, &addresses),
        b"ballot",
        &mut rng,
    )
    .unwrap();
    assert!(open(&keys[0], &context(), &envelope) == open(&keys[0], &context(), &envelope));
    assert_eq!(
        open(&keys[1], &context(), &envelope),
        Err(OpenError::DoesNotOpen)
    );
}

#[test]
fn sealing_twice_gives_nothing_in_common() {
    let mut rng = rng(6);
    let (keys, addresses) = relays(1, &mut rng);
    let path = path(&keys, &addresses);
    let one = seal(&context(), SIZE, &path, b"ballot", &mut rng).unwrap();
    let other = seal(&context(), SIZE, &path, b"ballot", &mut rng).unwrap();
    let same = one.iter().zip(&other).filter(|(a, b)| a == b).count();
    // One byte in 256 is the same by chance: 16 of 4096, and never 60.
    assert!(same < 60, "{same} bytes are the same");
}

#[test]
fn a_relay_that_changes_what_it_passes_on_is_found_out_by_the_next() {
    let mut rng = rng(7);
    let (keys, addresses) = relays(3, &mut rng);
    let envelope = seal(
        &context(),
        SIZE,
        &path(&keys, &addresses),
        b"ballot",
        &mut rng,
    )
    .unwrap();
    let Opened::Forward { mut envelope, .. } = open(&keys[0], &context(), &envelope).unwrap()
    else {
        panic!("the first of three forwards");
    };
    // The slot that the first relay appended itself, and nobody ever opens.
    envelope[HEADER_BYTES - 1] ^= 1;
    assert_eq!(
        open(&keys[1], &context(), &envelope),
        Err(OpenError::DoesNotOpen)
    );
}

#[test]
fn another_key_and_other_lengths_do_not_open() {
    let (key, envelope) = one_hop(8);
    let other = RelayKey::generate(&mut rng(9));
    assert_eq!(
        open(&other, &context(), &envelope),
        Err(OpenError::DoesNotOpen)
    );
    let cut = &envelope[..SIZE.bytes() - 1];
    assert_eq!(
        open(&key, &context(), cut),
        Err(OpenError::Size(SIZE.bytes() - 1))
    );
    let longer = [envelope.as_slice(), &[0]].concat();
    assert_eq!(
        open(&key, &context(), &longer),
        Err(OpenError::Size(SIZE.bytes() + 1))
    );
    let mut in_a_larger = envelope;
    in_a_larger.resize(EnvelopeSize::Medium.bytes(), 0);
    assert_eq!(
        open(&key, &context(), &in_a_larger),
        Err(OpenError::DoesNotOpen)
    );
    assert_eq!(open(&key, &context(), &[]), Err(OpenError::Size(0)));
}

#[test]
fn an_envelope_of_another_election_or_chain_does_not_open_with_the_same_key() {
    let (key, envelope) = one_hop(14);
    let here = context();
    let others = [
        EnvelopeContext {
            election: ElectionId(here.election.get() + 1),
            ..here
        },
        // The same number with its bytes in another order.
        EnvelopeContext {
            election: ElectionId(here.election.get().swap_bytes()),
            ..here
        },
        EnvelopeContext {
            genesis_hash: Hash::repeat_byte(0x12),
            ..here
        },
    ];
    for other in others {
        let opened = open(&key, &other, &envelope);
        assert_eq!(opened, Err(OpenError::DoesNotOpen), "{other:?}");
    }
    assert!(open(&key, &here, &envelope).is_ok());
}

#[test]
fn no_hop_of_a_path_opens_an_envelope_of_another_election() {
    let mut rng = rng(15);
    let (keys, addresses) = relays(2, &mut rng);
    let envelope = seal(
        &context(),
        SIZE,
        &path(&keys, &addresses),
        b"ballot",
        &mut rng,
    )
    .unwrap();
    let Opened::Forward { envelope, .. } = open(&keys[0], &context(), &envelope).unwrap() else {
        panic!("the first of two forwards");
    };
    let other = EnvelopeContext {
        election: ElectionId(4),
        ..context()
    };
    let opened = open(&keys[1], &other, &envelope);
    assert_eq!(opened, Err(OpenError::DoesNotOpen));
}

#[test]
fn a_path_or_extrinsic_beyond_the_limits_is_not_sealed() {
    let mut rng = rng(10);
    let (keys, addresses) = relays(MAX_HOPS + 1, &mut rng);
    let mut path = path(&keys, &addresses);
    let mut sealed =
        |path: &[Hop<'_>], extrinsic: &[u8]| seal(&context(), SIZE, path, extrinsic, &mut rng);
    assert_eq!(sealed(&[], b""), Err(SealError::NoHops));
    assert_eq!(sealed(&path, b""), Err(SealError::TooManyHops(6)));
    path.pop();
    let most = SIZE.capacity();
    let expected = SealError::TooLong {
        found: most + 1,
        most,
    };
    assert_eq!(sealed(&path, &vec![0; most + 1]), Err(expected));
    let longest = "x".repeat(MAX_ADDRESS_BYTES);
    path[3].address = &longest;
    assert!(sealed(&path, b"").is_ok());
    let too_long = "x".repeat(MAX_ADDRESS_BYTES + 1);
    path[3].address = &too_long;
    assert_eq!(sealed(&path, b""), Err(SealError::Address(3)));
    path[3].address = "";
    assert_eq!(sealed(&path, b""), Err(SealError::Address(3)));
    path[3].address = ADDRESS;
    path[2].public_key = [0; 32];
    assert_eq!(sealed(&path, b""), Err(SealError::PublicKey(2)));
}

#[test]
fn a_key_is_kept_and_read_again_and_never_printed() {
    let key = RelayKey::generate(&mut rng(11));
    let again = RelayKey::from_bytes(&key.to_bytes()).unwrap();
    assert_eq!(again.public_key(), key.public_key());
    assert_eq!(format!("{key:?}"), "RelayKey(…)");
    let (key, envelope) = one_hop(12);
    let opened = open(&key, &context(), &envelope).unwrap();
    assert_eq!(format!("{opened:?}"), "Deliver(…)");
}

fn text(words: &str) -> Text {
    Text::new(words).unwrap()
}

fn manifest(contests: &[(usize, u8, u8)]) -> Manifest {
    let contest = |(id, (options, min, max)): (usize, &(usize, u8, u8))| Contest {
        id: (id as u32 + 1).into(),
        title: text("t"),
        options: vec![text("o"); *options].try_into().unwrap(),
        min_selections: *min,
        max_selections: *max,
        blank_allowed: false,
    };
    let contests: Vec<_> = contests.iter().enumerate().map(contest).collect();
    let district = District {
        id: 1.into(),
        name: text("d"),
        contests: contests.try_into().unwrap(),
    };
    Manifest {
        title: text("e"),
        districts: vec![district].try_into().unwrap(),
        trustees: Default::default(),
        threshold: 2,
        registrars: Default::default(),
        quorum: 2,
        registration: BlockRange { start: 1, end: 2 },
        voting: BlockRange { start: 3, end: 4 },
        ceremony_stage: 1,
        revote: RevotePolicy::Forbidden,
        minimum_ballots: 1,
        relay_delay: 0,
        code_hash: Default::default(),
    }
}

#[test]
fn an_election_has_the_smallest_size_that_its_longest_ballot_fits_into() {
    let size = |contests: &[(usize, u8, u8)]| EnvelopeSize::of_election(&manifest(contests));
    assert_eq!(size(&[(5, 1, 1)]), EnvelopeSize::Small);
    assert_eq!(size(&[(10, 1, 1)]), EnvelopeSize::Medium);
    assert_eq!(size(&[(64, 1, 5)]), EnvelopeSize::Large);
    assert_eq!(size(&[(64, 0, 63); 16]), EnvelopeSize::Huge);
    for size in EnvelopeSize::ALL {
        assert_eq!(EnvelopeSize::holding(size.capacity()), Some(size));
        assert_eq!(EnvelopeSize::of_length(size.bytes()), Some(size));
    }
    let most = EnvelopeSize::Huge.capacity();
    assert_eq!(EnvelopeSize::holding(most + 1), None);
    const { assert!(SLOT_BYTES > MAX_ADDRESS_BYTES) };
}
