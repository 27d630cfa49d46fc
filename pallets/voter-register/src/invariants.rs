//! What always holds. Executed after every test of every pallet that builds on this one.
//!
//! 1. Every voter's district is one of the election's.
//! 2. Only the election's registrars stand in a record.
//! 3. A voter takes part exactly if a quorum stands behind them.
//! 4. A voter counts as issued exactly if a quorum has issued; more than a quorum never have.
//! 5. Who was issued to takes part.
//! 6. A record that nobody stands behind is kept only for a voter who has taken part before.
//! 7. Dissents are about voters of whom there is a record, in other districts of the election; somebody
//!    stands behind each, and nobody behind two districts.
//! 8. A district's counts are those of its records, and no more than a tally can count.

use alloc::collections::{BTreeMap, BTreeSet};

use frame_support::ensure;
use pallet_elections::Pallet as Elections;
use psephos_primitives::{
    limits::MAX_BALLOTS_PER_DISTRICT,
    register::{Support, VoterRecord},
    DistrictId, ElectionId,
};
use sp_runtime::TryRuntimeError;

use crate::{Config, Counts, Dissents, DistrictCounts, Pallet, Voters};

impl<T: Config> Pallet<T> {
    /// Checks all of them.
    pub fn check_invariants() -> Result<(), TryRuntimeError> {
        let mut recount = BTreeMap::<(ElectionId, DistrictId), Counts>::new();
        for (election, _, record) in Voters::<T>::iter() {
            Self::check_record(election, &record)?;
            let counts = recount.entry((election, record.district)).or_default();
            counts.participating += u32::from(record.participating);
            counts.issued += u32::from(record.issued);
        }
        for (election, voter, dissents) in Dissents::<T>::iter() {
            let record = Voters::<T>::get(election, voter).ok_or("dissents without a record")?;
            ensure!(!dissents.is_empty(), "an empty list of dissents is kept");
            Self::check_dissents(election, &record, &dissents)?;
        }
        for (election, district, counts) in DistrictCounts::<T>::iter() {
            let recounted = recount.remove(&(election, district)).unwrap_or_default();
            ensure!(
                counts == recounted,
                "a district's counts differ from its records"
            );
            ensure!(
                counts.participating <= MAX_BALLOTS_PER_DISTRICT,
                "more voters take part in a district than a tally can count"
            );
        }
        ensure!(
            recount.values().all(|counts| *counts == Counts::default()),
            "a district's voters are not counted"
        );
        Ok(())
    }

    fn check_dissents(
        election: ElectionId,
        record: &VoterRecord,
        dissents: &[Support],
    ) -> Result<(), TryRuntimeError> {
        let terms = Elections::<T>::terms(election).ok_or("a voter is in no election")?;
        let registrars = (1u32 << terms.registrars.len()) - 1;
        let mut named = BTreeSet::from([record.district]);
        let mut standing = record.recorded_by;
        for support in dissents {
            ensure!(
                Elections::<T>::has_district(election, support.district),
                "a dissent's district is none of the election's"
            );
            ensure!(
                named.insert(support.district),
                "two dissents, or one and the record, name a district"
            );
            ensure!(
                support.registrars != 0 && u32::from(support.registrars) & !registrars == 0,
                "nobody stands behind a dissent, or somebody who is no registrar"
            );
            ensure!(
                standing & support.registrars == 0,
                "a registrar stands behind a voter in two districts"
            );
            standing |= support.registrars;
        }
        Ok(())
    }

    fn check_record(election: ElectionId, record: &VoterRecord) -> Result<(), TryRuntimeError> {
        let terms = Elections::<T>::terms(election).ok_or("a voter is in no election")?;
        let quorum = u32::from(terms.quorum);
        let registrars = (1u32 << terms.registrars.len()) - 1;
        ensure!(
            Elections::<T>::has_district(election, record.district),
            "a voter's district is none of the election's"
        );
        ensure!(
            u32::from(record.recorded_by | record.issued_by) & !registrars == 0,
            "a record names a registrar that the election does not have"
        );
        ensure!(
            record.participating == (record.recorded_by.count_ones() >= quorum),
            "a voter takes part without a quorum, or does not with one"
        );
        ensure!(
            record.issued == (record.issued_by.count_ones() >= quorum),
            "a voter counts as issued without a quorum, or does not with one"
        );
        ensure!(
            record.issued_by.count_ones() <= quorum,
            "more than a quorum have issued to a voter"
        );
        ensure!(
            record.issued_by == 0 || record.participating,
            "a credential was issued to a voter who does not take part"
        );
        ensure!(
            record.recorded_by != 0 || record.changed != 0,
            "a record is kept of a voter of whom nothing is known"
        );
        Ok(())
    }
}
