//! One text for all mutants of a file: each place asks, when it is reached, whether the mutant that
//! runs is its own (mutant schemata; Untch, Offutt and Harrold, ISSTA 1993).
//!
//! Text is inserted and operators are replaced, and nothing is written twice, so that places may lie
//! within each other.

use std::{collections::BTreeSet, ops::Range};

use anyhow::{Context, Result};
use syn::{
    spanned::Spanned,
    visit::{self, Visit},
    BinOp, Block, Expr, ReturnType, Signature,
};

use crate::list::{Genre, Mutant};

/// What every place asks; the package's root gets it.
pub const QUESTION: &str = r#"
pub(crate) fn __mutant(number: u32) -> bool {
    extern crate std;
    use std::{collections::BTreeSet, env, fs::OpenOptions, io::Write, string::ToString, sync::{Mutex, OnceLock}};
    static RUNNING: OnceLock<u32> = OnceLock::new();
    static REACHED: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
    let running = RUNNING.get_or_init(|| {
        let number = env::var("PSEPHOS_MUTANT").ok();
        number.and_then(|number| number.parse().ok()).unwrap_or(0)
    });
    if *running == u32::MAX && REACHED.lock().is_ok_and(|mut reached| reached.insert(number)) {
        let path = env::var("PSEPHOS_MUTANTS_REACHED").unwrap_or_default();
        let file = OpenOptions::new().append(true).create(true).open(path);
        let line = number.to_string() + "\n";
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
    *running == number
}
"#;

/// What is inserted or replaced at one place.
#[derive(Debug)]
struct Edit {
    /// The bytes that go.
    range: Range<usize>,
    /// Closing parts come first, inner before outer; then opening ones, outer before inner; then what
    /// replaces text, which no opening part may come behind.
    order: (i8, i64, usize),
    text: String,
    /// The mutants that this serves, by their numbers.
    mutants: Vec<u32>,
}

/// A file with its mutants in it.
#[derive(Debug)]
pub struct Instrumented {
    /// The new text.
    pub text: String,
    /// The mutants in it.
    pub mutants: BTreeSet<u32>,
    /// Where in the new text something was written for which mutants, in order.
    parts: Vec<(Range<usize>, Vec<u32>)>,
    /// From and to which byte of the new text a place extends.
    places: Vec<(Range<usize>, Vec<u32>)>,
}

impl Instrumented {
    /// Puts mutants, with their numbers, into a file's text.
    pub fn new(source: &str, mutants: &[(u32, &Mutant)]) -> Result<Self> {
        let file = syn::parse_file(source).context("is no Rust")?;
        let mut writer = Writer {
            source,
            lines: line_starts(source),
            mutants,
            edits: Vec::new(),
            places: Vec::new(),
        };
        writer.visit_file(&file);
        let Writer {
            mut edits, places, ..
        } = writer;
        edits.sort_by_key(|edit| (edit.range.start, edit.order));
        let (mut text, mut parts, mut end) = (String::new(), Vec::new(), 0);
        // Where each byte of the old text begins in the new one, at the ends of places.
        let mut moved = Vec::new();
        for edit in &edits {
            let between = source
                .get(end..edit.range.start)
                .with_context(|| format!("bytes {:?} are changed twice: {edits:?}", edit.range))?;
            text.push_str(between);
            moved.push((edit.range.start, text.len()));
            let begin = text.len();
            text.push_str(&edit.text);
            parts.push((begin..text.len(), edit.mutants.clone()));
            end = edit.range.end;
        }
        text.push_str(&source[end..]);
        let first = |at: usize| moved.iter().find(|(old, _)| *old == at);
        let last = |at: usize| moved.iter().rev().find(|(old, _)| *old == at);
        let places = places
            .into_iter()
            .filter_map(|(range, mutants)| {
                Some((first(range.start)?.1..last(range.end)?.1, mutants))
            })
            .collect();
        let mutants = edits
            .iter()
            .flat_map(|edit| edit.mutants.iter().copied())
            .collect();
        Ok(Self {
            text,
            mutants,
            parts,
            places,
        })
    }

    /// Which mutants are to blame for an error of the compiler in these bytes.
    pub fn blame(&self, error: &Range<usize>) -> BTreeSet<u32> {
        let touches = |range: &Range<usize>| range.start < error.end && error.start < range.end;
        let touched = || self.parts.iter().filter(|(range, _)| touches(range));
        let own = touched().filter(|(_, mutants)| mutants.len() == 1);
        let own: BTreeSet<u32> = own.flat_map(|(_, mutants)| mutants.clone()).collect();
        if !own.is_empty() {
            return own;
        }
        let shared: BTreeSet<u32> = touched().flat_map(|(_, mutants)| mutants.clone()).collect();
        if !shared.is_empty() {
            return shared;
        }
        let around = self
            .places
            .iter()
            .filter(|(range, _)| range.start <= error.start && error.end <= range.end);
        around
            .min_by_key(|(range, _)| range.len())
            .map(|(_, mutants)| mutants.iter().copied().collect())
            .unwrap_or_default()
    }
}

fn line_starts(source: &str) -> Vec<usize> {
    let breaks = source
        .bytes()
        .enumerate()
        .filter(|(_, byte)| *byte == b'\n');
    core::iter::once(0)
        .chain(breaks.map(|(at, _)| at + 1))
        .collect()
}

fn asks(number: u32) -> String {
    format!("crate::__mutant({number})")
}

struct Writer<'a> {
    source: &'a str,
    lines: Vec<usize>,
    mutants: &'a [(u32, &'a Mutant)],
    edits: Vec<Edit>,
    places: Vec<(Range<usize>, Vec<u32>)>,
}

