//! Weights: that the heaviest fits, and that what is declared is never more than a call may weigh.

use super::officials::{Election, Plan};
use crate::{mock::*, weights, CastCounts, WeightInfo};
use frame_support::{
    assert_ok,
    dispatch::{DispatchClass, GetDispatchInfo},
    weights::Weight,
};
use psephos_primitives::{limits::MAX_BALLOTS_PER_DISTRICT, tally::DistrictShares, DistrictId};

#[test]
fn the_heaviest_calls_fit_into_the_runtimes_blocks() {
    weights::assert_that_the_heaviest_calls_fit::<Test>();
}

#[test]
fn shares_are_operational_and_never_too_heavy() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        assert_ok!(election.vote(1, 1, &[&[1]]).cast());
        election.close();
        let call = |shares: usize| crate::Call::<Test>::submit_shares {
            election: election.id,
            district: DistrictId(1),
            shares: DistrictShares::truncate_from(vec![election.shares(1, 1)[0]; shares]),
        };
        let small = call(3).get_dispatch_info();
        assert_eq!(small.class, DispatchClass::Operational);
        CastCounts::<Test>::insert(election.id, DistrictId(1), MAX_BALLOTS_PER_DISTRICT);
        let large = call(1024).get_dispatch_info();
        CastCounts::<Test>::insert(election.id, DistrictId(1), 1);
        let most = Weights::get()
            .get(DispatchClass::Operational)
            .max_extrinsic
            .expect("limited");
        assert!(large.call_weight.ref_time() < most.ref_time());
        assert!(small.call_weight.ref_time() < large.call_weight.ref_time());
    });
}

#[test]
fn a_block_holds_some_hundred_ballots_of_five_options() {
    let ballot = <Test as crate::Config>::WeightInfo::cast(1, 1, 5, 2);
    let most = Weights::get()
        .get(DispatchClass::Normal)
        .max_total
        .expect("limited");
    let ballots = most.ref_time() / ballot.ref_time();
    println!("1-of-5 ballots that a block can hold by weight: {ballots}");
    assert!(ballots >= 300, "{ballots}");
    assert_eq!(
        <Test as crate::Config>::WeightInfo::discard(0).saturating_sub(Weight::MAX),
        Weight::zero()
    );
}
