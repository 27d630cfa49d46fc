//! A limit on everything, each with its reason.

/// Districts of one election: a country's constituencies by region; 256 districts with eight
/// registrars' RSA-2048 keys are half a megabyte of manifest, which fits into one block.
pub const MAX_DISTRICTS: u32 = 256;
/// Contests of one district (file contract).
pub const MAX_CONTESTS: u32 = psephos_crypto::ballot::MAX_CONTESTS;
/// Options of one contest (file contract).
pub const MAX_OPTIONS: u32 = psephos_crypto::ballot::MAX_OPTIONS;
/// Trustees of one election: the ceremony's work grows with their square.
pub const MAX_TRUSTEES: u32 = psephos_crypto::key_ceremony::MAX_TRUSTEES;
/// Registrars of one election: a credential carries up to one signature of each.
pub const MAX_REGISTRARS: u32 = 8;
/// Bytes of a title or a name in UTF-8.
pub const MAX_TEXT_BYTES: u32 = 512;
/// Voters named in one `participate` or `issue`: keeps an official's call below a tenth of a block.
pub const MAX_VOTERS_PER_CALL: u32 = 256;
/// Elections that may open, or close, in one block: their work is done in `on_initialize`.
pub const MAX_ELECTIONS_PER_BLOCK: u32 = 4;
/// Ballots whose records share one storage value: keeps the key's cost per ballot under two bytes.
pub const BALLOTS_PER_PAGE: u32 = 64;
/// Invalid share submissions of one trustee for one district that are looked at before further ones
/// are refused at the pool: verifying costs the network, and a trustee who errs is told at once.
pub const MAX_INVALID_SHARES: u32 = 3;
/// Length of a block in milliseconds.
pub const BLOCK_MILLISECONDS: u64 = 3_000;
/// Blocks of 24 hours.
pub const BLOCKS_PER_DAY: u32 = (24 * 60 * 60 * 1_000 / BLOCK_MILLISECONDS) as u32;
/// A voter may apply or withdraw once within this many blocks (protocol: at most one change a day).
pub const CHANGE_INTERVAL: u32 = BLOCKS_PER_DAY;
/// Ballots of one district that a tally can count: bounds the discrete logarithm's search, so that
/// the largest tally of all ends within a slot.
pub const MAX_BALLOTS_PER_DISTRICT: u32 = 4_000_000;
/// Ballots of one account where revoting is allowed: keeps one voter from filling blocks for ever,
/// and lets a voter's list of their own ballots be whole.
pub const MAX_BALLOTS_PER_ACCOUNT: u32 = 100;

// A ballot is refused by its options before any curve operation, so these must agree.
const _: () = assert!(MAX_OPTIONS <= u8::MAX as u32);
const _: () = assert!(
    MAX_REGISTRARS <= 8,
    "a voter's record keeps registrars as bits of a byte"
);
const _: () = assert!(MAX_TRUSTEES <= u8::MAX as u32);
