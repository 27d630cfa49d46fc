//! Which package may use which: `crypto → primitives → pallets → runtime → node`, while verifier,
//! client and tools know neither pallets nor the runtime.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

use crate::Finding;

/// Every folder with packages, and the folders whose packages those may use. A trailing `/` stands
/// for every package in a folder.
const LAYERS: [(&str, &[&str]); 13] = [
    ("crates/crypto", &[]),
    ("crates/primitives", &["crates/crypto"]),
    ("crates/verifier", &["crates/crypto", "crates/primitives"]),
    ("crates/client", &["crates/crypto", "crates/primitives"]),
    ("crates/envelope", &["crates/crypto", "crates/primitives"]),
    (
        "pallets/",
        &["crates/crypto", "crates/primitives", "pallets/"],
    ),
    (
        "runtime",
        &["crates/crypto", "crates/primitives", "pallets/"],
    ),
    ("node", &["crates/crypto", "crates/primitives", "runtime"]),
    ("tools/psephos", TOOLS_MAY_USE),
    // It holds whole elections through the command line, and attacks them with its library.
    ("tools/local-network", &["crates/", "tools/psephos"]),
    // A registrar's keys and what it tells the chain are the command line's: one copy of that.
    ("tools/registrar", &["crates/", "tools/psephos"]),
    ("tools/", TOOLS_MAY_USE),
    ("tests/house", &[]),
];
const TOOLS_MAY_USE: &[&str] = &["crates/"];

/// Packages that `crates/crypto` reaches by no path at all begin with these.
const PLATFORM: [&str; 4] = ["frame-", "pallet-", "sc-", "sp-"];
/// Packages that verifier, client and tools reach by no path at all.
const CHAIN_ONLY: [&str; 3] = ["frame-support", "frame-system", "psephos-runtime"];

/// A package of the workspace.
#[derive(Clone, Debug)]
struct Member<'a> {
    folder: String,
    dependencies: Vec<&'a Value>,
}

/// Breaches of the layers in the output of `cargo metadata`.
pub fn check(metadata: &Value) -> Result<Vec<Finding>, String> {
    let members = members(metadata)?;
    let mut findings = Vec::new();
    for (name, member) in &members {
        let Some((_, allowed)) = LAYERS
            .iter()
            .find(|(folder, _)| lies_in(&member.folder, folder))
        else {
            let problem = format!("{} belongs to no layer; give it one", member.folder);
            findings.push(Finding::new(*name, problem));
            continue;
        };
        for dependency in &member.dependencies {
            let used = text(dependency, "name")?;
            let Some(target) = members.get(used) else {
                continue;
            };
            // The runtime's own tests, and a pallet's, may set up what they like.
            let for_tests = dependency.get("kind").and_then(Value::as_str) == Some("dev");
            if for_tests && !knows_no_chain(&member.folder) {
                continue;
            }
            if !allowed.iter().any(|folder| lies_in(&target.folder, folder)) {
                findings.push(Finding::new(*name, format!("may not use {used}")));
            }
        }
        findings.extend(closure_findings(metadata, name, member)?);
    }
    Ok(findings)
}

/// Whether a folder's package works on data from the chain without the chain's own code.
fn knows_no_chain(folder: &str) -> bool {
    ["crates/", "tools/"]
        .iter()
        .any(|layer| lies_in(folder, layer))
}

fn lies_in(folder: &str, layer: &str) -> bool {
    if layer.ends_with('/') {
        folder.starts_with(layer)
    } else {
        folder == layer
    }
}

fn closure_findings(metadata: &Value, name: &str, member: &Member) -> Result<Vec<Finding>, String> {
    let forbidden = |package: &str| match member.folder.as_str() {
        "crates/crypto" => PLATFORM.iter().any(|prefix| package.starts_with(prefix)),
        folder if knows_no_chain(folder) => CHAIN_ONLY.contains(&package),
        _ => false,
    };
    Ok(reachable(metadata, name)?
        .into_iter()
        .filter(|package| forbidden(package))
        .map(|package| Finding::new(name, format!("reaches {package}")))
        .collect())
}

fn members(metadata: &Value) -> Result<BTreeMap<&str, Member<'_>>, String> {
    let root = Path::new(text(metadata, "workspace_root")?);
    let ids = array(metadata, "workspace_members")?;
    let mut members = BTreeMap::new();
    for package in array(metadata, "packages")? {
        if !ids.contains(field(package, "id")?) {
            continue;
        }
        let manifest = Path::new(text(package, "manifest_path")?);
        let folder = manifest
            .parent()
            .and_then(|folder| folder.strip_prefix(root).ok())
            .ok_or("a member lies outside the workspace")?;
        let dependencies = array(package, "dependencies")?.iter().collect();
        let folder = folder.to_string_lossy().into_owned();
        members.insert(
            text(package, "name")?,
            Member {
                folder,
                dependencies,
            },
        );
    }
    Ok(members)
}

