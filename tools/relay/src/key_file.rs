//! The file with a relay's key: hexadecimal digits that nobody but its owner can read.
//!
//! It is not encrypted, since a relay has to start again by itself when its machine does.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use anyhow::{bail, ensure, Context, Result};
use psephos_envelope::RelayKey;
use rand_core::OsRng;
use zeroize::Zeroizing;

/// Digits of a key, and a line's end.
const MAX_FILE_BYTES: u64 = 64 + 1;

/// Makes a key and writes it into a new file.
pub fn generate(path: &Path) -> Result<RelayKey> {
    let key = RelayKey::generate(&mut OsRng);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot make the key file {}", path.display()))?;
    let digits = Zeroizing::new(hex::encode(key.to_bytes().as_slice()));
    file.write_all(digits.as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write the key file {}", path.display()))?;
    Ok(key)
}

/// Reads a key; refuses a file that others can read.
pub fn read(path: &Path) -> Result<RelayKey> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot open the key file {shown}"))?;
    let mode = file.metadata()?.permissions().mode();
    ensure!(
        mode & 0o077 == 0,
        "others than its owner may use the key file {shown}: chmod 600 it, and think about a new key"
    );
    let mut digits = Zeroizing::new(String::with_capacity(MAX_FILE_BYTES as usize + 1));
    file.take(MAX_FILE_BYTES + 1)
        .read_to_string(&mut digits)
        .with_context(|| format!("cannot read the key file {shown}"))?;
    let mut bytes = Zeroizing::new([0; 32]);
    let decoded = hex::decode_to_slice(digits.trim_end_matches('\n'), bytes.as_mut_slice());
    match decoded.ok().and_then(|()| RelayKey::from_bytes(&bytes)) {
        Some(key) => Ok(key),
        None => bail!("the key file {shown} does not hold 64 hexadecimal digits"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_made_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let made = generate(&path).unwrap();
        assert_eq!(read(&path).unwrap().public_key(), made.public_key());
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let again = generate(&path).unwrap_err().to_string();
        assert!(again.starts_with("cannot make the key file"), "{again}");
    }

    #[test]
    fn files_that_others_read_or_that_hold_no_key_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        generate(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.starts_with("others than its owner"), "{error}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for wrong in ["", "00", &"00".repeat(33), &"zz".repeat(32)] {
            fs::write(&path, wrong).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(
                error.ends_with("does not hold 64 hexadecimal digits"),
                "{error}"
            );
        }
    }
}
