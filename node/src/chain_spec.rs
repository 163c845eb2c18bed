// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! Finds the chain that `--chain` names.
//!
//! Owns the chains' ids and what clients are told about them. The genesis state is the runtime's: it is asked for by
//! preset name, and nothing here knows what is in it.

use root_weights_runtime::WASM_BINARY;
use sc_service::{ChainType, GenericChainSpec, Properties};
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use std::path::Path;

/// A chain of this node. It needs no fields beyond the SDK's own.
pub type ChainSpec = GenericChainSpec;

/// A chain that needs no file, because the runtime carries its genesis state.
struct KnownChain {
	id: &'static str,
	name: &'static str,
	preset: &'static str,
	chain_type: fn() -> ChainType,
}

const KNOWN_CHAINS: [KnownChain; 3] = [
	KnownChain {
		id: "dev",
		name: "Root weights development",
		preset: DEV_RUNTIME_PRESET,
		chain_type: || ChainType::Development,
	},
	KnownChain {
		id: "localnet",
		name: "Root weights localnet",
		preset: "localnet",
		chain_type: || ChainType::Development,
	},
	KnownChain { id: "local", name: "Root weights local", preset: "local", chain_type: || ChainType::Local },
];

/// Why a chain could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ChainSpecError {
	#[error("no chain named; use `--dev`, or `--chain` with {}", choices())]
	Unnamed,
	#[error("unknown chain `{id}`; use {}", choices())]
	Unknown { id: String },
	#[error("the chain spec file `{path}` cannot be read: {reason}")]
	File { path: String, reason: String },
	#[error("this node was built without the runtime's wasm; build it again with `SKIP_WASM_BUILD` unset")]
	NoWasm,
}

/// Loads the chain with the given id, or from the chain spec file at that path.
pub fn load(chain: &str) -> Result<ChainSpec, ChainSpecError> {
	if let Some(known) = KNOWN_CHAINS.iter().find(|known| known.id == chain) {
		return build(known);
	}
	match chain {
		"" => Err(ChainSpecError::Unnamed),
		path if Path::new(path).is_file() => {
			ChainSpec::from_json_file(path.into()).map_err(|reason| ChainSpecError::File { path: path.into(), reason })
		},
		id => Err(ChainSpecError::Unknown { id: id.into() }),
	}
}

/// Whether one node makes the chain by itself. Else its authorities take turns.
///
/// Development chains are those that run on one node, by the SDK's own word for them.
pub fn is_sealed(spec: &dyn sc_service::ChainSpec) -> bool {
	spec.chain_type() == ChainType::Development
}

fn build(chain: &KnownChain) -> Result<ChainSpec, ChainSpecError> {
	let wasm = WASM_BINARY.ok_or(ChainSpecError::NoWasm)?;
	Ok(ChainSpec::builder(wasm, None)
		.with_name(chain.name)
		.with_id(chain.id)
		.with_chain_type((chain.chain_type)())
		.with_protocol_id("root-weights")
		.with_properties(properties())
		.with_genesis_config_preset_name(chain.preset)
		.build())
}

/// What wallets need to show an account and an amount.
fn properties() -> Properties {
	Properties::from_iter([
		("ss58Format".into(), 42.into()),
		("tokenSymbol".into(), "TAO".into()),
		("tokenDecimals".into(), 9.into()),
	])
}

fn choices() -> String {
	let ids = KNOWN_CHAINS.map(|known| format!("`{}`", known.id));
	format!("{} or the path of a chain spec file", ids.join(", "))
}

#[cfg(test)]
mod tests {
	use super::*;
	use sc_service::ChainSpec as _;

	#[track_caller]
	fn check_chain(id: &str, chain_type: ChainType) {
		let spec = load(id).expect("the id is known");
		assert_eq!((spec.id(), spec.chain_type()), (id, chain_type));
		assert_eq!(spec.properties()["tokenSymbol"], "TAO");
		assert_eq!(spec.properties()["tokenDecimals"], 9);
		assert_eq!(spec.properties()["ss58Format"], 42);
	}

	#[test]
	fn known_ids_resolve() {
		check_chain("dev", ChainType::Development);
		check_chain("localnet", ChainType::Development);
		check_chain("local", ChainType::Local);
	}

	#[test]
	fn every_known_chain_has_a_genesis_state() {
		for chain in KNOWN_CHAINS {
			let raw = load(chain.id).expect("the id is known").as_json(true);
			assert!(raw.is_ok(), "preset `{}`: {raw:?}", chain.preset);
		}
	}

	#[test]
	fn error_of_an_unknown_id_names_the_known_ones() {
		for id in ["", "loc", "no/such/file.json"] {
			let error = load(id).err().expect("not a chain").to_string();
			assert!(
				error.contains(id) && ["`dev`", "`localnet`", "`local`"].iter().all(|id| error.contains(id)),
				"{error}"
			);
		}
	}

	#[test]
	fn broken_spec_file_is_named_in_its_error() {
		let path = "Cargo.toml"; // Of this package, where tests run: a file, but no JSON.
		let error = load(path).err().expect("not a chain spec").to_string();
		assert!(error.contains(path), "{error}");
	}
}
