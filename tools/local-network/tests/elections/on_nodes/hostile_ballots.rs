//! Ballots that must not count: each is refused at the pool, with its reason, and the election goes
//! on. For every one there is a ballot beside it that differs in one thing and is accepted.

mod observers;

use std::time::Duration;

use codec::{Decode, Encode};
use psephos::voter::{CastExtrinsic, CredentialHolder};
use psephos_client::{Error, Node};
use psephos_local_network::{Pace, PollingStation};
use psephos_primitives::{
    wire::{
        BallotRegisterCall, Call, ConsortiumCall, ElectionsCall, Extra, Extrinsic, TimestampCall,
    },
    Ballot, Credential, DistrictId, ElectionId, Phase, Refusal, Text,
};
use sp_runtime::generic::Era;
use tokio::time::{sleep, Instant};

use crate::scene::{two_districts, voters, write, Scene};

const NORTH: DistrictId = DistrictId(1);
const SOUTH: DistrictId = DistrictId(2);
/// What is left in the end: the ballots of Alice, Bob and Carol.
const VOTES: &str = "district,selections\n1,1\n1,2\n2,3|2\n";

fn one_of_three(option: usize) -> Vec<Vec<bool>> {
    vec![(1..=3).map(|number| number == option).collect()]
}

/// JSON-RPC code of a transaction that was just in a block, or just refused: the pool does not look
/// at the same bytes again for twelve seconds, and then until the next block.
const TEMPORARILY_BANNED: i32 = 1012;
/// Longer than the ban and a late block: the pool keeps a ban for every fork, a question renews
/// those that are over, and whoever asks more often finds one of them for ever.
const RETRY: Duration = Duration::from_secs(20);
/// Several questions, for blocks that are very late.
const BAN: Duration = Duration::from_secs(90);

/// What the pool says.
async fn pool(node: &Node, extrinsic: &[u8]) -> Result<(), Refusal> {
    let deadline = Instant::now() + BAN;
    let answer = loop {
        match node.submit(extrinsic).await {
            Err(Error::Rpc {
                code: TEMPORARILY_BANNED,
                ..
            }) if Instant::now() < deadline => sleep(RETRY).await,
            answer => break answer,
        }
    };
    match answer {
        Ok(_) => Ok(()),
        Err(Error::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("neither accepted nor refused for a reason of ours: {other}"),
    }
}

#[tokio::test]
async fn only_what_is_lawful_gets_past_the_pool() {
    let pace = Pace {
        voting_blocks: Some(80),
        ..Pace::default()
    };
    let scene = Scene::open("hostile-ballots", 1, &two_districts(3, 2), pace, &[]).await;
    let register = voters(&[1, 1, 2, 1, 1, 2]);
    let (station, holders) = scene.open_polls(&register).await;
    let [alice, bob, carol, mallory, late, dave] = <[CredentialHolder; 6]>::try_from(holders)
        .unwrap_or_else(|holders| panic!("{} voters", holders.len()));

    let ballots = BallotBox {
        station: &station,
        node: scene.election.node().clone(),
    };
    let mut subscriptions = observers::Subscriptions::open(&scene.election).await;
    let first = ballots.cast(&alice, &one_of_three(1)).await;
    ballots.refuses_copies(&mallory, &first).await;
    ballots.refuses_repetitions(&alice, &first).await;
    ballots
        .refuses_wrong_credentials(&mallory, &alice, &dave)
        .await;
    ballots.refuses_wrong_ballots(&mallory).await;
    ballots.refuses_everything_else(&mallory).await;
    // Whoever was attacked, or attacked, and has a credential, can still vote.
    let second = ballots.cast(&bob, &one_of_three(2)).await;
    let third = ballots
        .cast(&carol, &[one_of_three(3), vec![vec![false, true]]].concat())
        .await;
    let casts = [&first, &second, &third];
    subscriptions.see(&casts.map(|cast| cast.tracker)).await;
    observers::ask_during_voting(&scene.election, &casts).await;
    observers::ask_for_metrics(&scene.network).await;

    let prepared = late
        .cast(&station.election, &one_of_three(1), 0)
        .expect("can be made");
    scene
        .election
        .wait_for_phase(Phase::Tallying, Pace::PATIENCE)
        .await
        .expect("voting ends");
    assert_eq!(
        pool(&ballots.node, &prepared.encoded).await,
        Err(Refusal::NotVoting)
    );
    let votes = write(&scene.folder, "votes.csv", VOTES);
    scene.conclude(&votes).await;
    subscriptions.see_the_end().await;
    observers::ask_after_publication(&scene.election).await;
    assert_eq!(
        pool(&ballots.node, &prepared.encoded).await,
        Err(Refusal::ElectionOver)
    );
}

struct BallotBox<'a> {
    station: &'a PollingStation<'a>,
    node: Node,
}

