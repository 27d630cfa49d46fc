//! Step IDs: `PSE-BAL-3` is the third step of the specification's chapter on ballots. Code cites
//! them; each has to be defined exactly once, as a heading or list item that begins with it in bold.

use std::collections::BTreeMap;

use crate::{tree::TextFile, Finding};

/// What every ID begins with.
const PREFIX: &str = "PSE-";
/// Where IDs are defined.
const SPECIFICATION: &str = "docs/spec/";
/// Extensions of files whose citations have to resolve.
const CITING: [&str; 4] = ["rs", "md", "ts", "mjs"];

/// IDs that are cited but not defined, or defined more than once.
pub fn check(files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut defined = BTreeMap::<&str, String>::new();
    for file in files.iter().filter(|file| is_specification(file)) {
        for (place, line) in file.places() {
            let Some(id) = definition(line) else {
                continue;
            };
            if let Some(first) = defined.get(id) {
                let problem = format!("{id} is defined at {first} already");
                findings.push(Finding::new(place, problem));
            } else {
                defined.insert(id, place);
            }
        }
    }
    for file in files.iter().filter(|file| cites(file)) {
        for (place, line) in file.places() {
            for id in ids(line).filter(|id| !defined.contains_key(id)) {
                findings.push(Finding::new(
                    &place,
                    format!("{id} is not defined in {SPECIFICATION}"),
                ));
            }
        }
    }
    findings
}

fn is_specification(file: &TextFile) -> bool {
    file.path.starts_with(SPECIFICATION) && file.extension() == Some("md")
}

fn cites(file: &TextFile) -> bool {
    file.extension()
        .is_some_and(|extension| CITING.contains(&extension))
}

/// The ID that a line defines.
fn definition(line: &str) -> Option<&str> {
    let (marker, text) = line.trim_start().split_once(' ')?;
    let heading = marker.bytes().all(|byte| byte == b'#');
    let bullet = ["-", "*"].contains(&marker);
    let number = marker
        .strip_suffix('.')
        .is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    if !(heading || bullet || number) {
        return None;
    }
    let text = text.trim_start().strip_prefix("**")?;
    let id = ids(text).next()?;
    text.strip_prefix(id)?.starts_with("**").then_some(id)
}

/// Every ID in a line.
fn ids(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices(PREFIX).filter_map(|(start, _)| {
        let id = line.get(start..)?;
        let chapter = id.get(PREFIX.len()..)?.find('-')? + PREFIX.len();
        let letters = id.get(PREFIX.len()..chapter)?;
        let digits = id.get(chapter + 1..)?;
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        let whole =
            letters.len() == 3 && letters.bytes().all(|b| b.is_ascii_uppercase()) && end > 0;
        whole.then(|| id.get(..chapter + 1 + end)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Put together here, so that the examples are no citations of this file's.
    fn id(rest: &str) -> String {
        format!("{PREFIX}{rest}")
    }

    fn check_texts(spec: &str, code: &str) -> Vec<(String, String)> {
        let file = |path: &str, text: &str| TextFile {
            path: path.into(),
            text: text.into(),
        };
        check(&[file("docs/spec/ballot.md", spec), file("src/lib.rs", code)])
            .into_iter()
            .map(|finding| (finding.place, finding.problem))
            .collect()
    }

    #[test]
    fn a_citation_needs_its_definition() {
        let (known, unknown) = (id("BAL-1"), id("BAL-12"));
        let code = format!("/// Casts ({known}, {unknown}).");
        assert_eq!(
            check_texts(&format!("- **{known}** Casting"), &code),
            [(
                "src/lib.rs:1".into(),
                format!("{unknown} is not defined in docs/spec/")
            )]
        );
    }

    #[test]
    fn headings_and_items_define_but_mentions_do_not() {
        let step = id("ELE-3");
        for line in [
            "### **S** Title",
            "- **S** text",
            "* **S**: text",
            "2. **S** text",
            "   - **S** x",
        ] {
            assert_eq!(check_texts(&line.replace('S', &step), &step), [], "{line}");
        }
        let undefined = |place: &str| {
            (
                place.to_string(),
                format!("{step} is not defined in docs/spec/"),
            )
        };
        for line in [
            "As S says",
            "**S** in a paragraph",
            "- see **S**",
            "- S without bold",
        ] {
            let found = check_texts(&line.replace('S', &step), &step);
            assert_eq!(
                found,
                [
                    undefined("docs/spec/ballot.md:1"),
                    undefined("src/lib.rs:1")
                ],
                "{line}"
            );
        }
    }

    #[test]
    fn a_step_is_defined_once() {
        let step = id("TAL-2");
        let spec = format!("- **{step}** one\n- **{step}** two");
        let problem = format!("{step} is defined at docs/spec/ballot.md:1 already");
        assert_eq!(
            check_texts(&spec, ""),
            [("docs/spec/ballot.md:2".into(), problem)]
        );
    }

    #[test]
    fn what_only_looks_like_an_id_is_none() {
        for text in ["BAL-", "BA-1", "BALL-1", "bal-1", "BAL1"] {
            assert_eq!(check_texts("", &id(text)), [], "{text}");
        }
    }
}
