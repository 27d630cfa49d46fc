//! The node's command line.

use sc_cli::{
    BuildSpecCmd, ChainInfoCmd, CheckBlockCmd, ExportBlocksCmd, ExportStateCmd, ImportBlocksCmd,
    KeySubcommand, PurgeChainCmd, RevertCmd, RunCmd,
};

/// Full node and validator of a Psephos chain.
#[derive(Debug, clap::Parser)]
pub struct Cli {
    /// What to do instead of running the node.
    #[command(subcommand)]
    pub subcommand: Option<Subcommand>,

    /// How to run the node.
    #[command(flatten)]
    pub run: RunCmd,
}

/// What the node can do besides running.
#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
    /// Make and look at keys.
    #[command(subcommand)]
    Key(KeySubcommand),
    /// Write a chain specification.
    BuildSpec(BuildSpecCmd),
    /// Execute a stored block again.
    CheckBlock(CheckBlockCmd),
    /// Write blocks to a file.
    ExportBlocks(ExportBlocksCmd),
    /// Write a block's state as a chain specification.
    ExportState(ExportStateCmd),
    /// Read blocks from a file.
    ImportBlocks(ImportBlocksCmd),
    /// Delete the chain's database.
    PurgeChain(PurgeChainCmd),
    /// Go back to an earlier block that is not final.
    Revert(RevertCmd),
    /// Show the database's columns and best blocks.
    ChainInfo(ChainInfoCmd),
}
