// SPDX-License-Identifier: Apache-2.0
//! The runtime as a whole: money, order, what transactions are let in, and what clients can decode.

use alloc::collections::BTreeMap;

use codec::{Decode, Encode};
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use frame_support::{
	assert_ok,
	dispatch::DispatchInfo,
	traits::{fungible::Inspect, Get, OnInitialize},
};
use scale_info::{form::PortableForm, Type};
use sp_core::Pair;
use sp_keyring::Sr25519Keyring::{Alice, Bob};
use sp_runtime::{
	generic::Era,
	traits::{IdentifyAccount, Verify},
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	BuildStorage, MultiAddress, MultiSignature,
};

use crate::*;

/// Runs `test` on the genesis of the `localnet` preset, in block 1.
fn execute(test: impl FnOnce()) {
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("the default genesis is plain data");
	let preset = genesis_config_presets::get_preset(&"localnet".into()).expect("the preset exists");
	let patch = serde_json::from_slice(&preset).expect("a preset is JSON");
	merge(&mut config, patch);
	let genesis: RuntimeGenesisConfig = serde_json::from_value(config).expect("the preset fits the genesis");
	let storage = genesis.build_storage().expect("the preset's genesis is sound");
	sp_io::TestExternalities::from(storage).execute_with(|| {
		System::set_block_number(1);
		test();
		SubtensorModule::do_try_state().expect("every invariant of subnets holds");
		RootWeights::do_try_state().expect("every invariant of root weights holds");
	});
}

fn merge(config: &mut serde_json::Value, patch: serde_json::Value) {
	match (config, patch) {
		(serde_json::Value::Object(config), serde_json::Value::Object(patch)) => {
			for (key, value) in patch {
				merge(config.entry(key).or_insert(serde_json::Value::Null), value);
			}
		},
		(config, patch) => *config = patch,
	}
}

/// Signs `call` as a client would.
fn transaction(key: &sp_core::sr25519::Pair, nonce: Nonce, call: RuntimeCall) -> UncheckedExtrinsic {
	let extension: TxExtension = (
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(Era::Immortal),
		frame_system::CheckNonce::from(nonce),
		frame_system::CheckWeight::new(),
		pallet_transaction_payment::ChargeTransactionPayment::from(0),
		pallet_root_weights::CheckRootVote::new(),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
	);
	let payload =
		generic::SignedPayload::new(call.clone(), extension.clone()).expect("the extension has what it signs");
	let signature = payload.using_encoded(|bytes| key.sign(bytes));
	UncheckedExtrinsic::new_signed(call, account(key).into(), MultiSignature::from(signature), extension)
}

fn account(key: &sp_core::sr25519::Pair) -> AccountId {
	<Signature as Verify>::Signer::from(key.public()).into_account()
}

fn hotkey(name: &str) -> sp_core::sr25519::Pair {
	sp_core::sr25519::Pair::from_string(&alloc::format!("//{name}"), None).expect("a derivation path")
}

/// Applies a transaction as block execution does.
fn apply(key: &sp_core::sr25519::Pair, nonce: Nonce, call: RuntimeCall) -> sp_runtime::ApplyExtrinsicResult {
	Executive::apply_extrinsic(transaction(key, nonce, call))
}

fn register(coldkey: &sp_core::sr25519::Pair, nonce: Nonce, hotkey: &sp_core::sr25519::Pair) {
	let call = pallet_subnets::Call::burned_register { netuid: 1, hotkey: account(hotkey) };
	assert_ok!(apply(coldkey, nonce, call.into()).expect("the pool lets it in"));
}

#[test]
fn presets_stay_below_the_first_halving() {
	execute(|| {
		let issuance = pallet_subnets::TotalIssuance::<Runtime>::get();
		assert!(issuance < 10_500_000_000_000_000 && issuance == Balances::total_issuance());
		assert_eq!(<Runtime as pallet_root_weights::Config>::BlockEmission::get(), TAO);
	});
	for name in genesis_config_presets::preset_names() {
		assert!(genesis_config_presets::get_preset(&name).is_some());
	}
}

