//! Trustees' messages: the key ceremony's and the tally's.

use std::sync::LazyLock;

use codec::Encode;
use psephos_crypto::{
    decryption::verify_shares,
    elgamal::Ciphertext,
    key_ceremony::{combine, package_commitment, verify_package, Package},
    sealing::{judge_complaint, open, Envelope, SealedShare, SealingKey, Verdict as Judgement},
};
use psephos_primitives::tally::DistrictShares;

use crate::{
    vectors::{case, Case, File},
    wire::canonical,
    Verdict,
};

static PACKAGE: LazyLock<Case> = LazyLock::new(|| case(File::KeyCeremony, "a package"));
static SEALED: LazyLock<Case> =
    LazyLock::new(|| case(File::Sealing, "a complaint of a right share"));
static SHARES: LazyLock<Case> = LazyLock::new(|| case(File::Decryption, "the shares of trustee 1"));

/// Packages: an accepted one has the trustee's own constant coefficient and proof, only its own package
/// has its commitment, and whatever decodes can be added up or is refused.
pub fn package(bytes: &[u8]) -> Verdict {
    let Some(package) = canonical::<Package>(bytes) else {
        return Verdict::Refused;
    };
    let case = &*PACKAGE;
    let (context, epoch, trustee) = (case.context(), case.number("epoch"), case.number("trustee"));
    let threshold = case.number("threshold");
    let verified = verify_package(&context, epoch, trustee, threshold, &package);
    let honest: Package = case.scale("package");
    // The proof of knowledge is of the constant coefficient. What binds the others is the commitment.
    let proved = |package: &Package| {
        let constant = package.commitments.first().copied();
        (constant, package.proof_commitment, package.proof_response)
    };
    assert!(verified.is_err() || proved(&package) == proved(&honest));
    assert!(verified.is_ok() || package != honest);
    let commitment = |package| package_commitment(&context, epoch, trustee, package);
    assert_eq!(
        commitment(&package) == commitment(&honest),
        package == honest
    );
    let combined = combine(
        &context,
        epoch,
        &[(trustee, &package), (trustee + 1, &honest)],
    );
    if let Ok(keys) = combined {
        assert_eq!(keys.verification_shares.len(), 2);
        assert_eq!(package.commitments.len(), honest.commitments.len());
    }
    Verdict::of(&verified)
}

/// Sealed shares: one that opens is the dealer's own, and the judge of a complaint agrees with the
/// recipient.
pub fn sealed_share(bytes: &[u8]) -> Verdict {
    let Some(sealed) = canonical::<SealedShare>(bytes) else {
        return Verdict::Refused;
    };
    let case = &*SEALED;
    let (context, package) = (case.context(), case.scale("dealer_package"));
    let envelope = Envelope {
        context: &context,
        epoch: case.number("epoch"),
        dealer: case.number("dealer"),
        recipient: case.number("recipient"),
        dealer_package: &package,
    };
    let key = SealingKey::from_bytes(&case.array("disclosed_private_key"));
    let opened = open(&envelope, &key, &sealed);
    assert_eq!(opened.is_ok(), bytes == case.bytes("sealed_share"));
    let judged = judge_complaint(&envelope, &key.to_bytes(), &key.public_key(), &sealed);
    let guilty = match opened {
        Ok(_) => Judgement::ComplainerAtFault,
        Err(_) => Judgement::DealerAtFault,
    };
    assert_eq!(judged, guilty);
    Verdict::of(&opened)
}

/// Decryption shares: accepted ones are the trustee's own.
pub fn decryption_shares(bytes: &[u8]) -> Verdict {
    let Some(shares) = canonical::<DistrictShares>(bytes) else {
        return Verdict::Refused;
    };
    let case = &*SHARES;
    let sums: Vec<Ciphertext> = case.scale("sums");
    let verified = verify_shares(
        &case.context(),
        case.number("epoch"),
        case.number("district"),
        case.number("trustee"),
        &case.point("verification_share"),
        &sums,
        &shares,
    );
    let honest: DistrictShares = case.scale("shares");
    assert_eq!(verified.is_ok(), shares.encode() == honest.encode());
    Verdict::of(&verified)
}
