// SPDX-License-Identifier: Apache-2.0

//! Signed calls against a real node: what must fail fails by name and changes nothing; a hotkey without balance can sign.

use e2e::programs::Localnet;
use offchain_validator::chain::root::StoredRow;
use offchain_validator::chain::{calls, surface, Call, Chain, Signer};

#[tokio::test]
async fn bad_calls_fail_by_name_and_a_hotkey_without_balance_can_sign() {
	let (_localnet, chain) = Localnet::node_only("250ms").await;
	let alice = signer("//Alice");
	bad_root_weights_fail_by_name(&chain, &alice).await;
	a_hotkey_without_balance_can_set_weights(&chain, &alice).await;
	a_call_that_fails_inside_sudo_is_told(&chain, &alice).await;
}

async fn bad_root_weights_fail_by_name(chain: &Chain, alice: &Signer) {
	let (validator, neuron, stranger) = (signer("//e2e/root"), signer("//e2e/neuron"), signer("//e2e/stranger"));
	for call in [
		calls::root_register(validator.account()),
		calls::add_stake(validator.account(), 0, 5_000_000_000),
		calls::set_root_weights(0, validator.account(), &[1], &[65_535], 0),
		calls::burned_register(1, neuron.account()),
	] {
		chain.submit(call, alice).await.expect("the call is good");
	}
	let before = rows(chain).await;
	assert_eq!(before, [(0, validator.account(), 5_000_000_000, vec![(1, 65_535)])]);

	let bob = signer("//Bob");
	let own = |netuid: u16, dests: &[u16], weights: &[u16]| {
		calls::set_root_weights(netuid, validator.account(), dests, weights, 0)
	};
	let many: Vec<u16> = (1..=65).collect();
	let cases: [(&str, Call, &Signer); 9] = [
		("UnknownNetuid", own(0, &[1, 99], &[1, 1]), alice),
		("UnequalLengths", own(0, &[1], &[1, 2]), alice),
		("TooManyEntries", own(0, &many, &many), alice),
		("DuplicateNetuid", own(0, &[1, 1], &[1, 2]), alice),
		("NoWeights", own(0, &[1], &[0]), alice),
		("NotRootNetwork", own(1, &[1], &[1]), alice),
		("NotHotkeyOwner", own(0, &[1], &[1]), &bob),
		("NotHotkeyOwner", calls::set_root_weights(0, stranger.account(), &[1], &[1], 0), alice),
		("NotRootValidator", calls::set_root_weights(0, neuron.account(), &[1], &[1], 0), alice),
	];
	for (name, call, signer) in cases {
		let error = chain.submit(call, signer).await.expect_err(name);
		assert_eq!(error.dispatch_error(), Some(format!("RootWeights.{name}").as_str()), "{error}");
		assert_eq!(rows(chain).await, before, "{name} changed a row");
	}
}

async fn a_hotkey_without_balance_can_set_weights(chain: &Chain, alice: &Signer) {
	let hotkey = signer("//e2e/poor");
	let refused = chain.submit(calls::set_weights(1, &[0], &[1], 0), &hotkey).await;
	assert!(refused.is_err(), "a key that nobody registered has signed");
	chain.submit(calls::burned_register(1, hotkey.account()), alice).await.expect("Alice can pay");

	let at = chain.at_finalized().await.expect("the chain can be read");
	assert_eq!(at.balance(hotkey.account()).await.expect("accounts can be read"), 0);
	assert_ne!(at.balance(alice.account()).await.expect("accounts can be read"), 0);
	let uid =
		at.find(&surface::UIDS, (1, hotkey.account())).await.expect("it can be read").expect("the hotkey has a uid");

	let block = chain.submit(calls::set_weights(1, &[uid], &[7], 0), &hotkey).await.expect("the hotkey can sign");
	let at = chain.at(block).await.expect("the block is there");
	let row = at.value(&surface::WEIGHTS, (1, uid)).await.expect("it can be read");
	assert_eq!(row, [(uid, 65_535)]);
}

async fn a_call_that_fails_inside_sudo_is_told(chain: &Chain, alice: &Signer) {
	let twice = vec![calls::create_network(7, 10), calls::create_network(7, 10)];
	let error = chain.submit(calls::sudo(calls::batch_all(twice)), alice).await.expect_err("7 is there already");
	assert_eq!(error.dispatch_error(), Some("SubtensorModule.SubnetExists"), "{error}");
	let at = chain.at_finalized().await.expect("the chain can be read");
	let added = at.value(&surface::NETWORKS_ADDED, (7,)).await.expect("it can be read");
	assert!(!added, "half of a batch was kept");
}

async fn rows(chain: &Chain) -> Vec<StoredRow> {
	let at = chain.at_finalized().await.expect("the chain can be read");
	at.call(&surface::ROWS_AS_STORED, ()).await.expect("the rows can be read")
}

fn signer(uri: &str) -> Signer {
	Signer::from_uri(uri).expect("the key is valid")
}
