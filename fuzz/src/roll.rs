//! A registrar's roll.

use std::cell::OnceCell;

use psephos_registrar::{
    clock::Clock,
    roll_import::{import, Report},
    secrets::RollSecret,
    store::Store,
};
use tokio::runtime::{Builder, Runtime};

use crate::{files::with_file, Verdict};

/// A register that is always empty: an import of rolls with a bad row takes nothing.
struct Register {
    runtime: Runtime,
    store: Store,
    _directory: tempfile::TempDir,
}

impl Register {
    fn open() -> Self {
        let directory = tempfile::tempdir().expect("temporary folders can be made");
        let url = format!("sqlite:{}", directory.path().join("register.db").display());
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("there is a runtime");
        let store = runtime.block_on(Store::open(&url, Clock::default()));
        Self {
            store: store.expect("a new register opens"),
            runtime,
            _directory: directory,
        }
    }

    /// What an import says. It takes nothing: the row that comes last is a bad one.
    fn try_import(&self, text: &str) -> Option<Report> {
        let spoiled = format!("{text}{SPOILER}");
        let import = with_file(spoiled.as_bytes(), |path| {
            let secret = RollSecret::from_bytes([7; 32]);
            self.runtime
                .block_on(import(&self.store, &secret, path, false))
        });
        import.ok()
    }

    fn length(&self) -> u64 {
        let length = self.runtime.block_on(self.store.roll_length());
        length.expect("the register answers") as u64
    }
}

/// A last row without a name, after the end of the row before. Within a quotation, it spoils that row.
const SPOILER: &str = "\n,1990-01-02,1,+12345,1\n";

thread_local! {
    static REGISTER: OnceCell<Register> = const { OnceCell::new() };
}

/// Rolls: with a bad row, nothing is taken; bad rows are named in the order of their lines, and what
/// stands in them is not repeated.
pub fn roll(bytes: &[u8]) -> Verdict {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return Verdict::Refused;
    };
    REGISTER.with(|register| {
        let register = register.get_or_init(Register::open);
        let report = register.try_import(text);
        assert_eq!(register.length(), 0);
        let Some(report) = report else {
            return Verdict::Refused;
        };
        assert_eq!((report.added, report.unchanged), (0, 0));
        assert!(report
            .bad
            .windows(2)
            .all(|pair| pair[0].line <= pair[1].line));
        assert!(report.bad.iter().all(|row| !row.problem.is_empty()));
        match report.bad.len() {
            0 => panic!("the last row has no name"),
            1 => Verdict::Accepted,
            _ => Verdict::Refused,
        }
    })
}
