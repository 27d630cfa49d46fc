//! HTTP with what runs on this machine.

/// A client for plain HTTP.
pub fn client() -> reqwest::Client {
    // It speaks no TLS here, and wants to know how it would. An earlier choice in this process stands.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