impl BallotBox<'_> {
    async fn pool(&self, extrinsic: &CastExtrinsic) -> Result<(), Refusal> {
        pool(&self.node, &extrinsic.encoded).await
    }

    /// What the platform says, in its own words, of what our rules are not even asked about.
    async fn platform(&self, extrinsic: &[u8]) -> Result<(), String> {
        let answer = self.node.submit(extrinsic).await;
        answer.map(|_| ()).map_err(|error| error.to_string())
    }

    fn ballot(&self, voter: &CredentialHolder, selections: &[Vec<bool>]) -> Ballot {
        let election = &self.station.election;
        election
            .ballot(voter.district, voter.signer.account(), selections)
            .expect("can be made")
    }

    fn signed(&self, voter: &CredentialHolder, ballot: &Ballot) -> CastExtrinsic {
        voter.cast_ballot(&self.station.election, ballot.clone(), 0)
    }

    /// Casts a lawful ballot and waits until it is final.
    async fn cast(&self, voter: &CredentialHolder, selections: &[Vec<bool>]) -> CastExtrinsic {
        let cast = self.signed(voter, &self.ballot(voter, selections));
        assert_eq!(self.pool(&cast).await, Ok(()));
        self.station
            .wait_for_ballot(&self.node, cast.tracker)
            .await
            .expect("it becomes final");
        cast
    }

    /// Another's ciphertexts: as they stand on the chain, and put together anew.
    async fn refuses_copies(&self, thief: &CredentialHolder, cast: &CastExtrinsic) {
        let original = ballot_in(cast);
        let copied = self.signed(thief, &original);
        assert_eq!(self.pool(&copied).await, Err(Refusal::DuplicateTracker));

        let mut permuted = original;
        permuted.contests[0].selections.as_mut().swap(0, 1);
        let permuted = self.signed(thief, &permuted);
        assert_eq!(self.pool(&permuted).await, Err(Refusal::BallotProof));

        // The victim's extrinsic under another signature.
        let mut extrinsic = cast.encoded.clone();
        let account: &[u8] = cast.account.as_ref();
        let place = find(&extrinsic, account);
        extrinsic[place..place + 32].copy_from_slice(thief.signer.account().as_ref());
        let words = "the pool refuses the extrinsic: Transaction has a bad signature";
        assert_eq!(self.platform(&extrinsic).await, Err(words.into()));
    }

    /// The same extrinsic again, and a second ballot.
    async fn refuses_repetitions(&self, voter: &CredentialHolder, cast: &CastExtrinsic) {
        assert_eq!(self.pool(cast).await, Err(Refusal::AlreadyVoted));
        let election = &self.station.election;
        for nonce in [0, 1] {
            let again = voter
                .cast(election, &one_of_three(3), nonce)
                .expect("can be made");
            assert_eq!(
                self.pool(&again).await,
                Err(Refusal::AlreadyVoted),
                "nonce {nonce}"
            );
        }
    }

    async fn refuses_wrong_credentials(
        &self,
        northerner: &CredentialHolder,
        other: &CredentialHolder,
        southerner: &CredentialHolder,
    ) {
        let with = |credential: Credential| CredentialHolder {
            credential,
            ..northerner.clone()
        };
        let ballot = self.ballot(northerner, &one_of_three(1));
        let rightful = &northerner.credential;

        let none = self.signed(&with(Credential::default()), &ballot);
        assert_eq!(self.pool(&none).await, Err(Refusal::CredentialQuorum));
        let one = Credential::truncate_from(rightful[..1].to_vec());
        assert_eq!(
            self.pool(&self.signed(&with(one), &ballot)).await,
            Err(Refusal::CredentialQuorum)
        );
        let twice = Credential::truncate_from(vec![rightful[0].clone(); 2]);
        assert_eq!(
            self.pool(&self.signed(&with(twice), &ballot)).await,
            Err(Refusal::CredentialOrder)
        );
        let stolen = self.signed(&with(other.credential.clone()), &ballot);
        assert_eq!(self.pool(&stolen).await, Err(Refusal::CredentialInvalid));
        let mut unknown = rightful.clone();
        unknown[1].registrar.0 = 7;
        let unknown = self.signed(&with(unknown), &ballot);
        assert_eq!(self.pool(&unknown).await, Err(Refusal::UnknownRegistrar));

        // A southern credential in the north, and a northern one in the south.
        let moved = CredentialHolder {
            district: NORTH,
            ..southerner.clone()
        };
        let ballot = self.ballot(&moved, &one_of_three(1));
        let moved = self.signed(&moved, &ballot);
        assert_eq!(self.pool(&moved).await, Err(Refusal::CredentialInvalid));
        let moved = CredentialHolder {
            district: SOUTH,
            ..northerner.clone()
        };
        let both = [one_of_three(1), vec![vec![false, false]]].concat();
        let ballot = self.ballot(&moved, &both);
        let moved = self.signed(&moved, &ballot);
        assert_eq!(self.pool(&moved).await, Err(Refusal::CredentialInvalid));
    }

    async fn refuses_wrong_ballots(&self, voter: &CredentialHolder) {
        let ballot = self.ballot(voter, &one_of_three(1));
        let changed = |change: &dyn Fn(&mut Ballot)| {
            let mut ballot = ballot.clone();
            change(&mut ballot);
            self.signed(voter, &ballot)
        };
        let none = changed(&|ballot| {
            ballot.contests.pop();
        });
        assert_eq!(self.pool(&none).await, Err(Refusal::BallotShape));
        let short = changed(&|ballot| {
            ballot.contests[0].selections.pop();
        });
        assert_eq!(self.pool(&short).await, Err(Refusal::BallotShape));
        let long = changed(&|ballot| {
            let selection = ballot.contests[0].selections[0];
            ballot.contests[0]
                .selections
                .try_push(selection)
                .expect("there is room");
        });
        assert_eq!(self.pool(&long).await, Err(Refusal::TooLong));
        let identity = changed(&|ballot| ballot.contests[0].selections[0].ciphertext.r.0 = [0; 32]);
        assert_eq!(self.pool(&identity).await, Err(Refusal::BallotEncoding));
        let garbage =
            changed(&|ballot| ballot.contests[0].selections[0].ciphertext.c.0 = [255; 32]);
        assert_eq!(self.pool(&garbage).await, Err(Refusal::BallotEncoding));
        let exchanged = changed(&|ballot| {
            let ciphertext = ballot.contests[0].selections[0].ciphertext;
            ballot.contests[0].selections[1].ciphertext = ciphertext;
        });
        assert_eq!(self.pool(&exchanged).await, Err(Refusal::BallotProof));

        let mortal = self.mortal(voter, &ballot).await;
        assert_eq!(pool(&self.node, &mortal).await, Err(Refusal::MortalBallot));
        let ahead = voter.cast_ballot(&self.station.election, ballot.clone(), 1);
        assert_eq!(self.pool(&ahead).await, Err(Refusal::NonceAhead));
        let nowhere = CredentialHolder {
            district: DistrictId(3),
            ..voter.clone()
        };
        let nowhere = self.signed(&nowhere, &ballot);
        assert_eq!(self.pool(&nowhere).await, Err(Refusal::UnknownDistrict));
        let other = self.call(voter, |election| BallotRegisterCall::Cast {
            election: ElectionId(election.get() + 1),
            district: NORTH,
            credential: voter.credential.clone(),
            ballot: ballot.clone(),
        });
        assert_eq!(
            pool(&self.node, &other).await,
            Err(Refusal::UnknownElection)
        );
    }

    /// A right ballot that would expire.
    async fn mortal(&self, voter: &CredentialHolder, ballot: &Ballot) -> Vec<u8> {
        let election = &self.station.election;
        let head = self.node.finalised_hash().await.expect("the node answers");
        let header = self.node.header(head).await.expect("the node answers");
        let extra = Extra {
            era: Era::mortal(64, header.number.into()),
            nonce: 0,
        };
        let call = Call::BallotRegister(BallotRegisterCall::Cast {
            election: election.id,
            district: voter.district,
            credential: voter.credential.clone(),
            ballot: ballot.clone(),
        });
        let signed = voter.signer.sign(call, extra, &election.facts.mortal(head));
        signed.encode()
    }

    /// A one-time account can do nothing but vote.
    async fn refuses_everything_else(&self, voter: &CredentialHolder) {
        let clock = Call::Timestamp(TimestampCall::Set { now: 1 });
        let signed = |call: Call| {
            let extra = Extra {
                era: Era::Immortal,
                nonce: 0,
            };
            voter
                .signer
                .sign(call, extra, &self.station.election.facts.immortal())
                .encode()
        };
        // The platform itself knows that only block authors set the clock.
        let words = "the pool refuses the extrinsic: Transaction dispatch is mandatory; transactions must not be validated.";
        assert_eq!(self.platform(&signed(clock)).await, Err(words.into()));
        let cancel = ElectionsCall::Cancel {
            election: self.station.election.id,
            reason: Text::new("no reason").expect("is a text"),
        };
        let proposal = ConsortiumCall::Propose {
            threshold: 1,
            proposal: Box::new(Call::Elections(cancel)),
            length_bound: 100,
        };
        let proposal = signed(Call::Consortium(proposal));
        assert_eq!(pool(&self.node, &proposal).await, Err(Refusal::NotYourCall));
        let shares = self.call(voter, |election| BallotRegisterCall::SubmitShares {
            election,
            district: NORTH,
            shares: Default::default(),
        });
        assert_eq!(pool(&self.node, &shares).await, Err(Refusal::NotYourCall));
    }

    fn call(
        &self,
        voter: &CredentialHolder,
        call: impl Fn(ElectionId) -> BallotRegisterCall,
    ) -> Vec<u8> {
        let election = &self.station.election;
        let extra = Extra {
            era: Era::Immortal,
            nonce: 0,
        };
        let call = Call::BallotRegister(call(election.id));
        voter
            .signer
            .sign(call, extra, &election.facts.immortal())
            .encode()
    }
}

/// The ballot that an extrinsic casts.
fn ballot_in(cast: &CastExtrinsic) -> Ballot {
    match Extrinsic::decode(&mut &cast.encoded[..]).expect("can be decoded") {
        Extrinsic::Signed {
            call: Call::BallotRegister(BallotRegisterCall::Cast { ballot, .. }),
            ..
        } => ballot,
        other => panic!("{other:?} casts nothing"),
    }
}

/// Where `needle` stands in `hay`.
fn find(hay: &[u8], needle: &[u8]) -> usize {
    hay.windows(needle.len())
        .position(|window| window == needle)
        .expect("it is there")
}
