use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo, traits::Hooks};
use frame_system::{EventRecord, Phase as BlockPhase, RawOrigin};
use psephos_primitives::{
    hashing::blake2_256, limits::MAX_ELECTIONS_PER_BLOCK, BlockRange, DistrictId, ElectionId, Hash,
    Phase, RegistrarIndex, Text, TrusteeIndex,
};
use sp_runtime::DispatchError;

use crate::{
    event_topic, hooks::OnCreated, mock::*, sample, Call, ElectionCount, Error, Event, WeightInfo,
};

#[test]
fn a_created_election_can_be_read_in_pieces() {
    build_and_execute(|| {
        let manifest = manifest();
        assert_ok!(create(manifest.clone()));

        let terms = Elections::terms(FIRST).expect("it exists");
        assert_eq!(terms.manifest_hash, manifest.hash());
        assert_eq!(terms.created, 1);
        assert_eq!((terms.threshold, terms.quorum), (3, 2));
        assert_eq!(
            terms.trustee_index(&sample::trustee(1)),
            Some(TrusteeIndex(1))
        );
        assert_eq!(
            terms.trustee_index(&sample::trustee(5)),
            Some(TrusteeIndex(5))
        );
        assert_eq!(terms.trustee_index(&sample::registrar(0)), None);
        assert_eq!(
            terms.registrar_index(&sample::registrar(2)),
            Some(RegistrarIndex(2))
        );
        assert_eq!(terms.registrar_index(&sample::trustee(1)), None);
        assert_eq!(
            Elections::context(FIRST, &terms),
            manifest.context(Elections::genesis_hash(), FIRST)
        );

        assert_eq!(
            Elections::district_ids(FIRST).into_inner(),
            [DistrictId(1), DistrictId(2)]
        );
        let second = Elections::district(FIRST, DistrictId(2)).expect("it exists");
        assert_eq!(second.position, 1);
        assert_eq!(
            second.rules.into_inner(),
            [manifest.districts[1].contests[0].rule()]
        );
        let keys: Vec<_> = manifest
            .registrars
            .iter()
            .map(|r| r.keys[1].clone())
            .collect();
        assert_eq!(second.keys.into_inner(), keys);
        assert_eq!(Elections::district(FIRST, DistrictId(3)), None);
        assert!(Elections::has_district(FIRST, DistrictId(1)));
        assert!(!Elections::has_district(ElectionId(2), DistrictId(1)));
        assert_eq!(Elections::manifest(FIRST), Some(manifest));
    });
}

#[test]
fn creation_is_announced_under_the_elections_topic() {
    build_and_execute(|| {
        let manifest_hash = manifest().hash();
        assert_ok!(create(manifest()));
        let created = Event::Created {
            election: FIRST,
            manifest_hash,
        };
        let announced = EventRecord {
            phase: BlockPhase::Initialization,
            event: created.into(),
            topics: vec![event_topic(FIRST)],
        };
        // The officials' new accounts are announced by the system before.
        assert_eq!(System::events().pop(), Some(announced));
        assert_ne!(event_topic(FIRST), event_topic(ElectionId(2)));
        let terms = Elections::terms(FIRST).expect("it exists");
        assert_eq!(Notes::get(), [Note::Created(FIRST, terms)]);
    });
}

#[test]
fn the_topic_is_what_the_specification_says() {
    let preimage = b"psephos/election\x02\x01\x00\x00";
    assert_eq!(
        event_topic(ElectionId(0x102)),
        Hash::from(blake2_256(preimage))
    );
}

#[test]
fn officials_can_send_transactions_and_are_appointed_once() {
    build_and_execute(|| {
        assert_eq!(System::providers(&sample::trustee(1)), 0);
        assert_ok!(create(manifest()));
        assert_ok!(create(manifest()));
        assert_eq!(System::providers(&sample::trustee(1)), 1);
        assert_eq!(System::providers(&sample::registrar(2)), 1);
    });
}

#[test]
fn elections_are_numbered_from_one() {
    build_and_execute(|| {
        assert_eq!(Elections::summary(ElectionId(0)), None);
        assert_ok!(create(manifest()));
        assert_ok!(create(manifest()));
        let summaries = Elections::summaries(ElectionId(0));
        assert_eq!(
            summaries
                .iter()
                .map(|s| s.election.get())
                .collect::<Vec<_>>(),
            [1, 2]
        );
        assert_eq!(Elections::summaries(ElectionId(2)), [summaries[1].clone()]);
        assert_eq!(Elections::summaries(ElectionId(3)), []);
        assert_eq!(summaries[0].phase, Phase::Registration);
        assert_eq!(summaries[0].cancelled, None);
        // The same manifest makes two elections: their numbers tell their proofs apart.
        assert_eq!(summaries[0].manifest_hash, summaries[1].manifest_hash);
    });
}

#[test]
fn summaries_come_a_hundred_at_a_time() {
    build_and_execute(|| {
        for number in 0..101 {
            let mut manifest = manifest();
            manifest.voting = BlockRange {
                start: 20 + number,
                end: 200 + number,
            };
            assert_ok!(create(manifest));
        }
        assert_eq!(Elections::summaries(ElectionId(1)).len(), 100);
        assert_eq!(Elections::summaries(ElectionId(101)).len(), 1);
    });
}

