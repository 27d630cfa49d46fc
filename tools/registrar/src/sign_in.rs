//! Who somebody is: by the log-in of development, or by an OpenID provider's word.

pub mod identity;
pub mod oidc;
