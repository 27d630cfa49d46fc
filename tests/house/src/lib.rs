//! Rules of this repository that no compiler checks. Each check takes what it looks at as an
//! argument and returns what it found, so that its own tests can show it a bad example.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod layers;
pub mod links;
pub mod sources;
pub mod spec_ids;
pub mod tree;

/// Where a rule is broken, and how.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Finding {
    /// A file, with its line where there is one, or a package.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

impl Finding {
    fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            problem: problem.into(),
        }
    }
}

impl core::fmt::Display for Finding {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// Findings as one text, one a line, for a test's message.
pub fn list(findings: &[Finding]) -> String {
    findings
        .iter()
        .map(|finding| format!("\n  {finding}"))
        .collect()
}
