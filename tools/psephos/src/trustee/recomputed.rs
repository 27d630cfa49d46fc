//! The key ceremony as the final blocks have it, and what a node says of it (PSE-DKG-10).

use psephos_primitives::{
    ceremony::{Ceremony, CeremonyStatus, Contribution, ElectionKeys, Stage},
    TrusteeIndex,
};
use psephos_verifier::ElectionView;

use crate::failure::{Failure, Result};

/// A ceremony as the trustee's own computer has recomputed it from the blocks.
#[derive(Debug)]
pub struct Recomputed {
    epoch: u32,
    stage: Stage,
    /// Of those who take part, by ascending trustee.
    contributions: Vec<(TrusteeIndex, Contribution)>,
    keys: Option<ElectionKeys>,
}

impl Recomputed {
    /// After the last replayed block.
    pub fn of(view: &ElectionView<'_>) -> Self {
        let (epoch, stage) = view.ceremony();
        let contributions = view.ceremony_contributions();
        Self {
            epoch,
            stage,
            contributions: contributions
                .map(|(trustee, contribution)| (trustee, contribution.clone()))
                .collect(),
            keys: view.keys().cloned(),
        }
    }

    /// Blocks that say the same as the node.
    #[cfg(test)]
    pub fn agreeing_with(node: &Ceremony) -> Self {
        Self {
            epoch: node.status.epoch,
            stage: node.status.stage,
            contributions: node.contributions.clone(),
            keys: node.keys.clone(),
        }
    }

    /// Whether it goes as far as a step of this stage needs. What the step works with was fixed when the
    /// stage began, so that later blocks add nothing to it.
    pub fn covers(&self, status: &CeremonyStatus) -> bool {
        self.epoch == status.epoch && self.stage >= status.stage
    }

    /// Fails unless the node says the same of everything that a trustee's next step works with.
    pub fn require_same(&self, node: &Ceremony) -> Result<()> {
        let status = &node.status;
        if !self.covers(status) {
            return refuse(format!(
                "the node says that it is in epoch {}, {:?}, and the blocks, in epoch {}, {:?}",
                status.epoch, status.stage, self.epoch, self.stage
            ));
        }
        let contributors: Vec<_> = node.contributions.iter().map(|(of, _)| *of).collect();
        self.require_same_participants(&contributors)?;
        self.require_same_participants(&status.participants)?;
        let pairs = self.contributions.iter().zip(&node.contributions);
        for ((trustee, ours), (_, theirs)) in pairs {
            if let Some(what) = difference(ours, theirs, status.stage) {
                return refuse(format!(
                    "the {what} of trustee {trustee}, as the node says, differs from the one in the blocks"
                ));
            }
        }
        if status.stage == Stage::Complete && self.keys != node.keys {
            return refuse("the node has another election key than the blocks".into());
        }
        Ok(())
    }

    fn require_same_participants(&self, theirs: &[TrusteeIndex]) -> Result<()> {
        let ours: Vec<_> = self.contributions.iter().map(|(of, _)| *of).collect();
        if ours == theirs {
            return Ok(());
        }
        let (ours, theirs) = (listed(&ours), listed(theirs));
        refuse(format!(
            "the node says that trustees {theirs} take part, and the blocks, that {ours} do"
        ))
    }
}

/// What differs first, of what is used in this stage.
fn difference(ours: &Contribution, theirs: &Contribution, stage: Stage) -> Option<&'static str> {
    // Before all have dealt, the node may know of more than there was in the last replayed block.
    let all_have_dealt = stage >= Stage::Confirming;
    let compared = [
        (
            "encryption key",
            ours.encryption_key == theirs.encryption_key,
        ),
        ("commitment", ours.commitment == theirs.commitment),
        ("package", ours.package == theirs.package),
        ("deal", !all_have_dealt || ours.deal == theirs.deal),
    ];
    let mut differing = compared.into_iter().filter(|(_, same)| !same);
    differing.next().map(|(what, _)| what)
}

fn listed(trustees: &[TrusteeIndex]) -> String {
    let numbers: Vec<_> = trustees.iter().map(TrusteeIndex::to_string).collect();
    numbers.join(", ")
}

