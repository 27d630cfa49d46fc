//! Encryption.
#[derive(Clone, Default)]
pub(crate) struct KeyTable;
