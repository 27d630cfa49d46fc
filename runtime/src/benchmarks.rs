//! Which pallets' weights can be measured.

frame_benchmarking::define_benchmarks!(
    [pallet_elections, Elections]
    [pallet_voter_register, VoterRegister]
    [pallet_key_ceremony, KeyCeremony]
    [pallet_ballot_register, BallotRegister]
);
