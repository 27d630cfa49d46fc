//! Where the programs under test stand.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{bail, ensure, Context, Result};
use serde_json::Value;

/// How a specification says what a chain begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SpecificationForm {
    /// As the runtime is asked for it.
    Plain,
    /// As the state that it makes of that.
    Raw,
}

/// The node and the command line, as cargo built them.
#[derive(Clone, Debug)]
pub struct Programs {
    /// `psephos-node`
    pub node: PathBuf,
    /// `psephos`
    pub psephos: PathBuf,
}

impl Programs {
    /// Beside the running program, or a folder above it, where cargo puts tests.
    pub fn find() -> Result<Self> {
        Ok(Self {
            node: find_beside("psephos-node")?,
            psephos: find_beside("psephos")?,
        })
    }

    /// The specification of a chain that the node knows by name, or has in a file, without anybody's address
    /// but those of the file.
    pub(crate) fn chain_specification(
        &self,
        chain: impl AsRef<OsStr>,
        form: SpecificationForm,
    ) -> Result<Value> {
        let raw = matches!(form, SpecificationForm::Raw).then_some("--raw");
        let output = Command::new(&self.node)
            .args(["build-spec", "--disable-default-bootnode", "--chain"])
            .arg(chain)
            .args(raw)
            .output()
            .with_context(|| format!("cannot start {}", self.node.display()))?;
        ensure!(
            output.status.success(),
            "cannot write the chain's specification: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).context("the node's chain specification is no JSON")
    }

    /// The runtime that chains begin with if they are made by this node, compressed as it is built.
    pub fn runtime(&self) -> Result<Vec<u8>> {
        let specification = self.chain_specification("local", SpecificationForm::Plain)?;
        let code = specification
            .pointer("/genesis/runtimeGenesis/code")
            .and_then(Value::as_str)
            .and_then(|code| code.strip_prefix("0x"))
            .context("the node's chain specification has no code")?;
        hex::decode(code).context("the code in the node's chain specification is no hexadecimal")
    }
}

/// A program beside the running one, or a folder above it.
pub(crate) fn find_beside(name: &str) -> Result<PathBuf> {
    let own = env::current_exe().context("cannot tell where this program stands")?;
    find(name, &own.ancestors().skip(1).take(2).collect::<Vec<_>>())
}

fn find(name: &str, folders: &[&Path]) -> Result<PathBuf> {
    for folder in folders {
        let path = folder.join(name);
        if path.is_file() {
            return Ok(path);
        }
    }
    let folders = folders
        .iter()
        .map(|folder| folder.display().to_string())
        .collect::<Vec<_>>();
    bail!(
        "there is no {name} in {}; build it first: cargo build --release --workspace --bins",
        folders.join(" or ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_the_remedy() {
        let folders = [Path::new("/nowhere"), Path::new("/elsewhere")];
        let error = find("no-such-program", &folders).map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err(
                "there is no no-such-program in /nowhere or /elsewhere; build it first: cargo build --release \
                 --workspace --bins"
                    .into()
            )
        );
    }
}
