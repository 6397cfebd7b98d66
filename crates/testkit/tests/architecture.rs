//! The map of the house, held against what the manifests say: arrows between our crates only point down, and each of
//! the great libraries has its owner.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Each crate with those it may name. What a crate may name, it may name through others too: the test takes the
/// closure. Only the server, the tests and tools stand above everything.
const ARROWS: [(&str, &[&str]); 12] = [
    ("kernel", &[]),
    ("merchant", &["kernel"]),
    ("customer", &["merchant"]),
    ("promotion", &["customer"]),
    ("loyalty", &["promotion"]),
    ("order", &["loyalty"]),
    ("auth", &["customer"]),
    ("source", &["order"]),
    ("persistence", &["auth", "source"]),
    ("sync", &["persistence"]),
    ("api", &["sync"]),
    ("server", &["api"]),
];

/// Members of the workspace that are no part of the product.
const OUTSIDE: [&str; 4] = ["testkit", "e2e", "bench", "simulation"];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Our crates (without prefix) and what each names in its manifest; without what only its tests name.
fn manifests() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            let names = dependencies
                .iter()
                .filter(|dependency| dependency["kind"] != "dev")
                .map(|dependency| dependency["name"].as_str().unwrap().to_owned());
            (ours(package["name"].as_str().unwrap()).unwrap().to_owned(), names.collect())
        })
        .collect()
}

fn ours(package: &str) -> Option<&str> {
    package.strip_prefix("regulars-")
}

fn allowed(arrows: &BTreeMap<&str, &[&'static str]>, name: &str) -> BTreeSet<&'static str> {
    let mut below = BTreeSet::new();
    for &next in arrows[name] {
        below.insert(next);
        below.extend(allowed(arrows, next));
    }
    below
}

#[test]
fn arrows_only_point_down() {
    let arrows = BTreeMap::from(ARROWS);
    let mut seen = 0;
    for (name, dependencies) in manifests() {
        if OUTSIDE.contains(&name.as_str()) {
            continue;
        }
        assert!(arrows.contains_key(name.as_str()), "crate `{name}` has no place on the map");
        let below = allowed(&arrows, &name);
        for dependency in dependencies.iter().filter_map(|name| ours(name)) {
            assert!(below.contains(dependency), "`{name}` must not depend on `{dependency}`");
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} arrows were looked at");
}

#[test]
fn each_great_library_has_its_owner() {
    let list = std::fs::read_to_string(root().join("config/deny.toml")).unwrap();
    let list: toml::Table = list.parse().unwrap();
    let manifests = manifests();
    let mut owners = 0;
    for rule in list["bans"]["deny"].as_array().unwrap() {
        let library = rule["crate"].as_str().unwrap();
        let Some(wrappers) = rule.get("wrappers").and_then(toml::Value::as_array) else { continue };
        let allowed: BTreeSet<&str> =
            wrappers.iter().filter_map(|wrapper| ours(wrapper.as_str().unwrap())).collect();
        for (name, dependencies) in &manifests {
            if dependencies.contains(library) {
                assert!(allowed.contains(name.as_str()), "`{name}` must not use {library}");
                owners += 1;
            }
        }
    }
    assert!(owners >= 5, "only {owners} uses were looked at");
}
