//! The service as it is, with a chain kept in a file: for tests that kill it, and for fuzzing its
//! interface without a network. `registrar-on-file-chain FOLDER [DATABASE_URL]`

#[path = "../tests/registrar/support/mod.rs"]
mod support;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use psephos::output::Output;
use psephos_registrar::serve;
use support::{file_chain::FileChain, office::Office};

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder is given"));
    let prepared = folder.join("roll.secret").exists();
    let office = if prepared {
        Office {
            folder: folder.clone(),
        }
    } else {
        Office::prepare(&folder)
    };
    let database = arguments.next().unwrap_or_else(|| office.sqlite());
    if !prepared {
        office.import_roll(&database).await;
    }
    let chain = Arc::new(FileChain::open(&folder));
    let settings = office.settings(&database);
    let served = serve::run(settings, office.desk(), office.election(), chain).await;
    served.map_or_else(
        |failure| {
            Output { json: false }.failure(&failure);
            ExitCode::from(failure.exit_status())
        },
        |()| ExitCode::SUCCESS,
    )
}
