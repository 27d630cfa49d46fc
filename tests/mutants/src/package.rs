//! A package that is built once with all its mutants, as far as they compile.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    ops::Range,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{bail, ensure, Context, Result};
use serde_json::Value;

use crate::{
    list::Mutant,
    schemata::{Instrumented, QUESTION},
};

/// The package, and how cargo is called for it.
pub struct Package {
    /// The checkout's root: a clone, since files in it are rewritten.
    pub checkout: PathBuf,
    /// Its folder, from there on.
    pub folder: String,
    /// What cargo gets behind `test --no-run`.
    pub arguments: Vec<String>,
}

/// What was built.
pub struct Built {
    /// The programs with tests.
    pub programs: Vec<PathBuf>,
    /// The mutants that are in them, by their numbers.
    pub mutants: BTreeSet<u32>,
}

impl Package {
    /// Builds the package's tests with all of these mutants but those that the compiler refuses.
    pub fn build(&self, mutants: &BTreeMap<u32, Mutant>) -> Result<Built> {
        let mut kept: BTreeSet<u32> = mutants.keys().copied().collect();
        // The question stands in the root, whether there are mutants in it or not.
        let root = format!("{}/src/lib.rs", self.folder);
        let changed = mutants.values().map(|mutant| mutant.file.clone());
        let originals = self.read(changed.chain([root.clone()]).collect())?;
        loop {
            let mut files = BTreeMap::new();
            for (file, source) in &originals {
                let here: Vec<(u32, &Mutant)> = mutants
                    .iter()
                    .filter(|(number, mutant)| kept.contains(number) && mutant.file == *file)
                    .map(|(number, mutant)| (*number, mutant))
                    .collect();
                let mut made = Instrumented::new(source, &here).with_context(|| file.clone())?;
                if *file == root {
                    made.text.push_str(QUESTION);
                }
                fs::write(self.checkout.join(file), &made.text)?;
                files.insert(file.clone(), made);
            }
            match self.compile()? {
                Compiled::Programs(programs) => {
                    let mutants = files.values().flat_map(|file| file.mutants.clone());
                    return Ok(Built {
                        programs,
                        mutants: mutants.collect(),
                    });
                }
                Compiled::Errors(errors) => {
                    let mut blamed = BTreeSet::new();
                    for (file, range, message) in errors {
                        let found = files.get(&file).map(|made| made.blame(&range));
                        match found {
                            Some(found) if !found.is_empty() => blamed.extend(found),
                            _ if !blamed.is_empty() => {}
                            _ => bail!("no mutant is to blame in {file}, {range:?}: {message}"),
                        }
                    }
                    ensure!(!blamed.is_empty(), "cargo failed and named no place");
                    eprintln!("{} mutants do not compile: left out", blamed.len());
                    kept.retain(|number| !blamed.contains(number));
                }
            }
        }
    }

    /// The texts of these files.
    fn read(&self, files: BTreeSet<String>) -> Result<BTreeMap<String, String>> {
        let read = |file: String| {
            let path = self.checkout.join(&file);
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            Ok((file, text))
        };
        files.into_iter().map(read).collect()
    }

    fn compile(&self) -> Result<Compiled> {
        let output = Command::new("cargo")
            .current_dir(&self.checkout)
            .args(["test", "--no-run", "--message-format", "json"])
            .args(&self.arguments)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start cargo")?;
        let (mut programs, mut errors) = (Vec::new(), Vec::new());
        for line in output.stdout.split(|byte| *byte == b'\n') {
            let Ok(message) = serde_json::from_slice::<Value>(line) else {
                continue;
            };
            if let Some(program) = message.pointer("/executable").and_then(Value::as_str) {
                programs.push(program.into());
            }
            if message.pointer("/message/level").and_then(Value::as_str) == Some("error") {
                errors.extend(places(&message));
            }
        }
        if output.status.success() {
            return Ok(Compiled::Programs(programs));
        }
        Ok(Compiled::Errors(errors))
    }
}

enum Compiled {
    Programs(Vec<PathBuf>),
    Errors(Vec<(String, Range<usize>, String)>),
}

/// Where the outermost macro was called that this place came out of: a mutant's value may have one.
fn where_written(span: &Value) -> &Value {
    match span.pointer("/expansion/span") {
        Some(called) => where_written(called),
        None => span,
    }
}

/// Where a message of the compiler points.
fn places(message: &Value) -> Vec<(String, Range<usize>, String)> {
    let text = message
        .pointer("/message/message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let spans = message.pointer("/message/spans").and_then(Value::as_array);
    let place = |span: &Value| {
        let written = where_written(span);
        let number = |name| usize::try_from(written.get(name)?.as_u64()?).ok();
        span.get("is_primary")?.as_bool()?.then_some(())?;
        let file = written.get("file_name")?.as_str()?.to_owned();
        let range = number("byte_start")?..number("byte_end")?;
        Some((file, range, text.to_owned()))
    };
    spans.into_iter().flatten().filter_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_error_within_a_macro_is_where_the_macro_is_called() {
        let span = |file: &str, expansion: Value| {
            json!({
                "file_name": file, "byte_start": 3, "byte_end": 5, "is_primary": true, "expansion": expansion,
            })
        };
        let mut called = span("src/lib.rs", Value::Null);
        called["byte_start"] = 1.into();
        let inner = span("/library/inner.rs", json!({ "span": called }));
        let outer = span("/library/outer.rs", json!({ "span": inner }));
        let message = json!({ "message": { "message": "mismatched types", "spans": [outer] } });
        let found = places(&message);
        assert_eq!(
            found,
            [("src/lib.rs".into(), 1..5, "mismatched types".into())]
        );
    }
}
