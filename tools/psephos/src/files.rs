//! Files that must not be lost, or must not be read by others.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;

/// Readable and writable by its owner only.
const PRIVATE: u32 = 0o600;
/// Readable by everybody.
const PUBLIC: u32 = 0o644;

/// Writes a new private file; one that exists is never overwritten.
pub fn create_private(path: &Path, contents: &[u8]) -> anyhow::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(PRIVATE)
        .open(path)
        .with_context(|| format!("cannot create {}", path.display()))?;
    file.write_all(contents)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Replaces a private file as a whole: whoever reads sees the old contents or the new.
pub fn replace_private(path: &Path, contents: &[u8]) -> anyhow::Result<()> {
    replace(path, contents, PRIVATE)
}

/// The same for a file that everybody may read.
pub fn replace_public(path: &Path, contents: &[u8]) -> anyhow::Result<()> {
    replace(path, contents, PUBLIC)
}

fn replace(path: &Path, contents: &[u8], mode: u32) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let draft = beside(path);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&draft)
        .with_context(cannot)?;
    file.write_all(contents)
        .and_then(|()| file.sync_all())
        .with_context(cannot)?;
    std::fs::rename(&draft, path).with_context(cannot)?;
    sync_directory(path).with_context(cannot)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".new");
    path.with_file_name(name)
}

/// Makes a rename or a creation durable.
fn sync_directory(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// Makes a directory that only its owner may enter.
pub fn create_private_directory(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot create the directory {}", path.display()))
}

/// A private file that lines are added to; each call returns when they are on the disk.
#[derive(Debug)]
pub struct AppendLog {
    file: File,
    path: PathBuf,
}

impl AppendLog {
    /// Opens the file, or makes it, and holds it for this process alone. A last line that was not
    /// written to its end is cut off: its writer never went on.
    pub fn open(path: &Path) -> anyhow::Result<(Self, Vec<String>)> {
        let cannot = || format!("cannot open {}", path.display());
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(PRIVATE)
            .open(path)
            .with_context(cannot)?;
        file.try_lock().map_err(|error| {
            anyhow::anyhow!("{} is in use by another process: {error}", path.display())
        })?;
        let text = std::fs::read_to_string(path).with_context(cannot)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            file.set_len(whole as u64).with_context(cannot)?;
        }
        let lines = text[..whole].lines().map(String::from).collect();
        Ok((
            Self {
                file,
                path: path.to_path_buf(),
            },
            lines,
        ))
    }

    /// Adds lines; returns when they are on the disk.
    pub fn append(&mut self, lines: impl IntoIterator<Item = String>) -> anyhow::Result<()> {
        let mut block = String::new();
        for line in lines {
            block.push_str(&line);
            block.push('\n');
        }
        if block.is_empty() {
            return Ok(());
        }
        self.file
            .write_all(block.as_bytes())
            .and_then(|()| self.file.sync_data())
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path)
            .expect("exists")
            .permissions()
            .mode()
            & 0o777
    }

    #[test]
    fn private_files_are_private_and_never_overwritten() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("key");
        create_private(&path, b"1").expect("is new");
        assert_eq!(mode(&path), 0o600);
        let error = create_private(&path, b"2").map_err(|error| error.to_string());
        assert_eq!(error, Err(format!("cannot create {}", path.display())));
        assert_eq!(std::fs::read(&path).expect("exists"), b"1");
        replace_private(&path, b"3").expect("may be replaced");
        assert_eq!(
            (std::fs::read(&path).expect("exists"), mode(&path)),
            (b"3".to_vec(), 0o600)
        );
    }

    #[test]
    fn a_log_forgets_a_torn_line_and_admits_one_writer() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("log");
        std::fs::write(&path, "a\nb\ntor").expect("writable");
        let (mut log, lines) = AppendLog::open(&path).expect("opens");
        assert_eq!(lines, ["a", "b"]);
        let second = AppendLog::open(&path)
            .map(|_| ())
            .map_err(|error| error.to_string());
        let words = format!("{} is in use by another process", path.display());
        assert!(second.is_err_and(|error| error.starts_with(&words)));
        log.append(["c".into(), "d".into()]).expect("writes");
        drop(log);
        let (_log, lines) = AppendLog::open(&path).expect("opens");
        assert_eq!(lines, ["a", "b", "c", "d"]);
    }
}