#[test]
fn root_weights_run_before_the_pallet_that_pays() {
	use frame_support::traits::PalletInfoAccess;
	assert!(RootWeights::index() < SubtensorModule::index());
	execute(|| {
		let (alice, validator) = (Alice.pair(), hotkey("root"));
		let calls: [RuntimeCall; 3] = [
			pallet_subnets::Call::root_register { hotkey: account(&validator) }.into(),
			pallet_subnets::Call::add_stake { hotkey: account(&validator), netuid: 0, amount_staked: TAO }.into(),
			pallet_root_weights::Call::set_root_weights {
				netuid: 0,
				hotkey: account(&validator),
				dests: vec![1],
				weights: vec![1],
				version_key: 0,
			}
			.into(),
		];
		for (nonce, call) in (0..).zip(calls) {
			assert_ok!(apply(&alice, nonce, call).expect("the pool lets it in"));
		}
		let epoch = RootWeights::next_epoch_block().expect("the tempo is not zero") as u32;
		let before = pallet_subnets::TotalIssuance::<Runtime>::get();
		System::set_block_number(epoch);
		<AllPalletsWithSystem as OnInitialize<BlockNumber>>::on_initialize(epoch);
		assert_eq!(pallet_subnets::TotalIssuance::<Runtime>::get() - before, TAO);
	});
}

#[test]
fn a_registered_hotkey_without_balance_signs_and_is_not_charged() {
	execute(|| {
		let miner = hotkey("miner");
		register(&Alice.pair(), 0, &miner);
		let issuance = pallet_subnets::TotalIssuance::<Runtime>::get();
		let set = pallet_subnets::Call::set_weights { netuid: 1, dests: vec![0], weights: vec![1], version_key: 0 };
		assert_ok!(apply(&miner, 0, set.into()).expect("the pool lets it in"));
		assert_eq!(pallet_subnets::Weights::<Runtime>::get(1, 0), [(0, 65_535)]);
		let info = pallet_commitments::CommitmentInfo::raw(b"bucket".to_vec()).expect("short enough");
		let commit = pallet_commitments::Call::set_commitment { netuid: 1, info: alloc::boxed::Box::new(info) };
		assert_ok!(apply(&miner, 1, commit.into()).expect("the pool lets it in"));
		assert_eq!(Balances::balance(&account(&miner)), 0);
		assert_eq!(pallet_subnets::TotalIssuance::<Runtime>::get(), issuance);
	});
}

#[test]
fn an_unregistered_hotkey_without_balance_is_kept_out_of_the_pool() {
	execute(|| {
		let set = pallet_subnets::Call::set_weights { netuid: 1, dests: vec![0], weights: vec![1], version_key: 0 };
		let refused = TransactionValidityError::Invalid(InvalidTransaction::Payment);
		assert_eq!(apply(&hotkey("stranger"), 0, set.into()), Err(refused));
	});
}

#[test]
fn fees_leave_total_issuance() {
	execute(|| {
		let before = pallet_subnets::TotalIssuance::<Runtime>::get();
		let transfer =
			pallet_balances::Call::transfer_keep_alive { dest: MultiAddress::Id(Bob.to_account_id()), value: TAO };
		assert_ok!(apply(&Alice.pair(), 0, transfer.into()).expect("the pool lets it in"));
		let burned = before - pallet_subnets::TotalIssuance::<Runtime>::get();
		assert!(burned > 0 && burned < TAO / 100, "a transfer costs {burned} rao");
		assert_eq!(pallet_subnets::TotalIssuance::<Runtime>::get(), Balances::total_issuance());
	});
}

#[test]
fn runtime_apis_answer_what_the_pallets_hold() {
	use pallet_root_weights_runtime_api::runtime_decl_for_root_weights_api::RootWeightsApiV1 as Api;
	use pallet_subnets_runtime_api::runtime_decl_for_neuron_info_runtime_api::NeuronInfoRuntimeApiV1 as Neurons;
	execute(|| {
		let (alice, validator, miner) = (Alice.pair(), hotkey("root"), hotkey("miner"));
		register(&alice, 0, &miner);
		let calls: [RuntimeCall; 3] = [
			pallet_subnets::Call::root_register { hotkey: account(&validator) }.into(),
			pallet_subnets::Call::add_stake { hotkey: account(&validator), netuid: 0, amount_staked: TAO }.into(),
			pallet_subnets::Call::set_root_weights {
				netuid: 0,
				hotkey: account(&validator),
				dests: vec![1],
				weights: vec![9],
				version_key: 0,
			}
			.into(),
		];
		for (nonce, call) in (1..).zip(calls) {
			assert_ok!(apply(&alice, nonce, call).expect("the pool lets it in"));
		}
		assert_eq!(
			<Runtime as Api<Block, AccountId>>::rows_as_stored(),
			[(0, account(&validator), TAO, vec![(1, 65_535)])]
		);
		let read = <Runtime as Api<Block, AccountId>>::rows_as_read();
		assert_eq!(read, [(0, account(&validator), TAO, vec![(1, u64::MAX)])]);
		assert_eq!(<Runtime as Api<Block, AccountId>>::block_emission(), TAO);
		assert_eq!(<Runtime as Api<Block, AccountId>>::emission(), [(1, 0)], "no epoch has run yet");
		assert_eq!(<Runtime as Api<Block, AccountId>>::emission_preview(true), [(1, TAO)]);
		assert_eq!(<Runtime as Api<Block, AccountId>>::next_epoch_block(), Some(8));
		let neurons = <Runtime as Neurons<Block, AccountId>>::get_neurons_lite(1);
		assert_eq!(neurons.iter().map(|neuron| neuron.hotkey.clone()).collect::<Vec<_>>(), [account(&miner)]);
	});
}

