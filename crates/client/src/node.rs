//! What this system asks a node, one typed method for each question.

use codec::{Decode, DecodeAll, Encode};
use psephos_primitives::{
    hashing::{blake2_256, twox_128},
    wire::Implicit,
    AccountId, BlockNumber, Hash, Refusal,
};
use serde_json::Value;
use sp_core::crypto::Ss58Codec;
use sp_runtime::transaction_validity::{
    InvalidTransaction, TransactionSource, TransactionValidity, TransactionValidityError,
};

use crate::{
    election_api::ElectionApi,
    rpc_types::{Block, Header, HexBytes, JsonReadProof, JsonVersion, ReadProof, SignedBlock},
    Connection, Error, Result,
};

/// JSON-RPC code of a transaction that the pool found invalid.
const POOL_INVALID: i32 = 1010;
/// JSON-RPC code of a transaction that is in the pool already.
const POOL_ALREADY_IMPORTED: i32 = 1013;
/// Justifications that are looked at before a node is found to be behind: one follows each finalised
/// block, and a node that keeps up sends one that will do first or second.
const MAX_JUSTIFICATIONS: u32 = 64;

/// The hash that an extrinsic is known by: of its whole encoding, length in front.
pub fn extrinsic_hash(encoded: &[u8]) -> Hash {
    blake2_256(encoded).into()
}

/// The key of a storage value.
pub fn storage_value_key(pallet: &str, item: &str) -> Vec<u8> {
    [twox_128(pallet.as_bytes()), twox_128(item.as_bytes())].concat()
}

/// The key of an entry in a storage map whose keys are not hashed (`Identity`).
pub fn storage_map_key(pallet: &str, item: &str, key: &impl Encode) -> Vec<u8> {
    let mut full = storage_value_key(pallet, item);
    key.encode_to(&mut full);
    full
}

/// What every signature on this chain is bound to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChainFacts {
    /// The hash of block 0.
    pub genesis_hash: Hash,
    /// The runtime's specification version.
    pub spec_version: u32,
    /// The runtime's transaction version.
    pub transaction_version: u32,
}

impl ChainFacts {
    /// What an immortal extrinsic is signed over (PSE-WIR-2).
    pub const fn immortal(&self) -> Implicit {
        self.mortal(self.genesis_hash)
    }

    /// What an extrinsic is signed over whose era begins with the block of this hash (PSE-WIR-2).
    pub const fn mortal(&self, mortality_hash: Hash) -> Implicit {
        Implicit {
            spec_version: self.spec_version,
            transaction_version: self.transaction_version,
            genesis_hash: self.genesis_hash,
            mortality_hash,
        }
    }
}

/// What a runtime's signatures cover of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Versions {
    /// The specification version.
    pub spec: u32,
    /// The transaction version.
    pub transaction: u32,
}

/// A proof of GRANDPA's that a block is final.
#[derive(Clone, Debug)]
pub struct FinalityProof {
    /// The block that the validators signed.
    pub target: Hash,
    /// Its number.
    pub number: BlockNumber,
    /// SCALE of `GrandpaJustification`.
    pub justification: Vec<u8>,
}

/// A node, or one of several that stand in for each other.
#[derive(Clone, Debug)]
pub struct Node {
    connection: Connection,
}

impl Node {
    /// Connects to the first of these nodes that answers.
    pub async fn open(urls: &[String]) -> Result<Self> {
        Connection::open(urls).await.map(Self::new)
    }

    /// Over this connection.
    pub const fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// The connection beneath.
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Genesis hash, and the versions of the runtime that runs now.
    pub async fn facts(&self) -> Result<ChainFacts> {
        let genesis_hash = self.block_hash(0).await?;
        let versions = self.versions(None).await?;
        Ok(ChainFacts {
            genesis_hash,
            spec_version: versions.spec,
            transaction_version: versions.transaction,
        })
    }

    /// The versions of the runtime in the state after the block with this hash, by which the next
    /// block is made; without one, after the best block.
    pub async fn versions(&self, at: Option<Hash>) -> Result<Versions> {
        let params: Vec<Value> = at.iter().map(to_json).collect();
        let version: JsonVersion = self
            .connection
            .request("state_getRuntimeVersion", &params)
            .await?;
        tracing::debug!(
            runtime = version.spec_name,
            spec = version.spec_version,
            "runtime"
        );
        Ok(Versions {
            spec: version.spec_version,
            transaction: version.transaction_version,
        })
    }

    /// The chain's name.
    pub async fn chain_name(&self) -> Result<String> {
        self.connection.request("system_chain", &[]).await
    }

    /// `blake2_256` of the runtime's code.
    pub async fn code_hash(&self, at: Hash) -> Result<Hash> {
        let code = self.storage(b":code", at).await?;
        code.map(|code| blake2_256(&code).into())
            .ok_or_else(|| Error::Missing(":code".into()))
    }

    /// The last finalised block's hash.
    pub async fn finalised_hash(&self) -> Result<Hash> {
        self.connection.request("chain_getFinalizedHead", &[]).await
    }

