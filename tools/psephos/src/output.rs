//! What a command says: to people, or with `--json` to machines.

use std::{io::Write, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::failure::Failure;

/// How results are shown.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// One JSON object on the standard output, and nothing else there.
    pub json: bool,
}

impl Output {
    /// Shows a result: as JSON, or in these words.
    pub fn result(&self, value: &impl Serialize, words: impl FnOnce() -> String) {
        let text = if self.json {
            serde_json::to_string(value).unwrap_or_else(|error| error.to_string())
        } else {
            words()
        };
        // Whoever has closed the standard output does not want to know.
        let _ = writeln!(std::io::stdout(), "{text}");
    }

    /// Says what is going on, on the standard error.
    pub fn note(&self, words: impl AsRef<str>) {
        eprintln!("{}", words.as_ref());
    }

    /// Shows why a command failed: the last line on the standard error.
    pub fn failure(&self, failure: &Failure) {
        if self.json {
            let (kind, message) = (failure.kind(), failure.to_string());
            eprintln!(
                "{}",
                serde_json::json!({ "error": { "kind": kind, "message": message } })
            );
        } else {
            eprintln!("error: {failure}");
        }
    }

    /// A progress bar on the standard error; hidden where that is no terminal.
    pub fn progress(&self, length: u64, unit: &str) -> ProgressBar {
        let template = format!(
            "{{msg:28}} [{{wide_bar}}] {{pos}}/{{len}} {unit}, {{per_sec}}, {{elapsed_precise}}"
        );
        let style = ProgressStyle::with_template(&template)
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(length).with_style(style);
        if self.json {
            bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        bar
    }
}
