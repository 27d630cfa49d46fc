//! The format of `vectors/*.json`, and how each kind of case is run.
//!
//! A case says what is expected as Rust prints it: `Ok(…)` or `Err(…)` with the exact error.

use codec::{Decode, Encode};
use psephos_crypto::{
    ballot::{verify, BallotStatement, BatchVerifier, ContestRule, EncryptedContests},
    blind_signature::{self, credential_message, RandomizedSignature, RsaPublicKey},
    decryption::{self, verify_shares, DecryptionShare},
    elgamal::{Ciphertext, ElectionKey},
    group::{decode_nonidentity, decode_point, decode_scalar, EncodedPoint, EncodedScalar},
    key_ceremony::{self, package_commitment, trustee_identifier, verify_package, Package},
    sealing::{judge_complaint, validate_public_key, Envelope, SealedShare},
    tracker::tracker,
    transcript,
};
use serde::{de::Error as _, Deserialize, Deserializer, Serialize, Serializer};

/// Bytes, in hexadecimal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hex(pub Vec<u8>);

impl Hex {
    pub fn of(value: &impl Encode) -> Self {
        Self(value.encode())
    }

    /// The SCALE value that these bytes are, all of them.
    fn scale<T: Decode>(&self) -> T {
        let mut input = self.0.as_slice();
        let value = T::decode(&mut input).unwrap();
        assert!(input.is_empty(), "bytes are left over");
        value
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        hex::decode(digits).map(Self).map_err(D::Error::custom)
    }
}

/// One file: cases of one kind.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File<C> {
    pub about: String,
    pub cases: Vec<Case<C>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case<C> {
    pub name: String,
    pub input: C,
    pub expect: String,
}

/// What a case does with its input.
pub trait Run {
    fn run(&self) -> String;
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    pub genesis_hash: Hex,
    pub election: u32,
    pub manifest_hash: Hex,
}

impl From<&transcript::Context> for Context {
    fn from(context: &transcript::Context) -> Self {
        Self {
            genesis_hash: Hex::of(&context.genesis_hash),
            election: context.election,
            manifest_hash: Hex::of(&context.manifest_hash),
        }
    }
}