impl<'a> Writer<'a> {
    fn byte(&self, at: proc_macro2::LineColumn) -> usize {
        let start = self.lines[at.line - 1];
        let line = &self.source[start..];
        start
            + line
                .char_indices()
                .nth(at.column)
                .map_or(line.len(), |(byte, _)| byte)
    }

    fn bytes(&self, node: &impl Spanned) -> Range<usize> {
        let span = node.span();
        self.byte(span.start())..self.byte(span.end())
    }

    /// The mutants of one kind that begin where this node does.
    fn mutants_at(&self, node: &impl Spanned, genre: Genre) -> Vec<(u32, &'a Mutant)> {
        let start = node.span().start();
        let here = |mutant: &Mutant| {
            mutant.genre == genre
                && mutant.span.start.line == start.line
                && mutant.span.start.column == start.column + 1
        };
        let found = self.mutants.iter().filter(|(_, mutant)| here(mutant));
        found.copied().collect()
    }

    fn place(&mut self, range: Range<usize>, mutants: &[u32]) {
        self.places.push((range, mutants.to_vec()));
    }

    fn open(&mut self, at: usize, text: impl Into<String>, mutants: &[u32]) {
        self.edit(at..at, 2, text, mutants);
    }

    fn close(&mut self, at: usize, text: impl Into<String>, mutants: &[u32]) {
        self.edit(at..at, 0, text, mutants);
    }

    fn replace(&mut self, range: Range<usize>, text: impl Into<String>, mutants: &[u32]) {
        self.edit(range, 3, text, mutants);
    }

    fn edit(&mut self, range: Range<usize>, class: i8, text: impl Into<String>, mutants: &[u32]) {
        // Outer places are visited first.
        let depth = self.places.len() as i64;
        let depth = if class == 0 { -depth } else { depth };
        self.edits.push(Edit {
            range,
            order: (class, depth, self.edits.len()),
            text: text.into(),
            mutants: mutants.to_vec(),
        });
    }

    /// Whether a mutant runs is not known before the program does.
    fn no_constant(&mut self, signature: &Signature) {
        if let Some(constness) = &signature.constness {
            self.replace(self.bytes(constness), "", &[]);
        }
    }

    /// Each of these functions' values, at once.
    fn body(&mut self, output: &ReturnType, block: &Block) {
        let Some(first) = block.stmts.first() else {
            return;
        };
        // It has one type behind `impl`, which is not the value's.
        if hides_its_type(output) {
            return;
        }
        for (number, mutant) in self.mutants_at(first, Genre::FnValue) {
            let at = self.bytes(&block.brace_token.span.open()).end;
            self.place(at..at, &[number]);
            let value = format!(" if {} {{ return {}; }} ", asks(number), mutant.replacement);
            self.open(at, value, &[number]);
        }
    }

