// SPDX-License-Identifier: Apache-2.0

//! subxt 0.51: code made from metadata, and calls by name alone.

use std::error::Error;
use std::time::Duration;

use subxt::dynamic::{self, Value};
use subxt::transactions::Payload;
use subxt_signer::sr25519::{dev, Keypair};
use tokio::time::timeout;

use crate::runtime;
use crate::stage::{signer, Stage, NETUID};

/// Longest that one operation may take.
const PATIENCE: Duration = Duration::from_secs(20);
const TAO: u64 = 1_000_000_000;

pub async fn run(stage: &Stage) {
	generated_code(stage).await;
	refusals(stage).await;
	calls_by_name(stage).await;
}

async fn generated_code(stage: &Stage) {
	let (bob, validator, newcomer) = (dev::bob(), signer("//validator"), signer("//newcomer"));
	let subnets = || runtime::transactions().subtensor_module();
	stage.send(&subnets().burned_register(NETUID, newcomer.public_key().0.into()), &bob).await;
	stage.send(&subnets().add_stake(validator.public_key().0.into(), NETUID, 7 * TAO), &bob).await;
	let unknown = subnets().set_weights(NETUID, vec![99], vec![1], 0);
	refused(stage, "UidVecContainInvalidOne", &unknown, &validator).await;
	stage.send(&subnets().set_weights(NETUID, vec![1, 2], vec![3, 1], 0), &validator).await;

	let at = stage.chain.at_current_block().await.expect("the chain can be read");
	let storage = || runtime::storage().subtensor_module();
	let uid = at.storage().fetch(storage().uids(), (NETUID, newcomer.public_key().0.into())).await;
	assert_eq!(uid.expect("the newcomer has a uid").decode().expect("it is a number"), 2);
	let row = at.storage().fetch(storage().weights(), (NETUID, 0)).await.expect("the validator has a row");
	assert_eq!(row.decode().expect("it is a row"), [(1, 65_535), (2, 21_845)]);
	let stake = at.storage().fetch(storage().total_hotkey_alpha(), (validator.public_key().0.into(), NETUID)).await;
	let stake = stake.expect("the validator has stake").decode().expect("it is an amount");
	assert!(stake >= 10_007 * TAO, "the validator has a stake of {stake}");
}

async fn refusals(stage: &Stage) {
	let (validator, miner) = (signer("//validator"), signer("//miner"));
	let weights = |dests: &[u16], weights: &[u16]| {
		runtime::transactions().subtensor_module().set_weights(NETUID, dests.to_vec(), weights.to_vec(), 0)
	};
	refused(stage, "SettingWeightsTooFast", &weights(&[1], &[1]), &validator).await;
	refused(stage, "NeuronNoValidatorPermit", &weights(&[0], &[1]), &miner).await;
	refused(stage, "WeightVecNotEqualSize", &weights(&[0, 1], &[1]), &miner).await;
	let nowhere = runtime::transactions().subtensor_module().burned_register(404, miner.public_key().0.into());
	refused(stage, "SubnetNotExists", &nowhere, &dev::bob()).await;
}

async fn calls_by_name(stage: &Stage) {
	let validator = signer("//validator");
	let field = Value::unnamed_variant("Raw5", [Value::from_bytes("hello")]);
	let info = Value::named_composite([("fields", Value::unnamed_composite([field]))]);
	let call = dynamic::transaction("Commitments", "set_commitment", vec![Value::u128(NETUID.into()), info]);
	stage.send(&call, &validator).await;

	let at = stage.chain.at_current_block().await.expect("the chain can be read");
	let address = dynamic::storage::<(u16, [u8; 32]), Value>("Commitments", "CommitmentOf");
	let stored = at.storage().fetch(address, (NETUID, validator.public_key().0)).await.expect("there is a commitment");
	let stored = stored.decode().expect("it is a value").to_string();
	assert!(stored.contains("Raw5"), "the commitment is {stored}");

	let numbers = |numbers: &[u16]| Value::unnamed_composite(numbers.iter().map(|n| Value::u128((*n).into())));
	let arguments = vec![Value::u128(NETUID.into()), numbers(&[0, 1]), numbers(&[1]), Value::u128(0)];
	let call = dynamic::transaction("SubtensorModule", "set_weights", arguments);
	refused(stage, "WeightVecNotEqualSize", &call, &signer("//miner")).await;
}

/// Sends what must fail: in the pool if it is free, in a block if it is paid.
async fn refused<Call: Payload>(stage: &Stage, name: &str, call: &Call, signer: &Keypair) {
	let sending = async {
		let at = stage.chain.at_current_block().await.expect("the chain can be read");
		let progress = at.transactions().sign_and_submit_then_watch_default(call, signer).await.map_err(told)?;
		progress.wait_for_finalized_success().await.map_err(told)
	};
	let error = timeout(PATIENCE, sending).await.expect("it is refused in time").err().unwrap_or_default();
	assert!(error.contains(name), "expected an error that names {name}, got {error:?}");
	println!("{name}: {error}");
}

/// What an error and its causes say.
fn told(error: impl Error) -> String {
	let mut words = error.to_string();
	let mut cause = error.source();
	while let Some(error) = cause {
		words = format!("{words}: {error}");
		cause = error.source();
	}
	words
}
