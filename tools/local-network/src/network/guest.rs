//! Nodes that join a network without a seat in it.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result};
use psephos_client::Node;

use super::LocalNetwork;
use crate::{ports::free_ports, process::Process, validator::Validator};

/// A node that knows the chain's specification and the validators' addresses, and nothing else when
/// it starts.
#[derive(Debug)]
pub struct Guest {
    process: Process,
    url: String,
}

impl LocalNetwork {
    /// Starts a node in an empty folder, with these options beside those that every node here has.
    pub fn join(&self, name: &str, folder: &Path, options: &[&str]) -> Result<Guest> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let ports = free_ports(2)?;
        let mut command = Command::new(&self.programs.node);
        command
            .args(["--chain", self.chain, "--name", name])
            .arg("--base-path")
            .arg(folder)
            .args(["--listen-addr", &format!("/ip4/127.0.0.1/tcp/{}", ports[0])])
            .args(["--rpc-port", &ports[1].to_string()])
            .args(["--no-telemetry", "--no-prometheus", "--no-mdns"])
            .args(options)
            .arg("--bootnodes")
            .args(self.validators.iter().map(Validator::address));
        let log = self.logs.join(format!("node-{name}.log"));
        Ok(Guest {
            process: Process::start(name, command, &log)?,
            url: format!("ws://127.0.0.1:{}", ports[1]),
        })
    }
}

impl Guest {
    /// Where it answers JSON-RPC.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection to it; an error as long as it does not answer, or if it has ended.
    pub async fn node(&mut self) -> Result<Node> {
        self.process.check_running()?;
        Ok(Node::open(core::slice::from_ref(&self.url)).await?)
    }

    /// Everything that it has written.
    pub fn log(&self) -> Result<String> {
        let log = self.process.log();
        fs::read_to_string(log).with_context(|| format!("cannot read {}", log.display()))
    }
}