    fn operator(&mut self, binary: &syn::ExprBinary) {
        let mutants = self.mutants_at(&binary.op, Genre::BinaryOperator);
        let numbers: Vec<u32> = mutants.iter().map(|(number, _)| *number).collect();
        let (left, right) = (self.bytes(&*binary.left), self.bytes(&*binary.right));
        let op = self.bytes(&binary.op);
        let Some(first) = numbers.first().copied() else {
            return;
        };
        let ask = asks(first);
        match binary.op {
            // `if let` chains are no operators.
            BinOp::And(_) | BinOp::Or(_) if has_let(&binary.left) || has_let(&binary.right) => {}
            BinOp::And(_) => {
                self.place(left.start..right.end, &numbers);
                self.open(left.start, "(if (", &numbers);
                self.replace(op, format!(") != {ask} {{"), &numbers);
                self.close(right.end, format!("}} else {{ {ask} }})"), &numbers);
            }
            BinOp::Or(_) => {
                self.place(left.start..right.end, &numbers);
                self.open(left.start, "(if (", &numbers);
                self.replace(op, format!(") == {ask} {{"), &numbers);
                self.close(right.end, format!("}} else {{ !{ask} }})"), &numbers);
            }
            BinOp::Eq(_) | BinOp::Ne(_) => {
                self.place(left.start..right.end, &numbers);
                self.open(left.start, "((", &numbers);
                self.close(right.end, format!(") != {ask})"), &numbers);
            }
            _ => {
                let by_reference = matches!(
                    binary.op,
                    BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_)
                );
                let assigns = self.source[op.clone()].ends_with('=') && !by_reference;
                let written = &self.source[op.clone()];
                if assigns {
                    let target = &self.source[left.clone()];
                    let branches = branches(&mutants, target, written, "__right");
                    self.place(left.start..right.end, &numbers);
                    self.replace(left.start..op.end, "match (", &numbers);
                    self.close(right.end, ") { __right => ", &numbers);
                    self.finish(right.end, branches);
                } else {
                    let branches = branches(&mutants, "__left", written, "__right");
                    let sign = if by_reference { "&" } else { "" };
                    self.place(left.start..right.end, &numbers);
                    self.open(left.start, format!("(match ({sign}("), &numbers);
                    self.replace(op, format!("), {sign}("), &numbers);
                    self.close(right.end, ")) { (__left, __right) => ", &numbers);
                    self.finish(right.end, branches);
                    self.close(right.end, ")", &numbers);
                }
            }
        }
    }

    fn finish(&mut self, at: usize, branches: Vec<(String, Vec<u32>)>) {
        for (text, mutants) in branches {
            self.close(at, text, &mutants);
        }
    }
}

/// `if … { left op1 right } else if … { left op2 right } else { left op right } }`, in parts.
fn branches(
    mutants: &[(u32, &Mutant)],
    left: &str,
    operator: &str,
    right: &str,
) -> Vec<(String, Vec<u32>)> {
    let branch = |(number, mutant): &(u32, &Mutant)| {
        let other = &mutant.replacement;
        let text = format!("if {} {{ {left} {other} {right} }} else ", asks(*number));
        (text, vec![*number])
    };
    let numbers = mutants.iter().map(|(number, _)| *number).collect();
    let last = (format!("{{ {left} {operator} {right} }} }}"), numbers);
    mutants.iter().map(branch).chain([last]).collect()
}