    /// The last finalised block's header.
    pub async fn finalised_header(&self) -> Result<Header> {
        let hash = self.finalised_hash().await?;
        self.header(hash).await
    }

    /// The best block's header: it may still be replaced.
    pub async fn best_header(&self) -> Result<Header> {
        let header: Option<Header> = self.connection.request("chain_getHeader", &[]).await?;
        header.ok_or_else(|| Error::Missing("best block".into()))
    }

    /// The header of the block with this hash.
    pub async fn header(&self, hash: Hash) -> Result<Header> {
        let params = [to_json(&hash)];
        let header: Option<Header> = self.connection.request("chain_getHeader", &params).await?;
        let header = header.ok_or_else(|| Error::Missing(format!("block {hash:?}")))?;
        if header.hash() != hash {
            return Err(Error::malformed(
                "chain_getHeader",
                "the header of another block",
            ));
        }
        Ok(header)
    }

    /// The hash of the block with this number on the best chain.
    pub async fn block_hash(&self, number: BlockNumber) -> Result<Hash> {
        self.find_block_hash(number)
            .await?
            .ok_or_else(|| Error::Missing(format!("block {number}")))
    }

    pub(crate) async fn find_block_hash(&self, number: BlockNumber) -> Result<Option<Hash>> {
        self.connection
            .request("chain_getBlockHash", &[number.into()])
            .await
    }

    /// The block with this hash.
    pub async fn block(&self, hash: Hash) -> Result<Block> {
        self.find_block(hash)
            .await?
            .ok_or_else(|| Error::Missing(format!("block {hash:?} (any more, or not yet)")))
    }

    pub(crate) async fn find_block(&self, hash: Hash) -> Result<Option<Block>> {
        let params = [to_json(&hash)];
        let block: Option<SignedBlock> = self.connection.request("chain_getBlock", &params).await?;
        block.map(|block| Block::from_json(hash, block)).transpose()
    }

    /// A storage entry in the state after the block with this hash.
    pub async fn storage(&self, key: &[u8], at: Hash) -> Result<Option<Vec<u8>>> {
        let params = [hex_json(key), to_json(&at)];
        let value: Option<HexBytes> = self.connection.request("state_getStorage", &params).await?;
        Ok(value.map(|bytes| bytes.0))
    }

    /// A storage entry, decoded; `None` when there is none.
    pub async fn stored<T: Decode>(&self, key: &[u8], at: Hash) -> Result<Option<T>> {
        let value = self.storage(key, at).await?;
        value
            .map(|bytes| T::decode_all(&mut &bytes[..]))
            .transpose()
            .map_err(|error| Error::malformed("state_getStorage", error))
    }

    /// The keys of all storage entries that begin so, in the state after the block with this hash, by
    /// ascending key.
    pub async fn keys(&self, prefix: &[u8], at: Hash) -> Result<Vec<Vec<u8>>> {
        const METHOD: &str = "state_getKeysPaged";
        /// A node hands out no more at once.
        const PAGE: usize = 1_000;
        let mut keys: Vec<Vec<u8>> = Vec::new();
        loop {
            let last = keys.last().map_or(Value::Null, |key| hex_json(key));
            let params = [hex_json(prefix), PAGE.into(), last, to_json(&at)];
            let page: Vec<HexBytes> = self.connection.request(METHOD, &params).await?;
            let full = page.len() == PAGE;
            keys.extend(page.into_iter().map(|key| key.0));
            if !full {
                return Ok(keys);
            }
        }
    }

    /// A Merkle proof of these storage entries in the state after the block with this hash.
    pub async fn read_proof(&self, keys: &[Vec<u8>], at: Hash) -> Result<ReadProof> {
        let keys: Vec<Value> = keys.iter().map(|key| hex_json(key)).collect();
        let params = [Value::Array(keys), to_json(&at)];
        let proof: JsonReadProof = self
            .connection
            .request("state_getReadProof", &params)
            .await?;
        Ok(ReadProof {
            at: proof.at,
            nodes: proof.proof.into_iter().map(|node| node.0).collect(),
        })
    }

    /// Calls the runtime API in the state after the block with this hash.
    pub async fn runtime_call<T: Decode>(
        &self,
        function: &str,
        arguments: &[u8],
        at: Hash,
    ) -> Result<T> {
        let params = [function.into(), hex_json(arguments), to_json(&at)];
        let answer: HexBytes = self.connection.request("state_call", &params).await?;
        T::decode_all(&mut &answer.0[..]).map_err(|error| Error::malformed(function, error))
    }

