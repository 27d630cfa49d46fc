//! Who belongs to the consortium, by which keys (PSE-VAL).

use std::path::Path;

use anyhow::{anyhow, Context};
use codec::{DecodeAll, Encode};
use psephos_client::{storage_value_key, Courier, Inclusion, Node, Office};
use psephos_primitives::{
    validators::{Equivocation, OwnershipProof, SessionKeys, MAX_REPORTED_ROUNDS, REPORTABLE_SETS},
    wire::{Call, Extrinsic, ValidatorSetCall},
    AccountId, Hash, Refusal,
};
use serde::{Deserialize, Serialize};
use sp_core::Pair;

use crate::{
    failure::{read_input_text, InputError, Result},
    organisation::{card::Card, ownership},
    session::address,
    watch,
};

/// Session keys as a node makes them.
#[derive(Deserialize)]
struct Generated {
    keys: String,
    proof: Option<String>,
}

/// Evidence against a validator, with the number of the set that it voted in.
#[derive(Debug)]
pub struct Evidence {
    /// The set.
    pub set: u64,
    /// The two votes.
    pub votes: Equivocation,
}

/// The call that admits the organisation of this card.
pub fn admit(card: &Path) -> Result<Call, InputError> {
    let origin = card.display().to_string();
    let card = Card::read(card)?;
    Ok(Call::ValidatorSet(ValidatorSetCall::Admit {
        organisation: card.account(&origin)?,
        keys: card.session_keys(&origin)?,
        proof: card.ownership(&origin)?,
    }))
}

/// The call that dismisses an organisation.
pub const fn dismiss(organisation: AccountId) -> Call {
    Call::ValidatorSet(ValidatorSetCall::Dismiss { organisation })
}

/// Has the member's own node make new session keys, which it keeps, and registers them.
pub async fn rotate(office: &Office) -> Result<SessionKeys> {
    let node = office.node();
    ensure_thawed(node, node.finalised_hash().await?).await?;
    let (keys, proof) = generate(node, office.account()).await?;
    let call = ValidatorSetCall::Rotate {
        keys: keys.clone(),
        proof,
    };
    office.perform(Call::ValidatorSet(call)).await?;
    Ok(keys)
}

/// Brings evidence to the chain. It needs no signature.
pub async fn report(node: &Node, evidence: Evidence) -> Result<Inclusion> {
    let call = ValidatorSetCall::ReportEquivocation {
        set: evidence.set,
        evidence: evidence.votes,
    };
    let letter = Extrinsic::Unsigned(Call::ValidatorSet(call)).encode();
    if let Err(error) = node.validity(&letter).await {
        return Err(match error.refusal() {
            Some(Refusal::NotNow) => anyhow!(
                "the chain does not take it: the organisation was reported for this round already (nodes report what they see), \
                 or for {MAX_REPORTED_ROUNDS} rounds of this set; or the set is none of the last {} of this chain, or the key not in it",
                REPORTABLE_SETS + 1
            )
            .into(),
            _ => error.into(),
        });
    }
    let courier = Courier::start_now(vec![node.clone()]).await?;
    Ok(courier.deliver(&letter, None).await?)
}

/// An organisation that has voted for two blocks at once, as the chain keeps it (PSE-VAL-10).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Reported {
    /// Its address.
    pub organisation: String,
    /// The set that it voted in.
    pub set: u64,
    /// In which rounds.
    pub rounds: Vec<u64>,
}

/// Who was reported, in the sets that the chain still keeps.
pub async fn reported(node: &Node, at: Hash) -> Result<Vec<Reported>> {
    let prefix = storage_value_key("ValidatorSet", "Reports");
    let mut reported = Vec::new();
    for key in node.keys(&prefix, at).await? {
        let (set, organisation) = reports_key(&key[prefix.len()..])
            .ok_or_else(|| anyhow!("the node has a report under no report's key"))?;
        let rounds = node.stored(&key, at).await?.unwrap_or_default();
        reported.push(Reported {
            organisation: address(&organisation),
            set,
            rounds,
        });
    }
    reported.sort_by_key(|own| own.set);
    Ok(reported)
}

/// Whom and which set a key of the reports is about: the set's number, eight bytes of a hash, the
/// account.
fn reports_key(key: &[u8]) -> Option<(u64, AccountId)> {
    let (set, _, organisation) = <(u64, [u8; 8], AccountId)>::decode_all(&mut &*key).ok()?;
    Some((set, organisation))
}