/// Names of all packages that a package is built from, tests aside.
fn reachable<'a>(metadata: &'a Value, name: &str) -> Result<Vec<&'a str>, String> {
    let mut names = BTreeMap::new();
    for package in array(metadata, "packages")? {
        names.insert(text(package, "id")?, text(package, "name")?);
    }
    let mut edges = BTreeMap::new();
    for node in array(field(metadata, "resolve")?, "nodes")? {
        edges.insert(text(node, "id")?, array(node, "deps")?);
    }
    let members = array(metadata, "workspace_members")?;
    let start = names
        .iter()
        .find(|(id, found)| **found == name && members.iter().any(|member| member == **id))
        .map(|(id, _)| *id)
        .ok_or_else(|| format!("no member {name}"))?;
    let (mut seen, mut queue) = (vec![start], vec![start]);
    while let Some(id) = queue.pop() {
        for edge in edges.get(id).copied().into_iter().flatten() {
            let built_in = array(edge, "dep_kinds")?
                .iter()
                .any(|kind| kind.get("kind").and_then(Value::as_str) != Some("dev"));
            let target = text(edge, "pkg")?;
            if built_in && !seen.contains(&target) {
                seen.push(target);
                queue.push(target);
            }
        }
    }
    Ok(seen
        .iter()
        .skip(1)
        .filter_map(|id| names.get(id).copied())
        .collect())
}

/// Whether the lines of `cargo tree --prefix none -f '{p}|{f}'` switch on `secrets` of the crypto crate.
pub fn enables_secrets(tree: &str) -> bool {
    tree.lines().any(|line| {
        let Some((package, features)) = line.split_once('|') else {
            return false;
        };
        let features = features.trim_end_matches("(*)").trim_end();
        package.starts_with("psephos-crypto ")
            && features.split(',').any(|feature| feature == "secrets")
    })
}

fn field<'a>(value: &'a Value, name: &str) -> Result<&'a Value, String> {
    value
        .get(name)
        .ok_or_else(|| format!("cargo metadata has no {name}"))
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, String> {
    field(value, name)?
        .as_str()
        .ok_or_else(|| format!("{name} is no text"))
}

fn array<'a>(value: &'a Value, name: &str) -> Result<&'a Vec<Value>, String> {
    field(value, name)?
        .as_array()
        .ok_or_else(|| format!("{name} is no list"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A workspace of packages: name, folder, and what each uses, `dev:` before what its tests use.
    fn workspace(packages: &[(&str, &str, &[&str])]) -> Value {
        let kind = |used: &&str| used.strip_prefix("dev:").map(|_| "dev");
        let name = |used: &&str| used.trim_start_matches("dev:").to_owned();
        let in_folder = |folder: &str| !folder.is_empty();
        json!({
            "workspace_root": "/r",
            "workspace_members": packages.iter().filter(|p| in_folder(p.1)).map(|p| p.0).collect::<Vec<_>>(),
            "packages": packages.iter().map(|(id, folder, used)| json!({
                "id": id, "name": id, "manifest_path": format!("/r/{folder}/Cargo.toml"),
                "dependencies": used.iter()
                    .map(|used| json!({ "name": name(used), "kind": kind(used) })).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "resolve": { "nodes": packages.iter().map(|(id, _, used)| json!({
                "id": id,
                "deps": used.iter()
                    .map(|used| json!({ "pkg": name(used), "dep_kinds": [{ "kind": kind(used) }] }))
                    .collect::<Vec<_>>(),
            })).collect::<Vec<_>>() },
        })
    }

    fn problems(packages: &[(&str, &str, &[&str])]) -> Vec<String> {
        let findings = check(&workspace(packages)).expect("is well-formed");
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn arrows_that_are_allowed_pass() {
        let packages: &[(&str, &str, &[&str])] = &[
            ("c", "crates/crypto", &[]),
            ("p", "crates/primitives", &["c"]),
            ("a", "pallets/a", &["c", "p", "dev:b"]),
            ("b", "pallets/b", &["a"]),
            ("r", "runtime", &["a", "b", "p"]),
            ("n", "node", &["r", "p"]),
            ("v", "crates/verifier", &["c", "p"]),
            ("t", "tools/t", &["v", "c"]),
        ];
        assert_eq!(problems(packages), <[&str; 0]>::default());
    }

    #[test]
    fn arrows_against_the_direction_are_found() {
        let packages: &[(&str, &str, &[&str])] = &[
            ("c", "crates/crypto", &["p"]),
            ("p", "crates/primitives", &[]),
            ("a", "pallets/a", &["r"]),
            ("r", "runtime", &["n"]),
            ("n", "node", &["t"]),
            ("v", "crates/verifier", &["a"]),
            ("l", "crates/client", &["dev:r"]),
            ("t", "tools/t", &["r"]),
        ];
        let expected = [
            "a: may not use r",
            "c: may not use p",
            "l: may not use r",
            "n: may not use t",
            "r: may not use n",
            "t: may not use r",
            "v: may not use a",
        ];
        assert_eq!(problems(packages), expected);
    }

    #[test]
    fn ways_around_are_found() {
        let packages: &[(&str, &str, &[&str])] = &[
            ("c", "crates/crypto", &["helpful"]),
            ("v", "crates/verifier", &["helpful"]),
            ("helpful", "", &["sp-core", "frame-system"]),
            ("sp-core", "", &[]),
            ("frame-system", "", &[]),
        ];
        let mut found = problems(packages);
        found.sort();
        assert_eq!(
            found,
            [
                "c: reaches frame-system",
                "c: reaches sp-core",
                "v: reaches frame-system"
            ]
        );
    }

    #[test]
    fn a_package_without_a_layer_is_found() {
        let found = problems(&[("x", "somewhere/x", &[])]);
        assert_eq!(found, ["x: somewhere/x belongs to no layer; give it one"]);
    }

    #[test]
    fn secrets_are_seen_in_a_tree() {
        assert!(enables_secrets(
            "a v1|std\npsephos-crypto v0.1.0 (/r/crates/crypto)|default,secrets,std (*)"
        ));
        assert!(!enables_secrets(
            "psephos-crypto v0.1.0 (/r/crates/crypto)|default,std\nother v1|secrets"
        ));
    }
}
