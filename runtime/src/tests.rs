// SPDX-License-Identifier: Apache-2.0
//! The runtime as a whole: money, order, what transactions are let in, and what clients can decode.

mod apis;

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
		Commitments::do_try_state().expect("every invariant of commitments holds");
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
		pallet_subnets::CheckFreeCalls::new(),
		pallet_commitments::CheckCommitment::new(),
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
		"CheckFreeCalls",
		"CheckCommitment",
		"CheckMetadataHash",
	];
	assert_eq!(names, expected);
	assert_eq!(v14.extrinsic.version, 4);
}

/// A type as `spec` tables write it.
fn describe(id: u32, types: &BTreeMap<u32, Type<PortableForm>>) -> String {
	use scale_info::{TypeDef, TypeDefPrimitive};
	let ty = &types[&id];
	let name = |id| describe(id, types);
	match &ty.type_def {
		TypeDef::Primitive(TypeDefPrimitive::Bool) => "bool".into(),
		TypeDef::Primitive(primitive) => format!("{primitive:?}").to_lowercase(),
		TypeDef::Sequence(sequence) => format!("Vec<{}>", name(sequence.type_param.id)),
		TypeDef::Compact(compact) => format!("Compact<{}>", name(compact.type_param.id)),
		TypeDef::Array(array) => format!("[{}; {}]", name(array.type_param.id), array.len),
		TypeDef::Tuple(tuple) => {
			format!("({})", tuple.fields.iter().map(|field| name(field.id)).collect::<Vec<_>>().join(", "))
		},
		_ => ty.path.segments.last().cloned().unwrap_or_default(),
	}
}

/// Each storage item of a pallet: hashers and keys, value, and whether what is absent reads as a default.
fn storage_of(pallet: &str) -> BTreeMap<String, String> {
	use frame_metadata::v14::{StorageEntryModifier, StorageEntryType};
	use scale_info::TypeDef;
	let opaque = metadata::at_version(14).expect("V14 is served");
	let decoded = RuntimeMetadataPrefixed::decode(&mut &opaque[..]).expect("metadata decodes");
	let RuntimeMetadata::V14(v14) = decoded.1 else { panic!("another version than asked for") };
	let types = types_at(14);
	let storage = v14.pallets.into_iter().find(|found| found.name == pallet).and_then(|found| found.storage);
	let described = storage.expect("the pallet has storage").entries.into_iter().map(|entry| {
		let query = if entry.modifier == StorageEntryModifier::Optional { "?" } else { "" };
		let text = match entry.ty {
			StorageEntryType::Plain(value) => format!("{}{query}", describe(value.id, &types)),
			StorageEntryType::Map { hashers, key, value } => {
				let keys = match (&types[&key.id].type_def, hashers.len()) {
					(TypeDef::Tuple(tuple), 2..) => tuple.fields.iter().map(|field| field.id).collect(),
					_ => vec![key.id],
				};
				let keys =
					hashers.iter().zip(keys).map(|(hasher, key)| format!("{hasher:?} {}", describe(key, &types)));
				format!("{} -> {}{query}", keys.collect::<Vec<_>>().join(", "), describe(value.id, &types))
			},
		};
		(entry.name, text)
	});
	described.collect()
}

#[test]
fn clients_find_upstreams_types() {
	let subtensor = storage_of("SubtensorModule");
	let row = "Identity u16, Identity u16 -> Vec<(u16, u16)>";
	let expected = [
		("Weights", row), // Of netuid 0, too: root rows are read where upstream has them.
		("Bonds", row),
		("Uids", "Identity u16, Blake2_128Concat AccountId32 -> u16?"),
		("LastUpdate", "Identity u16 -> Vec<u64>"),
		("NetworksAdded", "Identity u16 -> bool"),
		("Tempo", "Identity u16 -> u16"),
		("Burn", "Identity u16 -> u64"),
		("WeightsSetRateLimit", "Identity u16 -> u64"),
		("MinAllowedWeights", "Identity u16 -> u16"),
		("MaxWeightsLimit", "Identity u16 -> u16"),
		("SubnetworkN", "Identity u16 -> u16"),
		("BlocksSinceLastStep", "Identity u16 -> u64"),
		("CommitRevealWeightsEnabled", "Identity u16 -> bool"),
	];
	for (item, text) in expected {
		assert_eq!(subtensor[item], text, "{item}");
	}
	let root = storage_of("RootWeights");
	assert_eq!(root["Rows"], "Twox64Concat u16 -> Vec<(u16, u16)>");
	assert_eq!(root["EmissionShares"], "Vec<(u16, u64)>");
	let commitment = "Identity u16, Twox64Concat AccountId32 -> Registration?";
	assert_eq!(storage_of("Commitments")["CommitmentOf"], commitment);
}

