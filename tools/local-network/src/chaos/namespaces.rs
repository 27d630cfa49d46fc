//! A network of its own for each node, so that they can be parted from each other.
//!
//! Everything is made within the network namespace of this process, and is gone with it: `scripts/chaos`
//! starts it in a new one (`unshare --net --mount`).

use std::{net::Ipv4Addr, process::Command};

use anyhow::{ensure, Context, Result};

/// The bridge that joins everybody.
const ALL: &str = "everybody";
/// The bridge that joins those who are cut off.
const CUT_OFF: &str = "minority";
/// The address of this process.
const OWN: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 254);

/// Namespaces, joined by a bridge.
#[derive(Clone, Debug)]
pub struct Namespaces {
    count: u8,
}

impl Namespaces {
    /// Makes so many; an error where this process may not.
    pub fn make(count: u8) -> Result<Self> {
        ip("link set lo up")?;
        for bridge in [ALL, CUT_OFF] {
            ip(&format!("link add {bridge} type bridge"))?;
            ip(&format!("link set {bridge} up"))?;
        }
        ip(&format!("addr add {OWN}/24 dev {ALL}"))?;
        for index in 0..count {
            let name = name(index);
            ip(&format!("netns add {name}"))?;
            ip(&format!(
                "link add outer{index} type veth peer name inner netns {name}"
            ))?;
            ip(&format!("link set outer{index} master {ALL} up"))?;
            ip(&format!(
                "-n {name} addr add {}/24 dev inner",
                address(index)
            ))?;
            for link in ["lo", "inner"] {
                ip(&format!("-n {name} link set {link} up"))?;
            }
        }
        Ok(Self { count })
    }

    /// Leaves these to themselves: they see each other, and nobody else sees them.
    pub fn cut_off(&self, indices: &[u8]) -> Result<()> {
        self.attach(indices, CUT_OFF)
    }

    /// Joins everybody again.
    pub fn join(&self) -> Result<()> {
        self.attach(&(0..self.count).collect::<Vec<_>>(), ALL)
    }

    fn attach(&self, indices: &[u8], bridge: &str) -> Result<()> {
        indices
            .iter()
            .try_for_each(|index| ip(&format!("link set outer{index} master {bridge}")))
    }
}

/// What a namespace is called.
pub fn name(index: u8) -> String {
    format!("organisation{index}")
}

/// The address in it.
pub const fn address(index: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, 0, index.saturating_add(1))
}

fn ip(arguments: &str) -> Result<()> {
    let output = Command::new("ip")
        .args(arguments.split_whitespace())
        .output()
        .context("cannot start ip")?;
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "ip {arguments}: {}",
        message.trim_end()
    );
    Ok(())
}
