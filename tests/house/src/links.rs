//! Links between documents: each leads to a file or folder that is there.

use std::path::{Component, Path, PathBuf};

use crate::{tree::TextFile, Finding};

/// Links in Markdown files that lead nowhere. `exists` says whether a path, relative to the
/// repository, is there.
pub fn check(files: &[TextFile], exists: impl Fn(&Path) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.extension() == Some("md")) {
        for (place, line) in file.places() {
            for target in targets(line).filter(|target| is_relative(target)) {
                let path = target.split('#').next().unwrap_or_default();
                if !path.is_empty() && !exists(&resolve(&file.path, path)) {
                    findings.push(Finding::new(&place, format!("{target} leads nowhere")));
                }
            }
        }
    }
    findings
}

/// What stands in the round brackets of `[text](target)`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("](").filter_map(|(start, bracket)| {
        let rest = line.get(start + bracket.len()..)?;
        rest.get(..rest.find(')')?)
    })
}

fn is_relative(target: &str) -> bool {
    !target.contains("://") && !target.starts_with("mailto:")
}

/// A link's path, seen from the repository.
fn resolve(from: &str, target: &str) -> PathBuf {
    let mut path = PathBuf::new();
    let folder = Path::new(from).parent().unwrap_or(Path::new(""));
    for component in folder.join(target).components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let file = TextFile {
            path: "docs/spec/a.md".into(),
            text: text.into(),
        };
        let there = ["docs/spec/b.md", "README.md", "docs/spec"];
        check(&[file], |path| {
            there.iter().any(|known| Path::new(known) == path)
        })
        .iter()
        .map(ToString::to_string)
        .collect()
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        let text =
            "[b](b.md), [up](../../README.md#x), [here](./), [there](https://x.y/z), [top](#top)";
        assert_eq!(problems(text), Vec::<String>::new());
    }

    #[test]
    fn broken_links_are_found() {
        let text = "one\n[b](b.md) and [c](c.md#part), [r](README.md)";
        assert_eq!(
            problems(text),
            [
                "docs/spec/a.md:2: c.md#part leads nowhere",
                "docs/spec/a.md:2: README.md leads nowhere"
            ]
        );
    }
}
