//! Trustee.
