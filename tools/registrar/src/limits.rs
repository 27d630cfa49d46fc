//! A bound on everything, each with its reason.

use std::time::Duration;

/// How long a sign-in lasts: applying, or waiting for a code and voting, takes minutes.
pub const SIGN_IN_SECONDS: i64 = 30 * 60;
/// How long a voter may take at the OpenID provider.
pub const PROVIDER_SECONDS: i64 = 10 * 60;
/// How long a ballot session lasts (protocol: 15 minutes).
pub const BALLOT_SESSION_SECONDS: i64 = 15 * 60;
/// How long a one-time code is good: a text message takes up to a few minutes.
pub const CODE_SECONDS: i64 = 10 * 60;
/// Digits of a one-time code. With [`CODE_TRIES`] and [`CODES_PER_WINDOW`] a guesser is right once in
/// 40,000 windows.
pub const CODE_DIGITS: usize = 6;
/// Wrong codes that are forgiven before another one has to be sent.
pub const CODE_TRIES: i64 = 5;
/// A voter waits so long before another code is sent: messages overtake each other.
pub const CODE_RESEND_SECONDS: i64 = 60;
/// Length of the window in which codes are counted.
pub const CODE_WINDOW_SECONDS: i64 = 60 * 60;
/// Codes of one voter within the window: messages cost money, and each brings [`CODE_TRIES`] guesses.
pub const CODES_PER_WINDOW: i64 = 5;
/// A sender that takes longer has failed; the voter may ask again.
pub const SENDER_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of a request's body: the largest is a blinded message of 512 bytes in hexadecimal.
pub const BODY_BYTES: usize = 8 * 1024;
/// A request that takes longer is given up; the chain is never waited for within one.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// Requests that are worked on at once; more are told to come back.
pub const CONCURRENT_REQUESTS: usize = 512;
/// Requests per second and as a burst that one voter may make, polling included.
pub const VOTER_RATE: Rate = Rate {
    per_second: 2.0,
    burst: 30.0,
};
/// Attempts to sign in with one identity number: an identity and a date of birth can be guessed.
pub const IDENTITY_RATE: Rate = Rate {
    per_second: 1.0 / 60.0,
    burst: 10.0,
};
/// Sign-ins of all voters together that begin at the provider. Whoever comes may begin one, so they
/// have a bucket of their own: emptied, it stops nobody who comes back.
pub const BEGUN_SIGN_IN_RATE: Rate = Rate {
    per_second: 100.0,
    burst: 1_000.0,
};
/// Sign-ins of all voters together that end: what a registrar's machine bears easily. More than begin,
/// so that those who begin without end do not stop the others.
pub const SIGN_IN_RATE: Rate = Rate {
    per_second: 200.0,
    burst: 1_000.0,
};
/// Sign-ins that are open at the provider at once; another one takes the oldest's place. At
/// [`BEGUN_SIGN_IN_RATE`] that is eight minutes old, and a voter takes one or two.
pub const OPEN_SIGN_INS: i64 = 50_000;
/// Voters that the rates are remembered of; beyond that, those who are full again are forgotten.
pub const REMEMBERED_RATES: usize = 100_000;

/// Rows of the outbox that are looked at in one turn.
pub const OUTBOX_BATCH: i64 = 2_000;
/// Pause before the outbox is tried again after a failure of the nodes.
pub const OUTBOX_PAUSE: Duration = Duration::from_secs(3);
/// When a voter should ask again while the chain finalises: about half of what it takes.
pub const RECORDING_RETRY_SECONDS: u64 = 2;
/// How long the chain's standing is believed: a block is made every three seconds.
pub const STANDING_SECONDS: u64 = 1;
/// How long requests may finish after the service was told to stop.
pub const SHUTDOWN: Duration = Duration::from_secs(10);
/// Connections to the database: RSA keeps both cores busy before these are short.
pub const DATABASE_CONNECTIONS: u32 = 4;

/// A token bucket's terms.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// What is added each second.
    pub per_second: f64,
    /// What it holds at most.
    pub burst: f64,
}
