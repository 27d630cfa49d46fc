//! The repository's own text files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Folders with what others wrote, or what was built.
const FOREIGN: [&str; 8] = [
    ".git",
    "target",
    "node_modules",
    "dist",
    "generated",
    "output",
    ".hypothesis",
    ".schemathesis",
];

/// A text file of the repository.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextFile {
    /// Relative to the repository, with `/` between folders.
    pub path: String,
    /// Its contents.
    pub text: String,
}

impl TextFile {
    /// What its name ends with, if it has a dot.
    pub fn extension(&self) -> Option<&str> {
        Path::new(&self.path).extension()?.to_str()
    }

    /// Its lines, numbered from 1, each with its place for a finding.
    pub fn places(&self) -> impl Iterator<Item = (String, &str)> {
        self.text
            .lines()
            .zip(1..)
            .map(|(line, number)| (format!("{}:{number}", self.path), line))
    }
}

/// The repository's root folder.
pub fn root() -> PathBuf {
    // As cargo says when it runs the tests: what it said when it built them may have been another
    // checkout with the same target folder.
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default())
        .ancestors()
        .nth(2)
        .map(Into::into)
        .unwrap_or_default()
}

/// Every UTF-8 file beneath `root` that is the repository's own, by path.
pub fn read(root: &Path) -> io::Result<Vec<TextFile>> {
    let mut files = Vec::new();
    walk(root, root, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<TextFile>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if !FOREIGN.iter().any(|name| entry.file_name() == *name) {
                walk(root, &path, files)?;
            }
        } else if let Ok(text) = String::from_utf8(fs::read(&path)?) {
            let relative = path.strip_prefix(root).unwrap_or(&path);
            files.push(TextFile {
                path: relative.to_string_lossy().into_owned(),
                text,
            });
        }
    }
    Ok(())
}
