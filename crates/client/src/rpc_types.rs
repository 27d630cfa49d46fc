//! JSON of a node's answers, as far as it is needed, in our own types.

use psephos_primitives::{wire::Extrinsic, BlockNumber, Hash};
use serde::Deserialize;
use sp_runtime::{generic::Header as GenericHeader, traits::BlakeTwo256};

use crate::{node::extrinsic_hash, Error, Result};

/// A block's header.
pub type Header = GenericHeader<BlockNumber, BlakeTwo256>;

/// Bytes as JSON-RPC writes them: `0x…`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct HexBytes(pub Vec<u8>);

impl TryFrom<String> for HexBytes {
    type Error = String;

    fn try_from(text: String) -> core::result::Result<Self, String> {
        let digits = text.strip_prefix("0x").ok_or("bytes must begin with 0x")?;
        hex::decode(digits)
            .map(Self)
            .map_err(|error| error.to_string())
    }
}

#[derive(Deserialize)]
pub(crate) struct SignedBlock {
    pub block: JsonBlock,
    #[serde(default)]
    pub justifications: Option<Vec<([u8; 4], Vec<u8>)>>,
}

#[derive(Deserialize)]
pub(crate) struct JsonBlock {
    pub header: Header,
    pub extrinsics: Vec<HexBytes>,
}

/// A block: its header and its extrinsics as they are encoded, lengths in front.
#[derive(Clone, Debug)]
pub struct Block {
    /// `blake2_256(SCALE(header))`
    pub hash: Hash,
    /// The header.
    pub header: Header,
    /// The extrinsics.
    pub extrinsics: Vec<Vec<u8>>,
    /// GRANDPA's justification, if the node keeps one for this very block.
    pub justification: Option<Vec<u8>>,
}

impl Block {
    pub(crate) fn from_json(hash: Hash, json: SignedBlock) -> Result<Self> {
        let header = json.block.header;
        if header.hash() != hash {
            return Err(Error::malformed(
                "chain_getBlock",
                format!("the header's hash is {:?}, not {hash:?}", header.hash()),
            ));
        }
        let justification = json
            .justifications
            .and_then(|all| all.into_iter().find(|(engine, _)| engine == b"FRNK"))
            .map(|(_, bytes)| bytes);
        let extrinsics = json
            .block
            .extrinsics
            .into_iter()
            .map(|bytes| bytes.0)
            .collect();
        Ok(Self {
            hash,
            header,
            extrinsics,
            justification,
        })
    }

    /// The block's number.
    pub const fn number(&self) -> BlockNumber {
        self.header.number
    }

    /// The place of the extrinsic with this hash.
    pub fn position(&self, extrinsic: &Hash) -> Option<u32> {
        let position = self
            .extrinsics
            .iter()
            .position(|bytes| extrinsic_hash(bytes) == *extrinsic)?;
        u32::try_from(position).ok()
    }

    /// The extrinsics, decoded.
    pub fn decoded(
        &self,
    ) -> impl Iterator<Item = core::result::Result<Extrinsic, codec::Error>> + '_ {
        self.extrinsics
            .iter()
            .map(|bytes| codec::DecodeAll::decode_all(&mut &bytes[..]))
    }
}

/// A Merkle proof of storage entries of one block's state.
#[derive(Clone, Debug)]
pub struct ReadProof {
    /// The block whose state it is.
    pub at: Hash,
    /// Trie nodes.
    pub nodes: Vec<Vec<u8>>,
}

#[derive(Deserialize)]
pub(crate) struct JsonReadProof {
    pub at: Hash,
    pub proof: Vec<HexBytes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JsonVersion {
    pub spec_name: String,
    pub spec_version: u32,
    pub transaction_version: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_need_their_prefix() {
        let parse = |json: &str| serde_json::from_str::<HexBytes>(json).map(|b| b.0);
        assert_eq!(parse("\"0x00ff\"").expect("is hexadecimal"), vec![0, 255]);
        assert_eq!(
            parse("\"00ff\"").map_err(|e| e.to_string()),
            Err("bytes must begin with 0x".into())
        );
    }

    #[test]
    fn a_block_that_is_not_the_one_asked_for_is_refused() {
        let json = r#"{"block":{"header":{"parentHash":"0x0000000000000000000000000000000000000000000000000000000000000000","number":"0x1","stateRoot":"0x0000000000000000000000000000000000000000000000000000000000000000","extrinsicsRoot":"0x0000000000000000000000000000000000000000000000000000000000000000","digest":{"logs":[]}},"extrinsics":["0x04ff"]},"justifications":[[[70,82,78,75],[1,2]]]}"#;
        let parse = || serde_json::from_str::<SignedBlock>(json).expect("a node's JSON");
        let hash = parse().block.header.hash();
        let block = Block::from_json(hash, parse()).expect("is the block asked for");
        assert_eq!(block.number(), 1);
        assert_eq!(block.justification, Some(vec![1, 2]));
        assert_eq!(block.position(&extrinsic_hash(&[4, 255])), Some(0));
        let error = Block::from_json(Hash::zero(), parse())
            .map(|_| ())
            .map_err(|e| e.to_string());
        assert_eq!(
            error,
            Err(format!(
                "chain_getBlock answered something unexpected: the header's hash is {hash:?}, not {:?}",
                Hash::zero()
            ))
        );
    }
}
