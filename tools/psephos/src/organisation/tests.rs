use super::*;
use crate::consortium::upgrade::Code;
use serde_json::json;
use std::{fs, os::unix::fs::PermissionsExt};

const FAST: WorkFactor = WorkFactor(Some(2));

fn passphrase(folder: &Path) -> PassphraseSource {
    let file = folder.join("passphrase");
    fs::write(&file, "correct horse\n").expect("writable");
    PassphraseSource { file: Some(file) }
}

fn make(folder: &Path, name: &str) -> Card {
    let address = Some("/dns/node.example/tcp/30333".into());
    found(&folder.join(name), name, address, &passphrase(folder), FAST).expect("is new")
}

fn mode(path: &Path) -> u32 {
    let metadata = fs::metadata(path).expect("exists");
    metadata.permissions().mode() & 0o777
}

/// Every file beneath a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("can be read");
    entries
        .map(|entry| entry.expect("can be read").path())
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn secrets_are_in_private_files_that_the_node_reads() {
    let folder = tempfile::tempdir().expect("temporary directory");
    let card = make(folder.path(), "A");
    let home = folder.path().join("A");
    assert_eq!(mode(&home), 0o700);
    let looked = crate::doctor::folder::Folder::look(&home.join(NODE)).expect("is a folder");
    assert_eq!((looked.authors.len(), looked.voters.len()), (1, 1));
    assert_eq!(looked.readable, Vec::<PathBuf>::new());
    for path in files(&home) {
        let name = path.file_name().expect("has one").to_string_lossy();
        let expected = match &*name {
            CARD | NODE_CONF => 0o644,
            START => 0o755,
            _ => 0o600,
        };
        assert_eq!(mode(&path) & 0o700, expected & 0o700, "{name}");
        assert!(expected != 0o600 || mode(&path) == 0o600, "{name}");
    }
    // What the keystore holds makes the key that the card shows.
    use sp_core::{crypto::Ss58Codec, sr25519, Pair};
    let name = format!("61757261{}", hex::encode(looked.authors[0]));
    let text = fs::read_to_string(home.join(NODE).join(KEYSTORE).join(name)).expect("exists");
    let uri: String = serde_json::from_str(&text).expect("is JSON");
    let pair = sr25519::Pair::from_string(&uri, None).expect("is a secret URI");
    assert_eq!(pair.public().to_ss58check(), card.aura);
    assert_eq!(Card::read(&home.join(CARD)), Ok(card));
}

#[test]
fn a_card_proves_whose_its_keys_are() {
    let folder = tempfile::tempdir().expect("temporary directory");
    let (a, b) = (make(folder.path(), "A"), make(folder.path(), "B"));
    a.ownership("a").expect("holds");
    let with = |change: &dyn Fn(&mut Card)| {
        let mut card = a.clone();
        change(&mut card);
        card.ownership("a").map_err(|error| error.to_string())
    };
    let others = "a: $.ownership: is not by the keys of this card, or for another account";
    for change in [
        &(|card: &mut Card| card.account.clone_from(&b.account)) as &dyn Fn(&mut Card),
        &|card| card.aura.clone_from(&b.aura),
        &|card| card.grandpa.clone_from(&b.grandpa),
        &|card| card.ownership.clone_from(&b.ownership),
    ] {
        assert_eq!(with(change), Err(others.into()));
    }
    let short = with(&|card| card.ownership = Some("0x00".into()));
    let message = "a: $.ownership: is not 128 bytes in hexadecimal";
    assert_eq!(short, Err(message.into()));
    let none = with(&|card| card.ownership = None).expect_err("is missing");
    assert!(none.starts_with("a: $.ownership: is missing"), "{none}");
    // A card that proves nothing can still begin a chain with others.
    let old = folder.path().join("old.json");
    let card = Card {
        ownership: None,
        ..a
    };
    fs::write(&old, serde_json::to_string(&card).expect("JSON")).expect("writable");
    assert_eq!(Card::read(&old), Ok(card));
}

#[test]
fn nothing_secret_is_in_a_public_file() {
    let folder = tempfile::tempdir().expect("temporary directory");
    make(folder.path(), "A");
    let home = folder.path().join("A");
    let read = |path: &Path| fs::read_to_string(path).expect("is text");
    let (private, public): (Vec<_>, Vec<_>) = files(&home)
        .into_iter()
        .partition(|path| mode(path) == 0o600);
    let secrets = private
        .iter()
        .filter(|path| !path.ends_with(ACCOUNT))
        .map(|path| {
            read(path)
                .trim_matches('"')
                .trim_start_matches("0x")
                .to_owned()
        })
        .collect::<Vec<_>>();
    assert_eq!((secrets.len(), public.len()), (3, 3));
    for path in public {
        let text = read(&path);
        assert!(secrets.iter().all(|secret| !text.contains(secret)));
    }
}

