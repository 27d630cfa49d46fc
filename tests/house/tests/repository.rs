//! The rules, held against this repository.

use std::process::Command;

use psephos_house_rules::{layers, links, list, sources, spec_ids, tree};

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(tree::root())
        .args(arguments)
        .args(["--offline", "--locked"])
        .output()
        .expect("cargo can be started");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "cargo {}: {errors}",
        arguments.join(" ")
    );
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

#[test]
fn packages_use_only_the_layers_beneath() {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let metadata = cargo(&[
        "metadata",
        "--format-version=1",
        "--filter-platform",
        &platform,
    ]);
    let metadata = serde_json::from_str(&metadata).expect("cargo metadata is JSON");
    let findings = layers::check(&metadata).expect("cargo metadata is well-formed");
    assert!(findings.is_empty(), "{}", list(&findings));
}

#[test]
fn the_chain_never_enables_what_touches_secrets() {
    let tree = |arguments: &[&str]| {
        let common = [
            "tree",
            "-e",
            "normal,build",
            "--prefix",
            "none",
            "-f",
            "{p}|{f}",
        ];
        cargo(&[&common, arguments].concat())
    };
    for arguments in [
        ["-p", "psephos-runtime", "--no-default-features"].as_slice(),
        &["-p", "psephos-runtime"],
        &["-p", "psephos-runtime", "--all-features"],
        &["-p", "psephos-node"],
    ] {
        let tree = tree(arguments);
        assert!(
            tree.contains("psephos-crypto v"),
            "the tree does not show the crypto crate at all"
        );
        assert!(
            !layers::enables_secrets(&tree),
            "cargo tree {}",
            arguments.join(" ")
        );
    }
    // What the test looks for does turn up where it should.
    assert!(layers::enables_secrets(&tree(&["-p", "psephos"])));
}

#[test]
fn every_cited_step_is_defined_once() {
    let files = tree::read(&tree::root()).expect("the repository can be read");
    let findings = spec_ids::check(&files);
    assert!(findings.is_empty(), "{}", list(&findings));
}

#[test]
fn sources_keep_the_house_rules() {
    let files = tree::read(&tree::root()).expect("the repository can be read");
    let findings = sources::check(&files);
    assert!(findings.is_empty(), "{}", list(&findings));
}

#[test]
fn links_between_documents_lead_somewhere() {
    let files = tree::read(&tree::root()).expect("the repository can be read");
    let findings = links::check(&files, |path| tree::root().join(path).exists());
    assert!(findings.is_empty(), "{}", list(&findings));
}