    /// Elections as they stood after the block with this hash.
    pub const fn elections_at(&self, at: Hash) -> ElectionApi<'_> {
        ElectionApi::new(self, at)
    }

    /// Elections as they stood after the last finalised block, and that block's hash.
    pub async fn elections(&self) -> Result<ElectionApi<'_>> {
        Ok(self.elections_at(self.finalised_hash().await?))
    }

    /// The nonce of this official's next extrinsic, those in the pool counted.
    pub async fn next_nonce(&self, account: &AccountId) -> Result<u32> {
        let address = account.to_ss58check();
        self.connection
            .request("system_accountNextIndex", &[address.into()])
            .await
    }

    /// The next justification that the validators make: one follows each finalised block.
    ///
    /// `grandpa_proveFinality` is of no use here: while the authorities have never changed, nodes
    /// say that they do not know the set.
    pub async fn next_justification(&self) -> Result<FinalityProof> {
        const METHOD: &str = "grandpa_subscribeJustifications";
        const END: &str = "grandpa_unsubscribeJustifications";
        let HexBytes(justification) = self.connection.first_of_subscription(METHOD, END).await?;
        // It begins with the round, and the target's hash and number.
        let (_, target, number) = <(u64, Hash, BlockNumber)>::decode(&mut &justification[..])
            .map_err(|error| Error::malformed(METHOD, error))?;
        Ok(FinalityProof {
            target,
            number,
            justification,
        })
    }

    /// The next justification that is for this block or a later one. Only of a block that is final
    /// already: for others, finality itself is to be waited for first.
    pub async fn finality_of(&self, block: BlockNumber) -> Result<FinalityProof> {
        let mut last = 0;
        for _ in 0..MAX_JUSTIFICATIONS {
            let proof = self.next_justification().await?;
            if proof.number >= block {
                return Ok(proof);
            }
            last = proof.number;
        }
        Err(Error::Missing(format!(
            "justification of block {block} or a later one: after {MAX_JUSTIFICATIONS} it has come \
             to block {last}"
        )))
    }

    /// Puts an extrinsic into the pool. One that is there already is no error.
    pub async fn submit(&self, encoded: &[u8]) -> Result<Hash> {
        const METHOD: &str = "author_submitExtrinsic";
        match self
            .connection
            .request::<Hash>(METHOD, &[hex_json(encoded)])
            .await
        {
            Ok(hash) => Ok(hash),
            Err(Error::Rpc {
                code: POOL_ALREADY_IMPORTED,
                ..
            }) => Ok(extrinsic_hash(encoded)),
            Err(Error::Rpc {
                code: POOL_INVALID,
                message,
                data,
                ..
            }) => Err(invalid(data.unwrap_or(message))),
            Err(error) => Err(error),
        }
    }

    /// What the runtime says of an extrinsic in the state after the best block. A pool that has refused
    /// it, or had it in a block, does not look at it for a while and says no more than that.
    pub async fn validity(&self, encoded: &[u8]) -> Result<()> {
        const FUNCTION: &str = "TaggedTransactionQueue_validate_transaction";
        let best = self.best_header().await?.hash();
        let source = TransactionSource::External.encode();
        let arguments = [&source[..], encoded, &best.encode()[..]].concat();
        let validity: TransactionValidity = self.runtime_call(FUNCTION, &arguments, best).await?;
        validity.map(drop).map_err(unfit)
    }
}

/// As the pool says it, by numbers and not in words.
fn unfit(error: TransactionValidityError) -> Error {
    let TransactionValidityError::Invalid(InvalidTransaction::Custom(code)) = error else {
        let reason: &'static str = error.into();
        return Error::Invalid(reason.into());
    };
    invalid(format!("Custom error: {code}"))
}

/// The reason behind `InvalidTransaction::Custom`, or the platform's own (PSE-EXT-3).
fn invalid(reason: String) -> Error {
    reason
        .strip_prefix("Custom error: ")
        .and_then(|code| code.parse().ok())
        .and_then(Refusal::from_code)
        .map_or(Error::Invalid(reason), Error::Refused)
}

fn to_json(hash: &Hash) -> Value {
    format!("{hash:?}").into()
}

fn hex_json(bytes: &[u8]) -> Value {
    format!("0x{}", hex::encode(bytes)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_by_their_code() {
        for refusal in Refusal::ALL {
            let error = invalid(format!("Custom error: {}", refusal.code()));
            assert_eq!(error.refusal(), Some(*refusal));
        }
        let words = invalid("Custom error: 255".into()).to_string();
        assert_eq!(words, "the pool refuses the extrinsic: Custom error: 255");
        let words = invalid("Transaction is outdated".into()).to_string();
        assert_eq!(
            words,
            "the pool refuses the extrinsic: Transaction is outdated"
        );
    }

    #[test]
    fn the_runtimes_own_answer_is_told_by_its_code() {
        for refusal in Refusal::ALL {
            assert_eq!(unfit((*refusal).into()).refusal(), Some(*refusal));
        }
        let stale = unfit(InvalidTransaction::Stale.into());
        assert!(matches!(stale, Error::Invalid(_)), "{stale}");
    }

    #[test]
    fn storage_keys_are_the_platforms() {
        assert_eq!(
            hex::encode(storage_value_key("System", "Number")),
            "26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac"
        );
        assert_eq!(
            storage_map_key("System", "Number", &7u32)[32..],
            [7, 0, 0, 0]
        );
    }

    #[test]
    fn hashes_are_written_in_full() {
        assert_eq!(
            to_json(&Hash::repeat_byte(0xab)),
            Value::from(format!("0x{}", "ab".repeat(32)))
        );
    }
}
