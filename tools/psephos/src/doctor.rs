//! Checks a node, and says what to do about what is wrong (PSE-DOC-1).
//!
//! * [`reading`]: what the node says;
//! * [`folder`]: what its folder holds;
//! * [`reach`]: who can ask it, and what it then does for them;
//! * [`checks`]: what follows from that, in words. Nothing there asks anybody.

pub mod checks;
pub mod folder;
pub mod reach;
pub mod reading;

use serde::Serialize;

/// How a check came out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Good,
    /// Could not be looked at; the words say what it takes.
    NotChecked,
    /// Works, and should be looked at.
    Attention,
    /// The node does not do its part, or soon will not.
    Wrong,
}

/// One check.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Check {
    /// What was looked at.
    pub check: &'static str,
    /// How it came out.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do, unless it is good.
    pub remedy: Option<String>,
}

/// A node's health.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// The node that was asked.
    pub node: String,
    /// Nothing is wrong.
    pub healthy: bool,
    /// What was looked at, in the order in which to go about it.
    pub checks: Vec<Check>,
}

impl Check {
    /// As it should be.
    pub fn good(check: &'static str, found: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Good,
            found: found.into(),
            remedy: None,
        }
    }

    /// Otherwise.
    pub fn new(
        check: &'static str,
        state: State,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            check,
            state,
            found: found.into(),
            remedy: Some(remedy.into()),
        }
    }
}

impl Report {
    /// Of these checks.
    pub fn new(node: &str, checks: Vec<Check>) -> Self {
        Self {
            node: node.into(),
            healthy: checks.iter().all(|check| check.state < State::Wrong),
            checks,
        }
    }

    /// The checks that are wrong, by name.
    pub fn wrong(&self) -> Vec<&'static str> {
        let wrong = self.checks.iter().filter(|c| c.state == State::Wrong);
        wrong.map(|check| check.check).collect()
    }
}

impl core::fmt::Display for Report {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}", self.node)?;
        for check in &self.checks {
            let sign = match check.state {
                State::Good => "ok   ",
                State::NotChecked => "-    ",
                State::Attention => "LOOK ",
                State::Wrong => "WRONG",
            };
            write!(f, "\n{sign}  {:<13} {}", check.check, check.found)?;
            if let Some(remedy) = &check.remedy {
                write!(f, "\n{:21}→ {remedy}", "")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_is_wrong_and_what_to_do() {
        let checks = vec![
            Check::good("peers", "6 peers"),
            Check::new("disk", State::Attention, "30 % free", "make room"),
        ];
        let report = Report::new("ws://a", checks.clone());
        assert!(report.healthy);
        assert_eq!(
            report.to_string(),
            "ws://a\nok     peers         6 peers\nLOOK   disk          30 % free\n                     → make room"
        );
        let clock = Check::new("clock", State::Wrong, "10 s off", "set it");
        let report = Report::new("ws://a", [checks, vec![clock]].concat());
        assert_eq!((report.healthy, report.wrong()), (false, vec!["clock"]));
    }
}
