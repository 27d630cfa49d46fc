//! Properties of everything that reads what strangers send.
//!
//! Each [`Target`] takes any bytes, and panics where the code that reads them breaks a promise. The
//! fuzzer looks for such bytes (`scripts/fuzz`); a test replays the seeds, from which it begins.
//!
//! * on chain: [`wire`], [`ballots`], [`credentials`], [`ceremony`];
//! * checked by anybody: [`proofs`];
//! * files and texts: [`files`], [`roll`], [`voter`].

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod ballots;
pub mod ceremony;
pub mod credentials;
pub mod files;
pub mod proofs;
pub mod roll;
pub mod vectors;
pub mod voter;
pub mod wire;

/// What became of an input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Read, and found right.
    Accepted,
    /// Refused, as most bytes are.
    Refused,
}

impl Verdict {
    fn of<T, E>(result: &Result<T, E>) -> Self {
        match result {
            Ok(_) => Self::Accepted,
            Err(_) => Self::Refused,
        }
    }
}

/// Something that reads bytes from strangers.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// As on the command line, and the name of the folder with its seeds.
    pub name: &'static str,
    /// What it reads, and what holds whatever that is.
    pub about: &'static str,
    /// Panics if that does not hold.
    pub check: fn(&[u8]) -> Verdict,
}

/// All, sorted by name.
pub const TARGETS: [Target; 18] = [
    Target {
        name: "archive",
        about: "an election's archive: the audit ends, and accepts nothing but the honest result",
        check: proofs::archive,
    },
    Target {
        name: "ballot",
        about: "a ballot and its proofs: accepted only as its voter has made it, alone and in a batch",
        check: ballots::ballot,
    },
    Target {
        name: "blind-message",
        about: "what a voter asks a registrar to sign: signed only if it fits the key",
        check: credentials::blind_message,
    },
    Target {
        name: "blind-signature",
        about: "a registrar's answer: what is unblinded from it verifies",
        check: credentials::blind_signature,
    },
    Target {
        name: "credential",
        about: "an unblinded signature and a key: accepted only as the registrar has made it",
        check: credentials::credential,
    },
    Target {
        name: "decryption-shares",
        about: "a trustee's shares of the sums: accepted only as the trustee has made them",
        check: ceremony::decryption_shares,
    },
    Target {
        name: "definition",
        about: "election.json: what is read is a ballot paper for each district, as the chain encodes it",
        check: files::definition,
    },
    Target {
        name: "envelope",
        about: "an envelope for a relay, and one that holds any bytes: opens only as it was sealed",
        check: voter::envelope,
    },
    Target {
        name: "extrinsic",
        about: "an extrinsic as in a block: encodes to the bytes that it was decoded from",
        check: wire::extrinsic,
    },
    Target {
        name: "justification",
        about: "GRANDPA's justification: accepted only with the authorities' own votes",
        check: proofs::justification,
    },
    Target {
        name: "kept-secrets",
        about: "a voter's one-time key as the browser keeps it: what is taken up is kept as it was",
        check: voter::kept_secrets,
    },
    Target {
        name: "opened-ballot",
        about: "a challenged ballot's code: what is read is written as it was, and its check ends",
        check: voter::opened_ballot,
    },
    Target {
        name: "package",
        about: "a key-ceremony package: accepted only with the proof that the trustee has made",
        check: ceremony::package,
    },
    Target {
        name: "receipt",
        about: "a voter's receipt: proves nothing but what the register holds",
        check: proofs::receipt,
    },
    Target {
        name: "register-files",
        about: "cards, requests and lists of voters: every value is in the file; errors name their place",
        check: files::register_files,
    },
    Target {
        name: "roll",
        about: "a registrar's roll: all rows are taken, or none and every bad one is named",
        check: roll::roll,
    },
    Target {
        name: "sealed-share",
        about: "a share sealed to a trustee: opens only as it was sealed; recipient and judge agree",
        check: ceremony::sealed_share,
    },
    Target {
        name: "votes",
        about: "votes.csv: every row becomes a vote that its ballot paper allows",
        check: files::votes,
    },
];
