//! The command line of officials, trustees, observers and auditors; and, for whole-election tests,
//! what its commands are made of.
//!
//! * files that come in: [`definition`], [`votes`], [`cards`], [`register_files`];
//! * secrets: [`keys`], [`passphrase`], [`files`];
//! * roles: [`consortium`], [`registrar`] with its [`issuing_ledger`] and what is [`registered`],
//!   [`trustee`], [`voter`];
//! * operators: [`organisation`], [`doctor`];
//! * observers: [`receipts`], [`observe`], [`watch`]; attackers: [`challenge`];
//! * whole elections: [`schedule`], [`manifest`], [`rehearsal`], [`results`], [`archive`];
//! * the command line itself: [`cli`], [`commands`], [`output`], [`failure`], [`session`].

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod archive;
pub mod cards;
pub mod challenge;
pub mod cli;
pub mod commands;
pub mod consortium;
pub mod definition;
pub mod doctor;
pub mod failure;
pub mod files;
pub mod issuing_ledger;
pub mod keys;
pub mod manifest;
pub mod observe;
pub mod organisation;
pub mod output;
pub mod passphrase;
pub mod receipts;
pub mod register_files;
pub mod registered;
pub mod registrar;
pub mod rehearsal;
pub mod results;
pub mod schedule;
pub mod session;
pub mod strict_json;
#[cfg(test)]
mod testing;
pub mod trustee;
pub mod voter;
pub mod votes;
pub mod watch;
