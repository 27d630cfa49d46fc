//! The specification of a chain whose first block has these organisations' keys (PSE-ORG-2).

use std::collections::BTreeMap;

use serde_json::{json, Value};

use super::card::Card;
use crate::{consortium::upgrade::Code, failure::InputError};

/// What a chain is called, and for whom it is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// For people.
    pub name: String,
    /// For programs and folders.
    pub id: String,
    /// `Live`, or `Local` where the nodes are all on machines of one network.
    pub kind: &'static str,
}

/// Puts the organisations of `cards` into a specification that the node wrote (`build-spec`, not
/// `--raw`), in place of the well-known ones, and `code`, if there is one, in place of the node's
/// own. The same cards in the same order give the same bytes.
pub fn specification(
    origin: &str,
    template: Value,
    identity: &Identity,
    cards: &[Card],
    code: Option<&Code>,
) -> Result<Value, InputError> {
    check(cards)?;
    let mut chain = template;
    let genesis = chain
        .pointer_mut("/genesis/runtimeGenesis")
        .and_then(Value::as_object_mut)
        .ok_or_else(|| {
            let message = "is no specification as psephos-node build-spec writes it without --raw";
            InputError::at(origin, "$.genesis.runtimeGenesis", message)
        })?;
    let ours = patch(cards);
    let theirs = genesis.get("patch").and_then(Value::as_object);
    // A pallet that this tool does not know would keep the template's keys.
    let unknown = theirs.and_then(|patch| patch.keys().find(|key| ours.get(key).is_none()));
    if let Some(unknown) = unknown {
        let place = format!("$.genesis.runtimeGenesis.patch.{unknown}");
        let message = "is of a runtime that this tool does not know; use the node's own";
        return Err(InputError::at(origin, place, message));
    }
    genesis.remove("config");
    genesis.insert("patch".into(), ours);
    if let Some(code) = code {
        let digits = format!("0x{}", hex::encode(code.bytes()));
        genesis.insert("code".into(), digits.into());
    }
    let id = &identity.id;
    for (field, value) in [
        ("name", json!(identity.name)),
        ("id", json!(id)),
        ("protocolId", json!(id.replace('_', "-"))),
        ("chainType", json!(identity.kind)),
        ("bootNodes", boot_nodes(cards)),
    ] {
        chain[field] = value;
    }
    Ok(chain)
}

fn boot_nodes(cards: &[Card]) -> Value {
    cards.iter().filter_map(Card::boot_node).collect()
}

/// What the runtime's genesis differs in from its default: whose keys these are, twice, as
/// `pallet-session` wants it. Everything else follows from them (PSE-VAL-1).
fn patch(cards: &[Card]) -> Value {
    let keys = cards.iter().map(|card| {
        let keys = json!({ "aura": card.aura, "grandpa": card.grandpa });
        json!([card.account, card.account, keys])
    });
    json!({ "session": { "keys": keys.collect::<Vec<_>>() } })
}

/// One organisation, one voice: no key may stand on two cards.
fn check(cards: &[Card]) -> Result<(), InputError> {
    if cards.is_empty() {
        return Err(InputError::new("--card", "none is given"));
    }
    let mut seen = BTreeMap::new();
    for card in cards {
        for (kind, key) in [
            ("account", &card.account),
            ("aura", &card.aura),
            ("grandpa", &card.grandpa),
            ("peer", &card.peer),
        ] {
            if let Some(other) = seen.insert((kind, key), &card.name) {
                let message = format!("{other} and {} have the same {kind} {key}", card.name);
                return Err(InputError::new("--card", message));
            }
        }
    }
    Ok(())
}
