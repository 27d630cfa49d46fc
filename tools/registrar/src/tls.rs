//! Certificate and key that the service shows to browsers.

use std::{path::Path, sync::Arc};

use axum_server::tls_rustls::RustlsConfig;
use psephos::failure::{read_input, InputError};
use rustls::{
    pki_types::{pem::PemObject, CertificateDer, PrivateKeyDer},
    ServerConfig,
};
use zeroize::Zeroizing;

/// Reads both; says which file is not what it should be.
pub fn configuration(certificate: &Path, key: &Path) -> Result<RustlsConfig, InputError> {
    let about = |path: &Path, message: String| InputError::new(path.display().to_string(), message);
    let text = read_input(certificate)?;
    let chain = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain =
        chain.ok_or_else(|| about(certificate, "holds no certificate chain in PEM".into()))?;
    let text = Zeroizing::new(read_input(key)?);
    let secret = PrivateKeyDer::from_pem_slice(&text)
        .map_err(|_| about(key, "holds no private key in PEM".into()))?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                let certificate = certificate.display();
                about(
                    key,
                    format!("is not the key of the certificate in {certificate}"),
                )
            }
            error => about(certificate, format!("cannot be used: {error}")),
        })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::install_cryptography;
    use std::path::PathBuf;

    fn files() -> (tempfile::TempDir, impl Fn(&str, &str) -> PathBuf) {
        install_cryptography();
        let folder = tempfile::tempdir().expect("temporary directory");
        let path = folder.path().to_owned();
        let file = move |name: &str, text: &str| {
            let file = path.join(name);
            std::fs::write(&file, text).expect("writable");
            file
        };
        (folder, file)
    }

    fn pair() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("is made");
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    fn error(certificate: &Path, key: &Path) -> String {
        let made = configuration(certificate, key);
        made.map(|_| String::new())
            .unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn a_certificate_and_its_key_are_taken() {
        let (_folder, file) = files();
        let (certificate, key) = pair();
        let (certificate, key) = (file("chain.pem", &certificate), file("key.pem", &key));
        assert_eq!(error(&certificate, &key), "");
    }

    #[test]
    fn whatever_is_wrong_is_named_with_its_file() {
        let (folder, file) = files();
        let (certificate, key) = pair();
        let (_, another) = pair();
        let (chain, key) = (file("chain.pem", &certificate), file("key.pem", &key));
        let said = |path: &Path, message: &str| format!("{}: {message}", path.display());
        let missing = folder.path().join("missing.pem");
        let nothing = "No such file or directory (os error 2)";
        assert_eq!(error(&missing, &key), said(&missing, nothing));
        assert_eq!(error(&chain, &missing), said(&missing, nothing));
        // A key in place of a certificate, and the other way round.
        assert_eq!(
            error(&key, &key),
            said(&key, "holds no certificate chain in PEM")
        );
        assert_eq!(
            error(&chain, &chain),
            said(&chain, "holds no private key in PEM")
        );
        let another = file("another.pem", &another);
        let message = format!("is not the key of the certificate in {}", chain.display());
        assert_eq!(error(&chain, &another), said(&another, &message));
        let cut = file("cut.pem", &certificate[..certificate.len() / 2]);
        assert_eq!(
            error(&cut, &key),
            said(&cut, "holds no certificate chain in PEM")
        );
    }
}
