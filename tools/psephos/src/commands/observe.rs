//! `psephos observe`, `psephos tape`

use std::{io::IsTerminal, path::PathBuf, time::Duration};

use clap::{Args, Subcommand};
use console::Term;
use psephos_client::Node;
use psephos_primitives::{ElectionId, Phase};
use tokio::time::sleep;

use crate::{
    failure::Result,
    observe::{
        picture::{Observer, Picture},
        tape_file::{catch_up, check, register, TapeFile},
        view,
    },
    output::Output,
    session::{manifest, Session},
};

/// Between two looks at the chain: a third of a block.
const PAUSE: Duration = Duration::from_secs(1);
/// Rows and columns where the terminal does not tell.
const ROWS: u16 = 24;
const WIDTH: u16 = 80;
/// ECMA-48's "erase in line", from the cursor on.
const CLEAR_LINE_END: &str = "\x1b[K";

/// Watch an election: a live view on a terminal, otherwise a line for each finalised block; with
/// --tape, a line for each ballot.
///
/// Ends when the result is published or the election is cancelled, with --tape when voting is over.
#[derive(Args, Debug)]
pub struct Observe {
    /// The election's number
    #[arg(long, value_name = "NUMBER")]
    election: u32,
    /// Write each final ballot as a hash-chained line there and to the standard output; "-" to the
    /// standard output alone. Goes on where the file ends
    #[arg(long, value_name = "FILE|-")]
    tape: Option<PathBuf>,
    /// Show how things stand once, and end
    #[arg(long, conflicts_with = "tape")]
    once: bool,
}

impl Observe {
    /// Does it.
    pub async fn run(self, session: &Session) -> Result<()> {
        let node = session.node().await?;
        let election = ElectionId(self.election);
        let manifest = manifest(&node, election).await?;
        if let Some(path) = &self.tape {
            let genesis = node.block_hash(0).await?;
            let tape = match path.to_str() {
                Some("-") => TapeFile::standard_output(genesis, election)?,
                _ => TapeFile::open(path, genesis, election)?,
            };
            return write_tape(&node, tape).await;
        }
        let mut observer = Observer::start(node, election, manifest).await?;
        let mut display = Display::new(session.output);
        loop {
            let picture = observer.look().await?;
            display.show(&picture);
            if self.once || matches!(picture.phase, Phase::Published | Phase::Cancelled) {
                return Ok(());
            }
            sleep(PAUSE).await;
        }
    }
}

async fn write_tape(node: &Node, mut tape: TapeFile) -> Result<()> {
    while !catch_up(node, &mut tape).await? {
        sleep(PAUSE).await;
    }
    Ok(())
}

/// Where pictures are shown.
struct Display {
    output: Output,
    /// Only where the standard output is a terminal and nobody asked for JSON.
    terminal: Option<Term>,
    shown: Option<Picture>,
}

impl Display {
    fn new(output: Output) -> Self {
        let is_terminal = std::io::stdout().is_terminal() && !output.json;
        Self {
            output,
            terminal: is_terminal.then(Term::stdout),
            shown: None,
        }
    }

    fn show(&mut self, picture: &Picture) {
        match &self.terminal {
            // Whoever has closed the terminal does not want to know.
            Some(terminal) => drop(self.draw(terminal, picture)),
            None if self.is_new(picture) => {
                self.output.result(picture, || view::line(picture));
            }
            None => {}
        }
        self.shown = Some(picture.clone());
    }

    /// From the upper left corner, each line over the one that was there: nothing flickers, and a
    /// window of another size has whatever was left in it removed.
    fn draw(&self, terminal: &Term, picture: &Picture) -> std::io::Result<()> {
        let (rows, columns) = terminal.size_checked().unwrap_or((ROWS, WIDTH));
        // The last row is where the cursor rests.
        let rows = usize::from(rows).saturating_sub(1);
        let mut frame = String::new();
        for line in view::screen(picture, rows, columns.into()) {
            frame.push_str(&line);
            frame.push_str(CLEAR_LINE_END);
            frame.push('\n');
        }
        if self.shown.is_none() {
            terminal.clear_screen()?;
        }
        terminal.move_cursor_to(0, 0)?;
        terminal.write_str(&frame)?;
        terminal.clear_to_end_of_screen()
    }

    /// Without a terminal a line a block is enough.
    fn is_new(&self, picture: &Picture) -> bool {
        self.shown
            .as_ref()
            .is_none_or(|shown| shown.finalised < picture.finalised || shown.phase != picture.phase)
    }
}

/// Tapes of `psephos observe --tape`.
#[derive(Subcommand, Debug)]
pub enum TapeCommand {
    /// Check a tape: alone, or with --chain against a node's register
    Verify(TapeVerify),
}

/// Exit status 1 if a line was changed, taken out or put in, or is not the chain's.
#[derive(Args, Debug)]
pub struct TapeVerify {
    /// The tape
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Compare every ballot with the last finalised block of the node
    #[arg(long)]
    chain: bool,
}

impl TapeCommand {
    /// Does it.
    pub async fn run(self, session: &Session) -> Result<()> {
        let Self::Verify(TapeVerify { file, chain }) = self;
        let mut checked = check(&file, None)?;
        if chain {
            let node = session.node().await?;
            let genesis = node.block_hash(0).await?;
            if genesis != checked.genesis {
                let message = format!("the tape is of the chain {:?}", checked.genesis);
                return Err(crate::failure::Failure::verdict(message));
            }
            let at = node.finalised_hash().await?;
            let ballots = register(&node, checked.election, at).await?;
            checked = check(&file, Some(&ballots))?;
        }
        session.output.result(&checked, || {
            format!(
                "{} ballots of election {}, {}, {}; last hash {:?}",
                checked.ballots,
                checked.election,
                if checked.closed {
                    "closed"
                } else {
                    "still open"
                },
                if checked.compared {
                    "each as on the chain"
                } else {
                    "hashes right, not compared with the chain"
                },
                checked.hash,
            )
        });
        Ok(())
    }
}
