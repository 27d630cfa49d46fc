//! The mutants, as `cargo mutants --list --json` has them.

use serde::Deserialize;

/// One change of one place of the code.
#[derive(Clone, Debug, Deserialize)]
pub struct Mutant {
    /// What is changed, for people and for `cargo mutants --re`.
    pub name: String,
    /// In which file, from the checkout's root on.
    pub file: String,
    /// What stands there now.
    pub span: Span,
    /// What stands there instead.
    pub replacement: String,
    /// What kind of change it is.
    pub genre: Genre,
}

/// What kind of change a mutant is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub enum Genre {
    /// A function returns a value at once.
    FnValue,
    /// Another operator.
    BinaryOperator,
    /// No operator.
    UnaryOperator,
    /// No such arm; there is one for all that is left.
    MatchArm,
    /// An arm's guard is true, or false.
    MatchArmGuard,
    /// A field is left to the struct's base.
    StructField,
}

/// Where it is.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Span {
    /// Its first character.
    pub start: Place,
}

/// A character's place; lines and columns begin with 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}