#[test]
fn the_historic_root_call_forwards() {
	execute(|| {
		let (alice, validator) = (Alice.pair(), hotkey("root"));
		let join = pallet_subnets::Call::root_register { hotkey: account(&validator) };
		assert_ok!(apply(&alice, 0, join.into()).expect("the pool lets it in"));
		let hotkey = account(&validator);
		let stake = pallet_subnets::Call::add_stake { hotkey: hotkey.clone(), netuid: 0, amount_staked: TAO };
		assert_ok!(apply(&alice, 1, stake.into()).expect("the pool lets it in"));
		let vote = pallet_subnets::Call::set_root_weights {
			netuid: 0,
			hotkey,
			dests: vec![1],
			weights: vec![3],
			version_key: 0,
		};
		assert_eq!(
			(vote.encode()[0], Pays::of(&RuntimeCall::from(vote.clone()))),
			(8, frame_support::dispatch::Pays::No)
		);
		assert_ok!(apply(&alice, 2, vote.into()).expect("the pool lets it in"));
		assert_eq!(pallet_subnets::Weights::<Runtime>::get(0, 0), [(1, 65_535)]);
	});
}

struct Pays;
impl Pays {
	fn of(call: &RuntimeCall) -> frame_support::dispatch::Pays {
		let DispatchInfo { pays_fee, .. } = frame_support::dispatch::GetDispatchInfo::get_dispatch_info(call);
		pays_fee
	}
}

/// Paths and ids of every type that has a path, as a client sees them in one version of the metadata.
fn types_at(version: u32) -> BTreeMap<u32, Type<PortableForm>> {
	let opaque = metadata::at_version(version).expect("the version is served");
	let decoded = RuntimeMetadataPrefixed::decode(&mut &opaque[..]).expect("metadata decodes");
	let types = match decoded.1 {
		RuntimeMetadata::V14(metadata) => metadata.types,
		RuntimeMetadata::V15(metadata) => metadata.types,
		_ => panic!("another version than asked for"),
	};
	types.types.into_iter().map(|ty| (ty.id, ty.ty)).collect()
}

#[test]
fn metadata_v14_and_v15_number_the_types_of_pallets_alike() {
	let opaque = metadata::at_version(14).expect("V14 is served");
	let decoded = RuntimeMetadataPrefixed::decode(&mut &opaque[..]).expect("metadata decodes");
	let RuntimeMetadata::V14(v14) = decoded.1 else { panic!("another version than asked for") };
	let (old, new) = (types_at(14), types_at(15));
	let mut compared = 0;
	for pallet in v14.pallets {
		let stored = pallet.storage.into_iter().flat_map(|storage| storage.entries).flat_map(|entry| match entry.ty {
			frame_metadata::v14::StorageEntryType::Plain(value) => vec![value.id],
			frame_metadata::v14::StorageEntryType::Map { key, value, .. } => vec![key.id, value.id],
		});
		let calls = pallet.calls.into_iter().map(|calls| calls.ty.id);
		let constants = pallet.constants.into_iter().map(|constant| constant.ty.id);
		for id in stored.chain(calls).chain(constants).collect::<Vec<_>>() {
			assert_eq!(old.get(&id), new.get(&id), "type {id} of {}", pallet.name);
			compared += 1;
		}
	}
	assert!(compared > 100);
}

#[test]
fn transaction_extensions_stand_in_the_order_clients_encode() {
	let opaque = metadata::at_version(14).expect("V14 is served");
	let decoded = RuntimeMetadataPrefixed::decode(&mut &opaque[..]).expect("metadata decodes");
	let RuntimeMetadata::V14(v14) = decoded.1 else { panic!("another version than asked for") };
	let names: Vec<_> = v14.extrinsic.signed_extensions.iter().map(|extension| extension.identifier.as_str()).collect();
	let expected = [
		"CheckNonZeroSender",
		"CheckSpecVersion",
		"CheckTxVersion",
		"CheckGenesis",
		"CheckMortality",
		"CheckNonce",
		"CheckWeight",
		"ChargeTransactionPayment",
		"CheckRootVote",
		"CheckMetadataHash",
	];
	assert_eq!(names, expected);
	assert_eq!(v14.extrinsic.version, 4);
}