/// Reads evidence: a file of the watchdog's, or hexadecimal of GRANDPA's `EquivocationProof`, the
/// set's number and the two votes.
pub fn read_evidence(path: &Path) -> Result<Evidence, InputError> {
    let about = |message: &str| InputError::new(path.display().to_string(), message);
    let text = read_input_text(path)?;
    let (set, votes) = if text.trim_start().starts_with('{') {
        let evidence: watch::evidence::Evidence = serde_json::from_str(&text)
            .map_err(|error| about(&format!("is no evidence of psephos watch: {error}")))?;
        evidence
            .double_vote()
            .ok_or_else(|| about("shows something else than two votes by one validator"))?
    } else {
        let bytes = unhex(text.trim()).ok_or_else(|| about("is not hexadecimal"))?;
        <(u64, Equivocation)>::decode_all(&mut &bytes[..])
            .map_err(|_| about("is no GRANDPA equivocation proof"))?
    };
    if votes.proves(set, |signature, message, key| {
        sp_core::ed25519::Pair::verify(signature, message, key)
    }) {
        Ok(Evidence { set, votes })
    } else {
        Err(about(
            "proves nothing: the votes do not contradict each other, or are not signed",
        ))
    }
}

/// An error if an election is open: the chain would refuse (PSE-VAL-6).
pub async fn ensure_thawed(node: &Node, at: Hash) -> Result<()> {
    let key = storage_value_key("Elections", "OpenElections");
    match node.stored::<u32>(&key, at).await?.unwrap_or_default() {
        0 => Ok(()),
        open => Err(anyhow!(
            "{open} elections are open: organisations, keys and the code do not change before they have ended"
        )
        .into()),
    }
}

async fn generate(node: &Node, owner: &AccountId) -> Result<(SessionKeys, OwnershipProof)> {
    const METHOD: &str = "author_rotateKeysWithOwner";
    let owner_bytes: &[u8] = owner.as_ref();
    let parameter = format!("0x{}", hex::encode(owner_bytes)).into();
    let generated: Generated = node
        .connection()
        .request(METHOD, &[parameter])
        .await
        .context("the node makes no keys; ask it on its own machine (--url ws://127.0.0.1:9944)")?;
    let malformed = || anyhow!("the node answers {METHOD} with something else than keys");
    let keys = decoded::<SessionKeys>(&generated.keys).ok_or_else(malformed)?;
    let proof = generated
        .proof
        .as_deref()
        .and_then(decoded::<OwnershipProof>);
    let proof = proof.ok_or_else(malformed)?;
    if ownership::holds(owner, &keys, &proof) {
        Ok((keys, proof))
    } else {
        Err(anyhow!(
            "the node does not prove that {} holds its keys",
            address(owner)
        )
        .into())
    }
}

fn decoded<T: DecodeAll>(text: &str) -> Option<T> {
    T::decode_all(&mut &unhex(text)?[..]).ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use psephos_primitives::validators::{DoubleVote, Vote};
    use sp_core::ed25519;

    #[test]
    fn a_reports_key_names_set_and_organisation() {
        let account = AccountId::new([5; 32]);
        let mut key = [&3u64.to_le_bytes()[..], &[9; 8], account.as_ref()].concat();
        assert_eq!(reports_key(&key), Some((3, account)));
        key.pop();
        assert_eq!(reports_key(&key), None);
    }

    fn proof(for_blocks: [u8; 2]) -> String {
        let pair = ed25519::Pair::from_seed(&[1; 32]);
        let (set, round) = (3u64, 5u64);
        let vote = |byte| {
            let vote = Vote {
                hash: Hash::repeat_byte(byte),
                number: 7,
            };
            (vote, pair.sign(&(1u8, vote, round, set).encode()))
        };
        let votes = Equivocation::Precommit(DoubleVote {
            round,
            authority: pair.public(),
            first: vote(for_blocks[0]),
            second: vote(for_blocks[1]),
        });
        format!("0x{}\n", hex::encode((set, votes).encode()))
    }

    #[test]
    fn evidence_is_checked_before_anything_is_sent() {
        let folder = tempfile::tempdir().expect("temporary directory");
        let path = folder.path().join("evidence");
        let read = |text: &str| {
            std::fs::write(&path, text).expect("writable");
            read_evidence(&path).map_err(|error| error.message)
        };
        let evidence = read(&proof([1, 2])).expect("proves it");
        assert_eq!((evidence.set, evidence.votes.votes().round), (3, 5));
        for (text, reason) in [
            (
                proof([1, 1]),
                "proves nothing: the votes do not contradict each other, or are not signed",
            ),
            ("zz".into(), "is not hexadecimal"),
            ("0x00".into(), "is no GRANDPA equivocation proof"),
        ] {
            assert_eq!(read(&text).map(|_| ()), Err(reason.into()));
        }
    }
}
