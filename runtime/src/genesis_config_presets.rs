// SPDX-License-Identifier: Apache-2.0
//! The chains that can be started by name.

use alloc::{vec, vec::Vec};

use frame_support::build_struct_json_patch;
use serde_json::Value;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_grandpa::AuthorityId as GrandpaId;
use sp_genesis_builder::PresetId;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

use crate::{
	AccountId, AuraConfig, BalancesConfig, GrandpaConfig, RuntimeGenesisConfig, SubtensorModuleConfig, SudoConfig, TAO,
};

/// Name of the local network's preset: one node by itself, for the off-chain programs.
pub const LOCALNET_RUNTIME_PRESET: &str = "localnet";
/// Name of the preset with three authorities, which need not be on one machine.
pub const LOCAL_RUNTIME_PRESET: &str = "local";

/// Who makes the blocks and votes for their finality: the block key and the voting key of each.
type Authorities<'a> = &'a [(Sr25519Keyring, Ed25519Keyring)];
const ALICE: Authorities = &[(Sr25519Keyring::Alice, Ed25519Keyring::Alice)];
const ALICE_BOB_CHARLIE: Authorities = &[
	(Sr25519Keyring::Alice, Ed25519Keyring::Alice),
	(Sr25519Keyring::Bob, Ed25519Keyring::Bob),
	(Sr25519Keyring::Charlie, Ed25519Keyring::Charlie),
];

/// Blocks between epochs, less one: upstream's for `development`, ten times as fast for the local ones.
const DEVELOPMENT_TEMPO: u16 = 99;
const LOCAL_TEMPO: u16 = 9;

/// Six accounts of a million TAO each: 6e15 rao, below the 10.5e15 from which the block emission halves.
fn endowed() -> Vec<(AccountId, u64)> {
	use Sr25519Keyring::{Alice, Bob, Charlie, Dave, Eve, Ferdie};
	[Alice, Bob, Charlie, Dave, Eve, Ferdie].map(|key| (key.to_account_id(), 1_000_000 * TAO)).to_vec()
}

fn genesis(authorities: Authorities, tempo: u16) -> Value {
	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig { balances: endowed() },
		aura: AuraConfig { authorities: authorities.iter().map(|(seals, _)| AuraId::from(seals.public())).collect() },
		grandpa: GrandpaConfig {
			authorities: authorities.iter().map(|(_, votes)| (GrandpaId::from(votes.public()), 1)).collect(),
		},
		sudo: SudoConfig { key: Some(Sr25519Keyring::Alice.to_account_id()) },
		subtensor_module: SubtensorModuleConfig { root_tempo: tempo, networks: vec![(1, tempo)] },
	})
}

/// The genesis patch of a preset.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let patch = match id.as_ref() {
		sp_genesis_builder::DEV_RUNTIME_PRESET => genesis(ALICE, DEVELOPMENT_TEMPO),
		LOCALNET_RUNTIME_PRESET => genesis(ALICE, LOCAL_TEMPO),
		LOCAL_RUNTIME_PRESET => genesis(ALICE_BOB_CHARLIE, LOCAL_TEMPO),
		_ => return None,
	};
	serde_json::to_vec(&patch).ok()
}

/// All presets by name.
pub fn preset_names() -> Vec<PresetId> {
	[sp_genesis_builder::DEV_RUNTIME_PRESET, LOCALNET_RUNTIME_PRESET, LOCAL_RUNTIME_PRESET].map(PresetId::from).into()
}
