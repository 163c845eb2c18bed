// SPDX-License-Identifier: Apache-2.0

//! What a program will use of a chain is looked for before anything else is done with it.

use e2e::programs::Localnet;
use offchain_validator::chain::surface::{Item, Method};
use offchain_validator::chain::{Chain, Role};

#[tokio::test]
async fn a_chain_is_asked_for_all_that_a_role_uses() {
	let (localnet, chain) = Localnet::node_only("1s").await;
	for role in [Role::Miner, Role::Validator, Role::Registrar, Role::RootObserver, Role::Localnet] {
		Chain::connect_as(role, &localnet.endpoint()).await.expect("our own chain has everything");
	}

	let newer: Item<(u16, u16), u64> = Item::new("SubtensorModule", "SubnetMood");
	let older: Item<(), u64> = Item::new("SubtensorModule", "Uids");
	let foreign: Method<(u16,), u64> = Method::new("MoodRuntimeApi", "get_mood");
	let mut needs = Role::Validator.needs();
	needs.extend([newer.need(), older.need(), foreign.need()]);
	let at = chain.at_finalized().await.expect("the chain can be read");
	let error = at.check("a test", &needs).expect_err("the chain has no mood").to_string();
	let lacks =
		"lacks, of what a test uses: storage SubtensorModule.SubnetMood by 2 keys; storage SubtensorModule.Uids by \
		no key, of which it has one with 2 keys; runtime call MoodRuntimeApi.get_mood of 1 argument. ";
	assert!(error.contains(lacks) && error.contains(&localnet.endpoint()), "{error}");

	let error = at.value(&newer, (1, 2)).await.expect_err("there is no such item").to_string();
	assert!(error.contains("reading SubtensorModule.SubnetMood"), "{error}");
	let wrong: Item<(u16,), String> = Item::new("SubtensorModule", "Tempo");
	let error = at.value(&wrong, (1,)).await.expect_err("a number is no text").to_string();
	assert!(error.contains("reading SubtensorModule.Tempo"), "{error}");
}
