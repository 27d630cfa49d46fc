//! What may be done to a running polling place, for tests of what voters notice of it.

use core::str::FromStr;

use thiserror::Error;

/// A process that is killed or started again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Victim {
    /// A validator, by its position.
    Validator(usize),
    /// A relay, by its position.
    Relay(usize),
}

/// What is done to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disturbance {
    /// Killed at once, as a power failure would.
    Kill(Victim),
    /// Started again on what it left.
    Start(Victim),
}

/// A line that is no disturbance.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{0:?} is not `kill` or `start`, then `validator` or `relay`, then a number from 0")]
pub struct UnknownDisturbance(String);

impl FromStr for Disturbance {
    type Err = UnknownDisturbance;

    fn from_str(line: &str) -> Result<Self, UnknownDisturbance> {
        let unknown = || UnknownDisturbance(line.into());
        let words = line.split_whitespace().collect::<Vec<_>>();
        let [act, kind, position] = words[..] else {
            return Err(unknown());
        };
        let position = position.parse::<usize>().map_err(|_| unknown())?;
        let victim = match kind {
            "validator" => Victim::Validator(position),
            "relay" => Victim::Relay(position),
            _ => return Err(unknown()),
        };
        match act {
            "kill" => Ok(Self::Kill(victim)),
            "start" => Ok(Self::Start(victim)),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_what_is_done_to_whom() {
        let kill: Disturbance = "kill relay 1".parse().expect("is one");
        assert_eq!(kill, Disturbance::Kill(Victim::Relay(1)));
        let start: Disturbance = "start validator 0".parse().expect("is one");
        assert_eq!(start, Disturbance::Start(Victim::Validator(0)));
        for wrong in [
            "",
            "kill",
            "kill relay",
            "kill relay one",
            "stop relay 1",
            "kill registrar 0",
        ] {
            let error = wrong.parse::<Disturbance>().expect_err("is none");
            assert_eq!(error, UnknownDisturbance(wrong.into()));
        }
    }
}
