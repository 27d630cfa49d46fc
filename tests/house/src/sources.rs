//! What a source file may not hold.

use crate::{tree::TextFile, Finding};

/// Lines that a file about one concept needs at most.
const MAX_LINES: usize = 600;

/// Extensions of code that people write. Scripts have none.
const CODE: [&str; 6] = ["rs", "ts", "js", "mjs", "svelte", "tsx"];

/// Marks of unfinished work. Taken apart here, or this file would break its own rule.
const UNFINISHED: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
];
/// Tests that do not run.
const SILENT_TESTS: [&str; 4] = [
    concat!("#[ign", "ore"),
    concat!("it.sk", "ip("),
    concat!("test.sk", "ip("),
    concat!("describe.sk", "ip("),
];
/// Failures that a script passes over.
const SWALLOWED: [&str; 3] = [
    concat!("|| tr", "ue"),
    concat!("||tr", "ue"),
    concat!("set ", "+e"),
];
/// Paths of one machine, and neighbours of the checkout that a clone does not have.
const MACHINE_PATHS: [&str; 5] = [
    concat!("/work/", "main"),
    concat!("/work/", "shared"),
    concat!("../", "shared"),
    concat!("/tmp", "/s/"),
    concat!("/ro", "ot/"),
];

/// Breaches of the rules on sources.
pub fn check(files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let script = is_script(file);
        let code = file
            .extension()
            .is_some_and(|extension| CODE.contains(&extension));
        if code || script {
            find(file, &UNFINISHED, "unfinished work", &mut findings);
            find(
                file,
                &SILENT_TESTS,
                "a test that does not run",
                &mut findings,
            );
            let lines = file.text.lines().count();
            if lines > MAX_LINES && !is_list(file) {
                let problem = format!("{lines} lines, more than {MAX_LINES}: one concept a file");
                findings.push(Finding::new(&file.path, problem));
            }
        }
        if script {
            find(
                file,
                &SWALLOWED,
                "a failure that is passed over",
                &mut findings,
            );
        }
        if file.extension() == Some("rs") {
            vague_assertions(file, &mut findings);
        }
        find(file, &MACHINE_PATHS, "a path of one machine", &mut findings);
    }
    findings
}

fn is_script(file: &TextFile) -> bool {
    file.text.starts_with("#!")
        || file.path.starts_with("scripts/")
        || file.path.starts_with(".ci/")
}

/// Weights, and what measures them, have an entry for every call and are as long as there are calls.
fn is_list(file: &TextFile) -> bool {
    file.path.ends_with("/weights.rs")
}

fn find(file: &TextFile, marks: &[&str], problem: &str, findings: &mut Vec<Finding>) {
    for (place, line) in file.places() {
        if let Some(mark) = marks.iter().find(|mark| line.contains(**mark)) {
            findings.push(Finding::new(place, format!("{problem}: {mark}")));
        }
    }
}

/// A test that accepts any error passes for the wrong reason sooner or later.
fn vague_assertions(file: &TextFile, findings: &mut Vec<Finding>) {
    for (place, line) in file.places() {
        let asserts = line.contains("assert!(") || line.contains("assert_matches!(");
        if asserts
            && (line.contains(concat!(".is_", "err()")) || line.contains(concat!("Err(", "_)")))
        {
            findings.push(Finding::new(place, "a test that accepts any error"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, text: &str) -> Vec<(String, String)> {
        check(&[TextFile {
            path: path.into(),
            text: text.into(),
        }])
        .into_iter()
        .map(|finding| (finding.place, finding.problem))
        .collect()
    }

    fn one(place: &str, problem: impl Into<String>) -> Vec<(String, String)> {
        vec![(place.into(), problem.into())]
    }

    #[test]
    fn unfinished_work_is_found() {
        for mark in UNFINISHED {
            let expected = one("a.rs:2", format!("unfinished work: {mark}"));
            assert_eq!(
                problems("a.rs", &format!("fn f() {{}}\n// {mark} later")),
                expected
            );
        }
    }

    #[test]
    fn silent_tests_are_found() {
        for mark in SILENT_TESTS {
            let expected = one("a.mjs:1", format!("a test that does not run: {mark}"));
            assert_eq!(problems("a.mjs", mark), expected);
        }
    }

    #[test]
    fn long_files_are_found() {
        assert_eq!(problems("a.rs", &"\n".repeat(600)), []);
        let expected = one("a.rs", "601 lines, more than 600: one concept a file");
        assert_eq!(problems("a.rs", &"\n".repeat(601)), expected);
        assert_eq!(problems("runtime/weights.rs", &"\n".repeat(601)), []);
    }

    #[test]
    fn swallowed_failures_are_found() {
        for mark in SWALLOWED {
            let expected = one(
                "scripts/x:2",
                format!("a failure that is passed over: {mark}"),
            );
            assert_eq!(
                problems("scripts/x", &format!("#!/bin/sh\nrm x {mark}")),
                expected
            );
            assert_eq!(problems("docs/x.md", mark), []);
        }
    }

    #[test]
    fn vague_assertions_are_found() {
        let line = concat!("assert!(vote().is_", "err());");
        let expected = one("a.rs:1", "a test that accepts any error");
        assert_eq!(problems("a.rs", line), expected);
        assert_eq!(problems("a.rs", concat!("if vote().is_", "err() {")), []);
    }

    #[test]
    fn machine_paths_are_found_in_every_text() {
        for mark in MACHINE_PATHS {
            let expected = one("notes.md:1", format!("a path of one machine: {mark}"));
            assert_eq!(problems("notes.md", &format!("see {mark}x")), expected);
        }
    }
}
