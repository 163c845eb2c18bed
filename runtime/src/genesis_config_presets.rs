// SPDX-License-Identifier: Apache-2.0
//! The chains that can be started by name.

use alloc::{vec, vec::Vec};

use frame_support::build_struct_json_patch;
use serde_json::Value;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_genesis_builder::PresetId;
use sp_keyring::Sr25519Keyring;

use crate::{AccountId, AuraConfig, BalancesConfig, RuntimeGenesisConfig, SubtensorModuleConfig, SudoConfig, TAO};

/// Name of the local network's preset.
pub const LOCALNET_RUNTIME_PRESET: &str = "localnet";

/// Blocks between epochs, less one: upstream's for `development`, ten times as fast for `localnet`.
const DEVELOPMENT_TEMPO: u16 = 99;
const LOCALNET_TEMPO: u16 = 9;

/// Six accounts of a million TAO each: 6e15 rao, below the 10.5e15 from which the block emission halves.
fn endowed() -> Vec<(AccountId, u64)> {
	use Sr25519Keyring::{Alice, Bob, Charlie, Dave, Eve, Ferdie};
	[Alice, Bob, Charlie, Dave, Eve, Ferdie].map(|key| (key.to_account_id(), 1_000_000 * TAO)).to_vec()
}

fn genesis(tempo: u16) -> Value {
	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig { balances: endowed() },
		aura: AuraConfig { authorities: vec![AuraId::from(Sr25519Keyring::Alice.public())] },
		sudo: SudoConfig { key: Some(Sr25519Keyring::Alice.to_account_id()) },
		subtensor_module: SubtensorModuleConfig { root_tempo: tempo, networks: vec![(1, tempo)] },
	})
}

/// The genesis patch of a preset.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let patch = match id.as_ref() {
		sp_genesis_builder::DEV_RUNTIME_PRESET => genesis(DEVELOPMENT_TEMPO),
		LOCALNET_RUNTIME_PRESET => genesis(LOCALNET_TEMPO),
		_ => return None,
	};
	serde_json::to_vec(&patch).ok()
}

/// All presets by name.
pub fn preset_names() -> Vec<PresetId> {
	vec![PresetId::from(sp_genesis_builder::DEV_RUNTIME_PRESET), PresetId::from(LOCALNET_RUNTIME_PRESET)]
}