fn hides_its_type(output: &ReturnType) -> bool {
    struct Found(bool);
    impl Visit<'_> for Found {
        fn visit_type_impl_trait(&mut self, _: &syn::TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut found = Found(false);
    found.visit_return_type(output);
    found.0
}

fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Writer<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.no_constant(&function.sig);
        self.body(&function.sig.output, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.no_constant(&function.sig);
        self.body(&function.sig.output, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.body(&function.sig.output, block);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        self.operator(binary);
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let found = self.mutants_at(&unary.op, Genre::UnaryOperator);
        if let [(number, _)] = found[..] {
            let (op, operand) = (self.bytes(&unary.op), self.bytes(&*unary.expr));
            let written = &self.source[op.clone()];
            let ask = asks(number);
            self.place(op.start..operand.end, &[number]);
            self.replace(op, "(match (", &[number]);
            let rest = format!(") {{ __it => if {ask} {{ __it }} else {{ {written}__it }} }})");
            self.close(operand.end, rest, &[number]);
        }
        visit::visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        for (number, _) in self.mutants_at(arm, Genre::MatchArm) {
            let end = self.bytes(&arm.pat).end;
            self.place(end..end, &[number]);
            self.close(end, format!(" if !{}", asks(number)), &[number]);
        }
        if let Some((_, guard)) = &arm.guard {
            let found = self.mutants_at(&**guard, Genre::MatchArmGuard);
            if let [(always, _), (never, _)] = found[..] {
                let (numbers, range) = ([always, never], self.bytes(&**guard));
                self.place(range.clone(), &numbers);
                let begin = format!("{} || (!{} && (", asks(always), asks(never));
                self.open(range.start, begin, &numbers);
                self.close(range.end, "))", &numbers);
            }
        }
        visit::visit_arm(self, arm);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::{Place, Span};

    fn mutant(genre: Genre, column: usize, replacement: &str) -> Mutant {
        Mutant {
            name: String::new(),
            file: String::new(),
            span: Span {
                start: Place { line: 1, column },
            },
            replacement: replacement.into(),
            genre,
        }
    }

    fn instrumented(source: &str, mutants: &[Mutant]) -> Instrumented {
        let numbered: Vec<_> = (1..).zip(mutants).collect();
        Instrumented::new(source, &numbered).expect("is Rust")
    }

    #[test]
    fn operators_within_each_other_are_written_once() {
        let source = "fn f(a: bool, b: bool, c: u8) -> bool { a && b || c > 1 }";
        let and = mutant(Genre::BinaryOperator, 43, "||");
        let or = mutant(Genre::BinaryOperator, 48, "&&");
        let greater = mutant(Genre::BinaryOperator, 53, "<");
        let made = instrumented(source, &[and, or, greater]);
        let question = |number| format!("crate::__mutant({number})");
        let [one, two, three] = [1, 2, 3].map(question);
        let left = format!("(if (a ) != {one} {{ b}} else {{ {one} }})");
        let right = format!(
            "(match (&(c ), &( 1)) {{ (__left, __right) => if {three} {{ __left < __right }} else {{ __left > __right }} }})"
        );
        let body = format!("(if ({left} ) == {two} {{ {right}}} else {{ !{two} }})");
        assert_eq!(made.text, source.replace("a && b || c > 1", &body));
        syn::parse_file(&made.text).expect("is Rust");
        assert_eq!(made.mutants, [1, 2, 3].into());
    }

    #[test]
    fn values_guards_and_arms_are_asked_for() {
        let source =
            "fn f(a: u8) -> bool { match a { 1 if a > 0 => true, 2 => !false, _ => false } }";
        let mutants = [
            mutant(Genre::FnValue, 23, "true"),
            mutant(Genre::MatchArmGuard, 38, "true"),
            mutant(Genre::MatchArmGuard, 38, "false"),
            mutant(Genre::MatchArm, 53, ""),
            mutant(Genre::UnaryOperator, 58, ""),
        ];
        let made = instrumented(source, &mutants);
        syn::parse_file(&made.text).expect("is Rust");
        assert_eq!(made.mutants, (1..=5).collect());
        for part in [
            "{ if crate::__mutant(1) { return true; }  match a",
            "1 if crate::__mutant(2) || (!crate::__mutant(3) && (a > 0)) =>",
            "2 if !crate::__mutant(4) =>",
            "(match (false) { __it => if crate::__mutant(5) { __it } else { !__it } })",
        ] {
            assert!(made.text.contains(part), "{part}: {}", made.text);
        }
    }

    #[test]
    fn a_guard_may_begin_with_an_operator() {
        let source = "fn f(a: bool) -> bool { match a { _ if !a => true, _ => false } }";
        let mutants = [
            mutant(Genre::MatchArmGuard, 40, "true"),
            mutant(Genre::MatchArmGuard, 40, "false"),
            mutant(Genre::UnaryOperator, 40, ""),
        ];
        let made = instrumented(source, &mutants);
        syn::parse_file(&made.text).expect("is Rust");
        assert!(made.text.contains("(!crate::__mutant(2) && ((match (a)"));
    }

    #[test]
    fn a_constant_function_is_one_no_more() {
        let source = "const fn f(a: bool) -> bool { !a }";
        let made = instrumented(source, &[mutant(Genre::UnaryOperator, 31, "")]);
        syn::parse_file(&made.text).expect("is Rust");
        assert!(made.text.starts_with(" fn f("), "{}", made.text);
        assert_eq!(made.mutants, [1].into());
    }

    #[test]
    fn what_returns_a_hidden_type_is_left_alone() {
        let source = "fn f() -> Option<impl Iterator> { g() }";
        let made = instrumented(source, &[mutant(Genre::FnValue, 35, "None")]);
        assert_eq!(made.text, source);
        assert_eq!(made.mutants, [].into());
    }

    #[test]
    fn the_mutant_that_does_not_compile_is_blamed() {
        let source = "fn f(a: u8) -> u8 { a + 1 }";
        let mutants = [
            mutant(Genre::BinaryOperator, 23, "-"),
            mutant(Genre::BinaryOperator, 23, "*"),
        ];
        let made = instrumented(source, &mutants);
        let at = |part: &str| {
            let start = made.text.find(part).expect("stands there");
            start..start + part.len()
        };
        assert_eq!(made.blame(&at("__left * __right")), [2].into());
        assert_eq!(made.blame(&at("__left + __right")), [1, 2].into());
        assert_eq!(made.blame(&at("a ")), [1, 2].into());
        assert_eq!(made.blame(&at("fn f")), [].into());
    }
}