#[test]
fn nothing_is_overwritten_or_half_done() {
    let folder = tempfile::tempdir().expect("temporary directory");
    make(folder.path(), "A");
    let home = folder.path().join("A");
    let before = files(&home).len();
    let again = found(&home, "A", None, &passphrase(folder.path()), FAST).map(|_| ());
    let message = format!(
        "{}: exists already; keys are never overwritten",
        home.display()
    );
    assert_eq!(again.map_err(|error| error.to_string()), Err(message));
    assert_eq!(files(&home).len(), before);
    // A passphrase that cannot be read ends it before there is anything.
    let nowhere = PassphraseSource {
        file: Some(folder.path().join("nowhere")),
    };
    let other = folder.path().join("B");
    found(&other, "B", None, &nowhere, FAST).expect_err("has no passphrase");
    assert!(!other.exists() && !folder.path().join("B.new").exists());
}

fn template() -> serde_json::Value {
    json!({
        "name": "T", "id": "t", "chainType": "Local", "bootNodes": ["/well/known"],
        "genesis": { "runtimeGenesis": { "code": "0x00", "patch": { "session": { "keys": [["5Alice", "5Alice", { "aura": "5Alice" }]] } } } },
    })
}

fn identity() -> chain::Identity {
    chain::Identity {
        name: "Example".into(),
        id: "example_1".into(),
        kind: "Live",
    }
}

#[test]
fn a_chain_has_the_organisations_keys_and_no_others() {
    let folder = tempfile::tempdir().expect("temporary directory");
    let (a, mut b) = (make(folder.path(), "A"), make(folder.path(), "B"));
    b.address = None;
    let cards = [a.clone(), b.clone()];
    let chain = chain::specification("t", template(), &identity(), &cards, None).expect("is right");
    assert_eq!(chain["protocolId"], "example-1");
    let boot = format!("/dns/node.example/tcp/30333/p2p/{}", a.peer);
    assert_eq!(chain["bootNodes"], json!([boot]));
    let patch = &chain["genesis"]["runtimeGenesis"]["patch"];
    let keys = |card: &Card| {
        let keys = json!({ "aura": card.aura, "grandpa": card.grandpa });
        json!([card.account, card.account, keys])
    };
    assert_eq!(
        *patch,
        json!({ "session": { "keys": [keys(&a), keys(&b)] } })
    );
    assert!(!chain.to_string().contains("5Alice") && !chain.to_string().contains("well"));
}

#[test]
fn a_chain_has_the_code_that_it_is_given_or_the_templates() {
    let folder = tempfile::tempdir().expect("temporary directory");
    let path = folder.path().join("psephos.wasm");
    std::fs::write(&path, b"\0asm\x01").expect("writable");
    let card = make(folder.path(), "A");
    for (code, expected) in [(None, "0x00"), (Some(path), "0x0061736d01")] {
        let code = code.map(|path| Code::read(&path).expect("is code"));
        let cards = std::slice::from_ref(&card);
        let chain = chain::specification("t", template(), &identity(), cards, code.as_ref());
        let chain = chain.expect("is right");
        assert_eq!(chain["genesis"]["runtimeGenesis"]["code"], expected);
    }
}

#[test]
fn no_key_of_the_templates_is_left_in_a_pallet_that_is_not_known() {
    let folder = tempfile::tempdir().expect("temporary directory");
    let mut other = template();
    other["genesis"]["runtimeGenesis"]["patch"]["sudo"] = json!({ "key": "5Alice" });
    let card = make(folder.path(), "A");
    let error = chain::specification("t", other, &identity(), &[card], None);
    let place = "$.genesis.runtimeGenesis.patch.sudo".to_owned();
    assert_eq!(error.map_err(|error| error.place), Err(Some(place)));
}

#[test]
fn no_organisation_counts_twice() {
    let folder = tempfile::tempdir().expect("temporary directory");
    let a = make(folder.path(), "A");
    let mut b = make(folder.path(), "B");
    b.grandpa.clone_from(&a.grandpa);
    let error = chain::specification("t", template(), &identity(), &[a.clone(), b], None);
    let message = format!("--card: A and B have the same grandpa {}", a.grandpa);
    assert_eq!(error.map_err(|error| error.to_string()), Err(message));
    let none = chain::specification("t", template(), &identity(), &[], None);
    assert_eq!(
        none.map_err(|e| e.to_string()),
        Err("--card: none is given".into())
    );
    let raw = chain::specification(
        "t",
        json!({ "genesis": { "raw": {} } }),
        &identity(),
        &[a],
        None,
    );
    assert_eq!(
        raw.map_err(|error| error.place),
        Err(Some("$.genesis.runtimeGenesis".into()))
    );
}
