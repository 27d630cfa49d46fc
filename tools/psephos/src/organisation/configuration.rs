//! How an organisation's node is started.

use std::{fs::OpenOptions, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use anyhow::Context;

use super::{KEYSTORE, NODE, NODE_KEY};
use crate::failure::InputError;

/// Where the Debian package keeps a node's data.
const PACKAGED: &str = "/var/lib/psephos-node";
/// Longest name: peers show it, and cut off more.
const MAX_NAME: usize = 32;
/// Rights of the start command.
const EXECUTABLE: u32 = 0o755;

/// A name goes into a shell command and a unit's environment: letters and digits of any script,
/// spaces, dots, hyphens and underscores stand for themselves in both.
pub fn check_name(name: &str) -> Result<(), InputError> {
    let harmless = |c: char| c.is_alphanumeric() || " .-_".contains(c);
    let length = name.chars().count();
    if name.trim() == name && (1..=MAX_NAME).contains(&length) && name.chars().all(harmless) {
        return Ok(());
    }
    let message = format!(
        "{name:?} is no name: 1 to {MAX_NAME} letters, digits, spaces, dots, hyphens and underscores, no space at an end"
    );
    Err(InputError::new("--name", message))
}

/// `/etc/psephos/node.conf`, for the unit `psephos-node.service`.
pub fn node_conf(name: &str) -> String {
    format!(
        "PSEPHOS_NODE_OPTIONS=\"--validator --node-key-file {PACKAGED}/{NODE_KEY} --keystore-path {PACKAGED}/{KEYSTORE} --name '{name}'\"\n"
    )
}

/// A command that starts the node where its folder stands; more options may follow.
pub fn start_script(name: &str) -> String {
    format!(
        "#!/bin/sh
# Starts the validator of {name} on the chain of chain.json, which lies beside this file.
set -eu
here=$(cd \"$(dirname \"$0\")\" && pwd)
exec \"${{PSEPHOS_NODE:-psephos-node}}\" --chain \"$here/chain.json\" --validator --name '{name}' \\
    --base-path \"$here/{NODE}\" --keystore-path \"$here/{NODE}/{KEYSTORE}\" \\
    --node-key-file \"$here/{NODE}/{NODE_KEY}\" --no-telemetry --no-mdns \"$@\"
"
    )
}

/// Writes a new file that may be executed.
pub fn write_executable(path: &Path, contents: &str) -> anyhow::Result<()> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(EXECUTABLE)
        .open(path)
        .and_then(|mut file| file.write_all(contents.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_nothing_to_a_shell() {
        for name in ["A", "City of Brno 2", "Суд-1", "a_b.c"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        let long = "x".repeat(33);
        for name in ["", " A", "A ", "it's", "$(x)", "a\"b", "a\nb", "a/b", &long] {
            let error = check_name(name).map_err(|error| error.origin);
            assert_eq!(error, Err("--name".into()), "{name:?}");
        }
    }
}