fn refuse(why: String) -> Result<()> {
    Err(Failure::verdict(format!(
        "refusing to go on with the key ceremony: {why}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use psephos_crypto::{
        group::{EncodedPoint, EncodedScalar},
        key_ceremony::Package,
    };
    use psephos_primitives::{ceremony::Deal, Hash};
    use sp_runtime::BoundedVec;

    fn contribution(trustee: u8) -> Contribution {
        Contribution {
            encryption_key: Some([trustee; 32]),
            commitment: Some(Hash::repeat_byte(trustee)),
            package: Some(Package {
                commitments: Default::default(),
                proof_commitment: EncodedPoint([trustee; 32]),
                proof_response: EncodedScalar([trustee; 32]),
            }),
            deal: None,
            confirmed: false,
        }
    }

    /// What an honest node says when the second of three trustees was excluded.
    fn honest(stage: Stage) -> Ceremony {
        let participants = [1, 3].map(TrusteeIndex);
        Ceremony {
            status: CeremonyStatus {
                epoch: 1,
                stage,
                deadline: 50,
                participants: BoundedVec::truncate_from(participants.to_vec()),
                excluded: BoundedVec::default(),
            },
            contributions: participants
                .map(|trustee| (trustee, contribution(trustee.get())))
                .to_vec(),
            keys: None,
        }
    }

    /// What comes of a node that changes something of what the blocks say.
    fn verdict(stage: Stage, lie: impl FnOnce(&mut Ceremony)) -> Result<(), String> {
        let mut node = honest(stage);
        let blocks = Recomputed::agreeing_with(&node);
        lie(&mut node);
        let verdict = blocks.require_same(&node);
        verdict.map_err(|failure| failure.to_string())
    }

    fn refused(why: &str) -> Result<(), String> {
        Err(format!("refusing to go on with the key ceremony: {why}"))
    }

    fn differs(what: &str, trustee: u8) -> Result<(), String> {
        refused(&format!(
            "the {what} of trustee {trustee}, as the node says, differs from the one in the blocks"
        ))
    }

    #[test]
    fn a_node_that_says_what_the_blocks_say_is_believed() {
        for stage in [Stage::Dealing, Stage::Confirming, Stage::Complete] {
            assert_eq!(verdict(stage, |_| {}), Ok(()));
        }
    }

    /// The node that wants to read every share puts its own key in another trustee's place.
    #[test]
    fn a_substituted_encryption_key_is_named() {
        let substituted = verdict(Stage::Dealing, |node| {
            node.contributions[1].1.encryption_key = Some([9; 32]);
        });
        assert_eq!(substituted, differs("encryption key", 3));
        let missing = verdict(Stage::Dealing, |node| {
            node.contributions[0].1.encryption_key = None;
        });
        assert_eq!(missing, differs("encryption key", 1));
    }

    #[test]
    fn substituted_commitments_and_packages_are_named() {
        let commitment = verdict(Stage::Dealing, |node| {
            node.contributions[0].1.commitment = Some(Hash::repeat_byte(9));
        });
        assert_eq!(commitment, differs("commitment", 1));
        let package = verdict(Stage::Dealing, |node| {
            node.contributions[1].1.package = contribution(9).package;
        });
        assert_eq!(package, differs("package", 3));
    }

    /// A made-up deal would be complained about, and the complaint discloses the key to all others.
    #[test]
    fn a_made_up_deal_is_named_once_all_have_dealt() {
        let deal = |node: &mut Ceremony| node.contributions[0].1.deal = Some(Deal::default());
        assert_eq!(verdict(Stage::Confirming, deal), differs("deal", 1));
        // While trustees deal, others may have done so since.
        assert_eq!(verdict(Stage::Dealing, deal), Ok(()));
    }

    #[test]
    fn made_up_participants_are_named() {
        let third = verdict(Stage::Dealing, |node| {
            let made_up = (TrusteeIndex(2), contribution(2));
            node.contributions.insert(1, made_up);
        });
        let why = "the node says that trustees 1, 2, 3 take part, and the blocks, that 1, 3 do";
        assert_eq!(third, refused(why));
        let left_out = verdict(Stage::Dealing, |node| {
            node.status.participants = BoundedVec::truncate_from(vec![TrusteeIndex(3)]);
        });
        let why = "the node says that trustees 3 take part, and the blocks, that 1, 3 do";
        assert_eq!(left_out, refused(why));
    }

    #[test]
    fn another_epoch_or_a_later_stage_is_refused() {
        let epoch = verdict(Stage::Dealing, |node| node.status.epoch = 2);
        let why =
            "the node says that it is in epoch 2, Dealing, and the blocks, in epoch 1, Dealing";
        assert_eq!(epoch, refused(why));
        let early = verdict(Stage::Revealing, |node| node.status.stage = Stage::Dealing);
        let why =
            "the node says that it is in epoch 1, Dealing, and the blocks, in epoch 1, Revealing";
        assert_eq!(early, refused(why));
        // A node that is behind says what was true.
        let behind = verdict(Stage::Confirming, |node| node.status.stage = Stage::Dealing);
        assert_eq!(behind, Ok(()));
    }

    #[test]
    fn another_election_key_is_refused() {
        let other = verdict(Stage::Complete, |node| {
            node.keys = Some(ElectionKeys {
                epoch: 1,
                election_key: EncodedPoint([9; 32]),
                verification_shares: BoundedVec::default(),
            });
        });
        assert_eq!(
            other,
            refused("the node has another election key than the blocks")
        );
    }
}
