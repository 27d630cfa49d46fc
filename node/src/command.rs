//! Carries out what the command line says.

use clap::builder::Str;
use psephos_runtime::opaque::Block;
use sc_cli::SubstrateCli;
use sc_network::{config::NetworkBackendType, Litep2pNetworkBackend, NetworkWorker};

use crate::{
    chain_spec,
    cli::{Cli, Subcommand},
    components::{self, Components},
    service,
};

/// The commit that a published node was built from; `scripts/package` names it. Who builds for themselves
/// names it or not: with every commit in it, every commit would be ten minutes of building.
const COMMIT: Option<&str> = option_env!("PSEPHOS_COMMIT");

/// Defaults that differ from Substrate's, and why.
const DEFAULTS: [(&str, &str); 5] = [
    // Trustees and observers ask their node for the state of any block, block 0's first.
    ("state_pruning", "archive"),
    // A voting day's peak: half an hour of full blocks.
    ("pool_limit", "65536"),
    ("pool_kbytes", "262144"),
    // A ballot that came a moment too early may come again; the ban only has to blunt a flood.
    ("tx_ban_seconds", "12"),
    // Observers keep connections open.
    ("rpc_max_connections", "2000"),
];

impl SubstrateCli for Cli {
    fn impl_name() -> String {
        "Psephos Node".into()
    }

    fn impl_version() -> String {
        let version = env!("CARGO_PKG_VERSION");
        COMMIT.map_or_else(|| version.into(), |commit| format!("{version}-{commit}"))
    }

    fn description() -> String {
        env!("CARGO_PKG_DESCRIPTION").into()
    }

    fn author() -> String {
        "the Psephos developers".into()
    }

    fn support_url() -> String {
        "the repository's issue tracker".into()
    }

    fn copyright_start_year() -> i32 {
        2026
    }

    fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
        Ok(Box::new(match id {
            "dev" => chain_spec::development()?,
            "" | "local" => chain_spec::local()?,
            path => chain_spec::ChainSpec::from_json_file(path.into())?,
        }))
    }

    fn setup_command(command: clap::Command) -> clap::Command {
        let known = command
            .get_arguments()
            .map(|a| a.get_id().clone())
            .collect::<Vec<_>>();
        DEFAULTS
            .iter()
            .filter(|(name, _)| known.iter().any(|k| k == name))
            .fold(
                command.version(Self::impl_version()),
                |command, (name, value)| {
                    command.mut_arg(*name, |argument| argument.default_value(Str::from(*value)))
                },
            )
    }
}

/// Reads the command line and carries it out.
pub fn run() -> sc_cli::Result<()> {
    let cli = Cli::from_args();
    match &cli.subcommand {
        None => cli
            .create_runner(&cli.run)?
            .run_node_until_exit(|config| async move {
                match config.network.network_backend {
                    NetworkBackendType::Litep2p => service::start::<Litep2pNetworkBackend>(config),
                    NetworkBackendType::Libp2p => {
                        service::start::<NetworkWorker<Block, psephos_runtime::Hash>>(config)
                    }
                }
                .map_err(sc_cli::Error::Service)
            }),
        Some(Subcommand::Key(command)) => command.run(&cli),
        Some(Subcommand::BuildSpec(command)) => cli
            .create_runner(command)?
            .sync_run(|config| command.run(config.chain_spec, config.network)),
        Some(Subcommand::CheckBlock(command)) => cli.create_runner(command)?.async_run(|config| {
            let Components {
                client,
                import_queue,
                task_manager,
                ..
            } = components::assemble(&config)?;
            Ok((command.run(client, import_queue), task_manager))
        }),
        Some(Subcommand::ExportBlocks(command)) => {
            cli.create_runner(command)?.async_run(|config| {
                let Components {
                    client,
                    task_manager,
                    ..
                } = components::assemble(&config)?;
                Ok((command.run(client, config.database), task_manager))
            })
        }
        Some(Subcommand::ExportState(command)) => cli.create_runner(command)?.async_run(|config| {
            let Components {
                client,
                task_manager,
                ..
            } = components::assemble(&config)?;
            Ok((command.run(client, config.chain_spec), task_manager))
        }),
        Some(Subcommand::ImportBlocks(command)) => {
            cli.create_runner(command)?.async_run(|config| {
                let Components {
                    client,
                    import_queue,
                    task_manager,
                    ..
                } = components::assemble(&config)?;
                Ok((command.run(client, import_queue), task_manager))
            })
        }
        Some(Subcommand::PurgeChain(command)) => cli
            .create_runner(command)?
            .sync_run(|config| command.run(config.database)),
        Some(Subcommand::Revert(command)) => cli.create_runner(command)?.async_run(|config| {
            let Components {
                client,
                backend,
                task_manager,
                ..
            } = components::assemble(&config)?;
            let revert_grandpa = Box::new(|client, _, blocks| {
                sc_consensus_grandpa::revert(client, blocks)?;
                Ok(())
            });
            Ok((
                command.run(client, backend, Some(revert_grandpa)),
                task_manager,
            ))
        }),
        Some(Subcommand::ChainInfo(command)) => cli
            .create_runner(command)?
            .sync_run(|config| command.run::<Block>(&config)),
    }
}