impl Context {
    fn decode(&self) -> transcript::Context {
        transcript::Context {
            genesis_hash: self.genesis_hash.scale(),
            election: self.election,
            manifest_hash: self.manifest_hash.scale(),
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Group {
    Point { encoding: Hex },
    PointOtherThanTheIdentity { encoding: Hex },
    Scalar { encoding: Hex },
}

impl Run for Group {
    fn run(&self) -> String {
        match self {
            Self::Point { encoding } => {
                let point = decode_point(&encoding.scale());
                format!(
                    "{:?}",
                    point.map(|point| hex::encode(EncodedPoint::from(&point).0))
                )
            }
            Self::PointOtherThanTheIdentity { encoding } => {
                let point = decode_nonidentity(&encoding.scale());
                format!(
                    "{:?}",
                    point.map(|point| hex::encode(EncodedPoint::from(&point).0))
                )
            }
            Self::Scalar { encoding } => {
                let scalar = decode_scalar(&encoding.scale());
                format!(
                    "{:?}",
                    scalar.map(|scalar| hex::encode(EncodedScalar::from(&scalar).0))
                )
            }
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contest {
    pub id: u32,
    pub options: u8,
    pub min: u8,
    pub max: u8,
    pub blank: bool,
}

impl From<&ContestRule> for Contest {
    fn from(rule: &ContestRule) -> Self {
        let ContestRule {
            id,
            options,
            min,
            max,
            blank,
        } = *rule;
        Self {
            id,
            options,
            min,
            max,
            blank,
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ballot {
    pub context: Context,
    pub key: Hex,
    pub district: u32,
    pub account: Hex,
    pub contests: Vec<Contest>,
    pub ballot: Hex,
}

impl Run for Ballot {
    /// Alone and in a batch, which must agree.
    fn run(&self) -> String {
        let key = match ElectionKey::decode(&self.key.scale()) {
            Ok(key) => key,
            Err(error) => return format!("Err(Key({error:?}))"),
        };
        let contests: Vec<ContestRule> = self
            .contests
            .iter()
            .map(
                |&Contest {
                     id,
                     options,
                     min,
                     max,
                     blank,
                 }| ContestRule {
                    id,
                    options,
                    min,
                    max,
                    blank,
                },
            )
            .collect();
        let (context, account) = (self.context.decode(), self.account.scale());
        let statement = BallotStatement {
            context: &context,
            key: &key,
            district: self.district,
            account: &account,
            contests: &contests,
        };
        let ballot: EncryptedContests = self.ballot.scale();
        let alone = verify(&statement, &ballot);
        let mut batch = BatchVerifier::new(&key);
        batch.add(&statement, &ballot);
        assert_eq!(batch.verify(), alone.map_err(|error| vec![(0, error)]));
        format!("{alone:?}")
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tracker {
    pub ballot: Hex,
}

impl Run for Tracker {
    fn run(&self) -> String {
        hex::encode(tracker(&self.ballot.0))
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrusteePackage {
    pub trustee: u32,
    pub package: Hex,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum KeyCeremony {
    Identifier {
        context: Context,
        epoch: u32,
        trustee: u32,
    },
    Commitment {
        context: Context,
        epoch: u32,
        trustee: u32,
        package: Hex,
    },
    Package {
        context: Context,
        epoch: u32,
        trustee: u32,
        threshold: u32,
        package: Hex,
    },
    Combine {
        context: Context,
        epoch: u32,
        packages: Vec<TrusteePackage>,
    },
}

impl Run for KeyCeremony {
    fn run(&self) -> String {
        match self {
            Self::Identifier {
                context,
                epoch,
                trustee,
            } => hex::encode(trustee_identifier(&context.decode(), *epoch, *trustee).to_bytes()),
            Self::Commitment {
                context,
                epoch,
                trustee,
                package,
            } => hex::encode(package_commitment(
                &context.decode(),
                *epoch,
                *trustee,
                &package.scale(),
            )),
            Self::Package {
                context,
                epoch,
                trustee,
                threshold,
                package,
            } => {
                let context = context.decode();
                let verdict =
                    verify_package(&context, *epoch, *trustee, *threshold, &package.scale());
                format!("{verdict:?}")
            }
            Self::Combine {
                context,
                epoch,
                packages,
            } => {
                let packages: Vec<(u32, Package)> = packages
                    .iter()
                    .map(|one| (one.trustee, one.package.scale()))
                    .collect();
                let packages: Vec<_> = packages
                    .iter()
                    .map(|(trustee, package)| (*trustee, package))
                    .collect();
                let keys = key_ceremony::combine(&context.decode(), *epoch, &packages);
                format!(
                    "{:?}",
                    keys.map(|keys| {
                        let shares = keys.verification_shares.iter();
                        let shares: Vec<_> = shares
                            .map(|(trustee, share)| (*trustee, hex::encode(share.0)))
                            .collect();
                        (hex::encode(keys.election_key.0), shares)
                    })
                )
            }
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Sealing {
    PublicKey {
        key: Hex,
    },
    Complaint {
        context: Context,
        epoch: u32,
        dealer: u32,
        recipient: u32,
        dealer_package: Hex,
        disclosed_private_key: Hex,
        registered_public_key: Hex,
        sealed_share: Hex,
    },
}

impl Run for Sealing {
    fn run(&self) -> String {
        match self {
            Self::PublicKey { key } => format!("{:?}", validate_public_key(&key.scale())),
            Self::Complaint {
                context,
                epoch,
                dealer,
                recipient,
                dealer_package,
                disclosed_private_key,
                registered_public_key,
                sealed_share,
            } => {
                let envelope = Envelope {
                    context: &context.decode(),
                    epoch: *epoch,
                    dealer: *dealer,
                    recipient: *recipient,
                    dealer_package: &dealer_package.scale(),
                };
                let sealed: SealedShare = sealed_share.scale();
                let disclosed = disclosed_private_key.scale();
                let registered = registered_public_key.scale();
                format!(
                    "{:?}",
                    judge_complaint(&envelope, &disclosed, &registered, &sealed)
                )
            }
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrusteeShares {
    pub trustee: u32,
    pub shares: Hex,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    pub context: Context,
    pub epoch: u32,
    pub district: u32,
    pub trustee: u32,
    pub verification_share: Hex,
    pub sums: Hex,
    pub shares: Hex,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    pub context: Context,
    pub epoch: u32,
    pub sums: Hex,
    pub shares: Vec<TrusteeShares>,
    pub bound: u32,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Decryption {
    Shares(Shares),
    Tally(Tally),
}

impl Run for Decryption {
    fn run(&self) -> String {
        match self {
            Self::Shares(shares) => shares.run(),
            Self::Tally(tally) => tally.run(),
        }
    }
}

impl Run for Shares {
    fn run(&self) -> String {
        let verdict = verify_shares(
            &self.context.decode(),
            self.epoch,
            self.district,
            self.trustee,
            &self.verification_share.scale(),
            &self.sums.scale::<Vec<Ciphertext>>(),
            &self.shares.scale::<Vec<DecryptionShare>>(),
        );
        format!("{verdict:?}")
    }
}

impl Run for Tally {
    fn run(&self) -> String {
        let sums: Vec<Ciphertext> = self.sums.scale();
        let shares: Vec<(u32, Vec<DecryptionShare>)> = self
            .shares
            .iter()
            .map(|of| (of.trustee, of.shares.scale()))
            .collect();
        let shares: Vec<(u32, &[DecryptionShare])> = shares
            .iter()
            .map(|(trustee, shares)| (*trustee, shares.as_slice()))
            .collect();
        let counts = decryption::combine(
            &self.context.decode(),
            self.epoch,
            &sums,
            &shares,
            self.bound,
        );
        format!("{counts:?}")
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    pub context: Context,
    pub district: u32,
    pub account: Hex,
    pub modulus: Hex,
    pub prefix: Hex,
    pub signature: Hex,
}

impl Run for Credential {
    fn run(&self) -> String {
        let key = RsaPublicKey {
            modulus: self.modulus.0.clone().try_into().unwrap(),
        };
        let signature = RandomizedSignature {
            prefix: self.prefix.scale(),
            signature: self.signature.0.clone().try_into().unwrap(),
        };
        let message =
            credential_message(&self.context.decode(), self.district, &self.account.scale());
        format!("{:?}", blind_signature::verify(&key, &message, &signature))
    }
}
