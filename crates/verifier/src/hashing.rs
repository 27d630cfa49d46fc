//! BLAKE2b-256 as the chain uses it, without a host.
//!
//! Substrate's own `BlakeTwo256` asks the host that a runtime runs in. In a browser there is none,
//! so there this one takes its place; a test holds the two against each other.

use serde::{Deserialize, Serialize};
use sp_core::{storage::StateVersion, Hasher};
use sp_crypto_hashing::blake2_256;
use sp_runtime::traits::{BlakeTwo256, Hash};
use sp_trie::{LayoutV0, LayoutV1, TrieConfiguration};

/// BLAKE2b-256, computed here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OwnBlake2;

impl Hasher for OwnBlake2 {
    type Out = psephos_primitives::Hash;
    type StdHasher = <BlakeTwo256 as Hasher>::StdHasher;
    const LENGTH: usize = 32;

    fn hash(bytes: &[u8]) -> Self::Out {
        blake2_256(bytes).into()
    }
}

impl Hash for OwnBlake2 {
    type Output = psephos_primitives::Hash;

    fn ordered_trie_root(input: Vec<Vec<u8>>, version: StateVersion) -> Self::Output {
        match version {
            StateVersion::V0 => LayoutV0::<Self>::ordered_trie_root(input),
            StateVersion::V1 => LayoutV1::<Self>::ordered_trie_root(input),
        }
    }

    fn trie_root(input: Vec<(Vec<u8>, Vec<u8>)>, version: StateVersion) -> Self::Output {
        match version {
            StateVersion::V0 => LayoutV0::<Self>::trie_root(input),
            StateVersion::V1 => LayoutV1::<Self>::trie_root(input),
        }
    }
}

/// What headers and tries are hashed with.
#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
pub type Blake2 = BlakeTwo256;
/// What headers and tries are hashed with.
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
pub type Blake2 = OwnBlake2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_hash_alike() {
        for bytes in [&b""[..], b"abc", &[7; 1000]] {
            assert_eq!(
                <OwnBlake2 as Hasher>::hash(bytes),
                <BlakeTwo256 as Hasher>::hash(bytes)
            );
        }
    }

    #[test]
    fn both_make_the_same_tries() {
        let values: Vec<Vec<u8>> = (1..40u8).map(|i| vec![i; usize::from(i)]).collect();
        let pairs: Vec<_> = values
            .iter()
            .map(|value| (blake2_256(value).to_vec(), value.clone()))
            .collect();
        for version in [StateVersion::V0, StateVersion::V1] {
            assert_eq!(
                OwnBlake2::ordered_trie_root(values.clone(), version),
                BlakeTwo256::ordered_trie_root(values.clone(), version)
            );
            assert_eq!(
                OwnBlake2::trie_root(pairs.clone(), version),
                BlakeTwo256::trie_root(pairs.clone(), version)
            );
        }
    }
}
