//! What a node's folder holds: session keys, and room.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use sp_core::crypto::{
    key_types::{AURA, GRANDPA},
    KeyTypeId,
};

use crate::{
    failure::{InputError, Result},
    organisation::KEYSTORE,
};

/// Rights of others than the owner.
const OTHERS: u32 = 0o077;

/// What a node's folder holds.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// Public keys for making blocks whose secret is there.
    pub authors: Vec<[u8; 32]>,
    /// Public keys for finality whose secret is there.
    pub voters: Vec<[u8; 32]>,
    /// Files with secrets that others on this machine may read.
    pub readable: Vec<PathBuf>,
    /// Room on the file system.
    pub room: Room,
}

/// Room on a file system, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Room {
    /// For the node.
    pub free: u64,
    /// In all.
    pub size: u64,
}

impl Folder {
    /// Looks into the folder that the node has as `--base-path`.
    pub fn look(base: &Path) -> Result<Self> {
        if !base.is_dir() {
            let message = format!("{} is no folder", base.display());
            return Err(InputError::new("--base-path", message).into());
        }
        let mut found = Self {
            room: room(base)?,
            ..Self::default()
        };
        for keystore in keystores(base)? {
            found.collect(&keystore)?;
        }
        Ok(found)
    }

    fn collect(&mut self, keystore: &Path) -> anyhow::Result<()> {
        for path in entries(keystore)? {
            let Some((kind, key)) = key(&path) else {
                continue;
            };
            match kind {
                AURA => self.authors.push(key),
                GRANDPA => self.voters.push(key),
                // Of another purpose, and of no use here.
                _ => {}
            }
            let mode = fs::metadata(&path)
                .with_context(|| format!("cannot look at {}", path.display()))?
                .permissions()
                .mode();
            if mode & OTHERS != 0 {
                self.readable.push(path);
            }
        }
        Ok(())
    }
}

/// `keystore`, where `psephos org init` puts it, and those of each chain, where the node does.
fn keystores(base: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = vec![base.join(KEYSTORE)];
    let chains = base.join("chains");
    if chains.is_dir() {
        folders.extend(entries(&chains)?.into_iter().map(|c| c.join(KEYSTORE)));
    }
    folders.retain(|folder| folder.is_dir());
    Ok(folders)
}

fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read {}", folder.display());
    let mut paths = fs::read_dir(folder)
        .with_context(cannot)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .with_context(cannot)?;
    paths.sort();
    Ok(paths)
}

/// The kind and the public key that a file's name gives.
fn key(path: &Path) -> Option<(KeyTypeId, [u8; 32])> {
    let name = hex::decode(path.file_name()?.to_str()?).ok()?;
    let (kind, key) = name.split_at_checked(4)?;
    Some((KeyTypeId(kind.try_into().ok()?), key.try_into().ok()?))
}

fn room(folder: &Path) -> anyhow::Result<Room> {
    let said = rustix::fs::statvfs(folder)
        .with_context(|| format!("cannot tell the room in {}", folder.display()))?;
    Ok(Room {
        free: said.f_bavail.saturating_mul(said.f_frsize),
        size: said.f_blocks.saturating_mul(said.f_frsize),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_both_places_and_loose_files_are_named() {
        let base = tempfile::tempdir().expect("temporary directory");
        let (ours, chains) = (
            base.path().join("keystore"),
            base.path().join("chains/c/keystore"),
        );
        for folder in [&ours, &chains] {
            fs::create_dir_all(folder).expect("can be made");
        }
        let put = |path: PathBuf, mode: u32| {
            fs::write(&path, "\"//A\"").expect("writable");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("is ours");
            path
        };
        let name = |kind: &[u8], byte: u8| {
            let digits = hex::encode([byte; 32]);
            format!("{}{digits}", hex::encode(kind))
        };
        put(ours.join(name(b"aura", 1)), 0o600);
        let loose = put(chains.join(name(b"gran", 2)), 0o644);
        put(chains.join(name(b"acco", 3)), 0o600);
        put(chains.join("README"), 0o644);
        let found = Folder::look(base.path()).expect("is a folder");
        assert_eq!(
            (found.authors, found.voters, found.readable),
            (vec![[1; 32]], vec![[2; 32]], vec![loose])
        );
        assert!(found.room.free <= found.room.size && found.room.size > 0);
    }

    #[test]
    fn what_is_no_folder_is_bad_input() {
        let error = Folder::look(Path::new("/nowhere")).map(|_| ());
        let error = error.expect_err("is none");
        assert_eq!(error.to_string(), "--base-path: /nowhere is no folder");
        assert_eq!(error.exit_status(), 2);
    }
}
