// SPDX-License-Identifier: Apache-2.0
//! The shape of the workspace: which crate may know which, and under which licence each file stands.

use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	path::{Path, PathBuf},
	process::Command,
};

use golden::workspace;
use serde_json::Value;

/// The layers from the bottom up; a crate may depend on crates of lower layers only.
const LAYERS: [&[&str]; 8] = [
	&["yuma-consensus"],
	&["pallet-root-weights", "pallet-commitments"],
	&["pallet-subnets"],
	&["pallet-root-weights-runtime-api", "pallet-subnets-runtime-api"],
	&["root-weights-runtime"],
	&["root-weights-node", "upgraded-runtime"],
	&["golden", "e2e", "load", "check-state"],
	&["clients"],
];
/// The off-chain programs meet the chain in its metadata alone.
const OFF_CHAIN: [&str; 4] = ["offchain-validator", "localnet", "compression", "mechanisms"];
/// Maths alone: what is true of it is true without a chain, a clock or a disk.
const PURE: [&str; 3] = ["yuma-consensus", "compression", "mechanisms"];
/// What the pure crates must not reach, whatever lies between.
const IMPURE: [&str; 6] = ["sp-io", "tokio", "tch", "subxt", "object_store", "log"];
/// Libraries of the off-chain programs and declarations, and the modules that alone may name them.
const BEHIND: [(&str, &[&str]); 13] = [
	("subxt::", &["chain"]),
	("tch::", &["model", "gradient"]),
	("libloading::", &["cuda"]),
	("object_store::", &["bucket"]),
	("hf_hub::", &["store"]),
	("reqwest::", &["bucket", "samples", "store"]),
	("tokenizers::", &["tokenizer"]),
	("minijinja::", &["chat"]),
	("parquet::", &["tables"]),
	("memmap2::", &["shard"]),
	// What is used of a chain is declared in one place, by which a chain is checked at the start.
	("CallShape::new(", &["surface"]),
	("Item::new(", &["surface"]),
	("Method::new(", &["surface"]),
];

/// What reads a pickle, or a network that is code, in libtorch's bindings.
const UNPICKLES: [&str; 4] = ["CModule", "Tensor::load", "load_multi", "pickle::"];

/// Normal dependencies of every package, by name.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
	let output = Command::new(env!("CARGO"))
		.args(["metadata", "--format-version", "1", "--locked", "--offline"])
		.current_dir(workspace())
		.output()
		.expect("cargo runs");
	assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
	let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
	let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
	let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
	let names: BTreeMap<_, _> =
		list(&metadata["packages"]).iter().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
	let is_normal = |dep: &Value| list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
	let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
	for node in list(&metadata["resolve"]["nodes"]) {
		let deps = list(&node["deps"]).into_iter().filter(is_normal).map(|dep| names[&text(&dep["pkg"])].clone());
		edges.entry(names[&text(&node["id"])].clone()).or_default().extend(deps);
	}
	edges
}

fn reachable(from: &str, edges: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
	let mut seen = BTreeSet::new();
	let mut open = vec![from.to_owned()];
	while let Some(name) = open.pop() {
		let next = edges.get(&name).into_iter().flatten().filter(|next| seen.insert((*next).clone()));
		open.extend(next.cloned().collect::<Vec<_>>());
	}
	seen
}

#[test]
fn arrows_point_down() {
	let edges = dependencies();
	let layer = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
	for (height, name) in
		LAYERS.iter().enumerate().flat_map(|(height, names)| names.iter().map(move |name| (height, name)))
	{
		for dependency in &edges[*name] {
			assert!(layer(dependency).is_none_or(|below| below < height), "{name} must not depend on {dependency}");
		}
	}
	for name in OFF_CHAIN {
		let met: Vec<_> = reachable(name, &edges).into_iter().filter(|name| layer(name).is_some()).collect();
		assert!(met.is_empty(), "{name} must know the chain by its metadata alone, but depends on {met:?}");
	}
}

#[test]
fn the_maths_is_pure() {
	let edges = dependencies();
	for pure in PURE {
		for name in reachable(pure, &edges) {
			assert!(!name.starts_with("frame-") && !IMPURE.contains(&name.as_str()), "{pure} reaches {name}");
		}
	}
}

/// What cargo would build, a line for each package.
fn tree(arguments: &[&str]) -> String {
	let output = Command::new(env!("CARGO"))
		.args(["tree", "--locked", "--offline", "--prefix", "none"])
		.args(arguments)
		.current_dir(workspace())
		.output()
		.expect("cargo runs");
	assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
	String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_chain_client_needs_no_libtorch() {
	let packages = tree(&["-p", "offchain-validator", "--no-default-features"]);
	assert!(packages.contains("subxt v"), "the tree lacks what it must have: {packages}");
	assert!(!packages.contains("torch-sys"), "offchain-validator without features depends on libtorch");
}

#[test]
fn only_the_state_check_is_built_with_try_runtime() {
	let checked_with = |arguments: &[&str]| {
		let packages = tree(&[&["--workspace", "--format", "{p} {f}"], arguments].concat());
		let mut runtime = packages.lines().filter(|line| line.starts_with("root-weights-runtime "));
		runtime.next().expect("the workspace has a runtime").contains("try-runtime")
	};
	assert!(!checked_with(&[]), "the workspace's builds would give the node another runtime");
	assert!(checked_with(&["--features", "check-state/try-runtime"]));
}

/// All files below `folder` that end in `.rs`.
fn sources(folder: &Path) -> Vec<PathBuf> {
	let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
	let paths = entries.map(|entry| entry.expect("a readable folder").path());
	let found = paths.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
	found.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

#[test]
fn every_file_names_its_licence() {
	for folder in ["pallets", "runtime", "node", "offchain-validator", "tests"] {
		let licence = if folder == "node" { "GPL-3.0-or-later WITH Classpath-exception-2.0" } else { "Apache-2.0" };
		for path in sources(&workspace().join(folder)) {
			let text = fs::read_to_string(&path).expect("a readable source");
			let header = format!("// SPDX-License-Identifier: {licence}\n");
			assert!(text.starts_with(&header), "{} does not start with {header}", path.display());
		}
	}
}

/// Trap 14. What strangers publish is read as plain numbers: a pickle is a program.
#[test]
fn nothing_is_unpickled() {
	let edges = dependencies();
	for name in OFF_CHAIN.iter().flat_map(|name| reachable(name, &edges)) {
		assert!(!name.contains("pickle"), "an off-chain program depends on {name}");
	}
	for path in sources(&workspace().join("offchain-validator")) {
		let text = fs::read_to_string(&path).expect("a readable source");
		for unpickles in UNPICKLES {
			assert!(!text.contains(unpickles), "{} names {unpickles}", path.display());
		}
	}
}

#[test]
fn libraries_stay_behind_their_modules() {
	let root = workspace().join("offchain-validator");
	for path in sources(&root) {
		let text = fs::read_to_string(&path).expect("a readable source");
		let within = |module: &&str| {
			let file = format!("{module}.rs");
			let inside = path.strip_prefix(&root).expect("below the root");
			inside.components().any(|part| part.as_os_str() == *module) || inside.ends_with(&file)
		};
		for (library, modules) in BEHIND {
			let allowed = modules.iter().any(within);
			// A whole word: `Batch::new` is not of `tch`.
			let is_word = |(at, _): (usize, &str)| {
				!text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
			};
			assert!(allowed || !text.match_indices(library).any(is_word), "{} names {library}", path.display());
		}
	}
}