#[test]
fn calls_stand_where_clients_know_them() {
	let vote = pallet_root_weights::Call::<Runtime>::set_root_weights {
		netuid: 0,
		hotkey: Alice.to_account_id(),
		dests: vec![1],
		weights: vec![2],
		version_key: 3,
	};
	let historic = pallet_subnets::Call::<Runtime>::set_root_weights {
		netuid: 0,
		hotkey: Alice.to_account_id(),
		dests: vec![1],
		weights: vec![2],
		version_key: 3,
	};
	assert_eq!((vote.encode()[0], historic.encode()[0]), (0, 8));
	assert_eq!(vote.encode()[1..], historic.encode()[1..], "arguments in upstream's order");
}

/// Registers a root validator of `coldkey` and stakes a TAO on it.
fn join_root(coldkey: &sp_core::sr25519::Pair, validator: &sp_core::sr25519::Pair) {
	let calls: [RuntimeCall; 2] = [
		pallet_subnets::Call::root_register { hotkey: account(validator) }.into(),
		pallet_subnets::Call::add_stake { hotkey: account(validator), netuid: 0, amount_staked: TAO }.into(),
	];
	for call in calls {
		assert_ok!(apply(coldkey, System::account_nonce(account(coldkey)), call).expect("the pool lets it in"));
	}
}

/// A root vote under its own name or its historic one.
fn root_vote(validator: &sp_core::sr25519::Pair, historic: bool, dests: Vec<u16>) -> RuntimeCall {
	let (hotkey, weights) = (account(validator), vec![1; dests.len()]);
	if historic {
		pallet_subnets::Call::set_root_weights { netuid: 0, hotkey, dests, weights, version_key: 0 }.into()
	} else {
		pallet_root_weights::Call::set_root_weights { netuid: 0, hotkey, dests, weights, version_key: 0 }.into()
	}
}

#[test]
fn a_flood_of_failing_votes_never_gets_into_a_block() {
	use sp_runtime::transaction_validity::TransactionSource::External;
	execute(|| {
		let (alice, validator) = (Alice.pair(), hotkey("root"));
		join_root(&alice, &validator);
		let nonce = System::account_nonce(account(&alice));
		let refused = pallet_root_weights::Error::<Runtime>::UnknownNetuid { netuid: 0 };
		let refused: TransactionValidityError = pallet_root_weights::refusal(refused).into();
		let votes = (2..502).map(|netuid| root_vote(&validator, netuid % 2 == 0, vec![netuid])); // There is subnet 1 alone.
		let votes: Vec<_> = votes.map(|call| transaction(&alice, nonce, call)).collect();
		for vote in &votes {
			let pool = Executive::validate_transaction(External, vote.clone(), System::block_hash(0));
			assert_eq!(pool, Err(refused));
		}
		let weight = System::block_weight().total();
		for vote in votes {
			assert_eq!(Executive::apply_extrinsic(vote), Err(refused));
		}
		assert_eq!(System::block_weight().total(), weight, "they take no room in a block");
		assert_eq!(System::account_nonce(account(&alice)), nonce);
		assert!(pallet_subnets::Weights::<Runtime>::get(0, 0).is_empty());
	});
}

#[test]
fn a_flood_of_sound_votes_is_one_in_the_pool_and_one_a_rate_limit_in_blocks() {
	use sp_runtime::transaction_validity::TransactionSource::External;
	execute(|| {
		let (alice, validator) = (Alice.pair(), hotkey("root"));
		join_root(&alice, &validator);
		let limit = pallet_root_weights::RootParameter::RateLimit(5);
		assert_ok!(RootWeights::set_parameter(RuntimeOrigin::root(), limit));
		let nonce = System::account_nonce(account(&alice));
		let tags = |nonce, historic| {
			let transaction = transaction(&alice, nonce, root_vote(&validator, historic, vec![1]));
			let valid = Executive::validate_transaction(External, transaction, System::block_hash(0));
			valid.expect("a sound vote").provides
		};
		let (first, second) = (tags(nonce, false), tags(nonce + 1, true));
		assert!(first.iter().any(|tag| second.contains(tag)), "the pool holds one of the two");

		assert_ok!(apply(&alice, nonce, root_vote(&validator, false, vec![1])).expect("the first is let in"));
		for historic in [false, true] {
			let refused = pallet_root_weights::Error::<Runtime>::VotingTooSoon { blocks_left: 0 };
			let again = apply(&alice, nonce + 1, root_vote(&validator, historic, vec![1]));
			assert_eq!(again, Err(pallet_root_weights::refusal(refused).into()));
		}
	});
}

#[test]
fn a_failing_vote_inside_another_call_is_paid_for() {
	execute(|| {
		let (alice, validator) = (Alice.pair(), hotkey("root"));
		join_root(&alice, &validator);
		let free = Balances::balance(&account(&alice));
		let batch = pallet_utility::Call::batch { calls: vec![root_vote(&validator, false, vec![9])] };
		let nonce = System::account_nonce(account(&alice));
		assert_ok!(apply(&alice, nonce, batch.into()).expect("the pool lets it in"));
		assert!(Balances::balance(&account(&alice)) < free);
	});
}