#[test]
fn only_the_consortium_creates_and_cancels() {
    build_and_execute(|| {
        let official = RawOrigin::Signed(sample::trustee(1));
        assert_noop!(
            Elections::create(official.clone().into(), Box::new(manifest())),
            DispatchError::BadOrigin
        );
        assert_ok!(create(manifest()));
        let reason = Text::new("why").expect("a text");
        assert_noop!(
            Elections::cancel(official.into(), FIRST, reason),
            DispatchError::BadOrigin
        );
    });
}

#[test]
fn the_pool_admits_neither_call_from_anybody() {
    build_and_execute(|| {
        let reason = Text::new("why").expect("a text");
        let calls = [
            Call::<Test>::create {
                manifest: Box::new(manifest()),
            },
            Call::<Test>::cancel {
                election: FIRST,
                reason,
            },
        ];
        for call in calls {
            let refused = Elections::admits(&call, &sample::trustee(1));
            assert_eq!(refused, Err(psephos_primitives::Refusal::NotAdmitted));
        }
    });
}

#[test]
fn registration_must_not_lie_in_the_past() {
    build_and_execute(|| {
        run_to(OPENING - 1);
        assert_ok!(create(manifest()));
        run_to(OPENING);
        assert_noop!(create(manifest()), Error::<Test>::ScheduleInThePast);
    });
}

#[test]
fn a_member_of_the_consortium_holds_no_office() {
    for member in [sample::trustee(2), sample::registrar(1)] {
        build_and_execute(|| {
            Members::set(vec![member]);
            assert_noop!(create(manifest()), Error::<Test>::MemberOfConsortium);
        });
    }
}

#[test]
fn an_office_lasts_until_the_last_of_its_elections_has_ended() {
    build_and_execute(|| {
        let official = sample::registrar(0);
        assert!(!Elections::holds_office(&official));
        assert_ok!(create(manifest()));
        assert_ok!(create(manifest()));
        let reason = Text::new("why").expect("a text");
        assert_ok!(Elections::cancel(RawOrigin::Root.into(), FIRST, reason));
        assert!(Elections::holds_office(&official));
        assert!(!Elections::holds_office(&sample::registrar(9)));
        Ready::set(vec![ElectionId(2)]);
        run_to(CLOSING);
        assert!(Elections::holds_office(&official));
        assert_ok!(Elections::publish(ElectionId(2)));
        assert!(!Elections::holds_office(&official));
    });
}

#[test]
fn the_code_must_be_the_chains() {
    build_and_execute(|| {
        let mut manifest = manifest();
        manifest.code_hash = Hash::zero();
        assert_noop!(create(manifest), Error::<Test>::CodeHash);
    });
}

#[test]
fn a_block_opens_so_many_elections_and_no_more() {
    build_and_execute(|| {
        for number in 0..MAX_ELECTIONS_PER_BLOCK {
            let mut manifest = manifest();
            manifest.voting.end += number;
            assert_ok!(create(manifest));
        }
        let mut late = manifest();
        late.voting.end += MAX_ELECTIONS_PER_BLOCK;
        assert_noop!(create(late.clone()), Error::<Test>::OpeningBlockFull);
        // A cancelled election makes room.
        let reason = Text::new("room").expect("a text");
        assert_ok!(Elections::cancel(RawOrigin::Root.into(), FIRST, reason));
        assert_ok!(create(late));
    });
}

#[test]
fn a_block_closes_so_many_elections_and_no_more() {
    build_and_execute(|| {
        for number in 0..MAX_ELECTIONS_PER_BLOCK {
            let mut manifest = manifest();
            manifest.voting.start += number;
            assert_ok!(create(manifest));
        }
        let mut late = manifest();
        late.voting.start += MAX_ELECTIONS_PER_BLOCK;
        assert_noop!(create(late), Error::<Test>::ClosingBlockFull);
    });
}

#[test]
fn numbers_end_some_day() {
    build_and_execute(|| {
        ElectionCount::<Test>::put(u32::MAX);
        assert_noop!(create(manifest()), Error::<Test>::NoNumberLeft);
        ElectionCount::<Test>::kill();
    });
}

#[test]
fn a_calls_weight_follows_its_manifest() {
    let weigh = |manifest: psephos_primitives::Manifest| {
        let call = Call::<Test>::create {
            manifest: Box::new(manifest),
        };
        call.get_dispatch_info().call_weight
    };
    let large = sample::Shape {
        districts: 50,
        ..Default::default()
    };
    let large = weigh(large.manifest(OPENING, CodeHash::get()));
    assert!(large.ref_time() > weigh(manifest()).ref_time());
    let bytes = codec::Encode::encoded_size(&manifest()) as u32;
    let bare = <Test as crate::Config>::WeightInfo::create(2, 8, bytes);
    assert_eq!(weigh(manifest()), bare + <Recorder as OnCreated>::weight());
}

#[test]
fn the_configuration_fits() {
    Elections::integrity_test();
}
