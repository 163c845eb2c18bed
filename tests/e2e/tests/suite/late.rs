// SPDX-License-Identifier: Apache-2.0

//! Nobody has to be there from the beginning: a run is found without a word from the user, and whoever comes late, or has
//! lost its model when the first windows are gone, reaches the model of the others bit for bit.

use std::fs;

use e2e::programs::Node;
use e2e::training::{register, Ground, Member, BLOCK_TIME};
use offchain_validator::bucket::{Kind, ObjectKey};
use offchain_validator::clock::Window;
use offchain_validator::participant::VERSION;
use offchain_validator::templar::peers::{Cadence, PeerList};

/// Windows for which objects are kept: so many that a busy machine stays in reach.
const RETENTION: u32 = 8;
/// The uid of the validator, who registers first.
const VALIDATOR: u16 = 0;
/// The miners that are there from the beginning; another one comes late.
const MINERS: [(&str, &[&str]); 3] =
	[("honest", &["miner"]), ("noise-1", &["miner", "--role=noise"]), ("noise-2", &["miner", "--role=noise"])];

fn ground() -> Ground {
	Ground::prepare(|hparams| {
		(hparams.peers.max_topk_peers, hparams.peers.minimum_peers) = (3, 1);
		(hparams.windows.retention_windows, hparams.training.checkpoint_frequency) = (RETENTION, 2);
	})
}

fn start(ground: &Ground, node: &Node, name: &str, command: &[&str]) -> Member {
	ground.start(name, &node.endpoint(), None::<Window>, command)
}

#[tokio::test]
async fn who_comes_late_and_who_lost_its_model_reach_the_others() {
	let ground = ground();
	let (node, chain) = Node::start(&ground.path("node"), BLOCK_TIME).await;
	register(&chain, "validator", &["honest", "noise-1", "noise-2", "late"]).await;
	let mut validator = start(&ground, &node, "validator", &["validator"]);
	let miners = MINERS.map(|(name, command)| start(&ground, &node, name, command));
	let first = scored(&mut validator, 3).await;

	// Within reach: all windows are replayed.
	let mut late = start(&ground, &node, "late", &["miner", "--role=noise"]);
	check_same(&mut late, &miners[0]).await;
	assert!(!late.told().contains("checkpoint"), "{}", late.told());

	// Beyond it.
	scored(&mut validator, RETENTION as usize + 2).await;
	validator.kill().await;
	check_list(&ground, first);
	fs::remove_dir_all(validator.state()).expect("it is there");
	let mut validator = start(&ground, &node, "validator", &["validator"]);
	check_same(&mut validator, &miners[0]).await;
	assert!(validator.told().contains("going on from a checkpoint"), "{}", validator.told());
	let again = scored(&mut validator, 1).await;
	assert!(again > first, "window {again} was replayed, which nobody keeps");
}

/// Waits until the validator has scored so many windows; returns the first of them.
async fn scored(validator: &mut Member, windows: usize) -> Window {
	let enough = |validator: &Member| {
		let lines = validator.journal();
		(lines.len() >= windows).then(|| lines[0].window)
	};
	validator.until("enough windows", enough).await
}

/// Both have the same model after the same window.
async fn check_same(member: &mut Member, other: &Member) {
	let both = |member: &Member| {
		let (ours, mut theirs) = (member.models(), other.models());
		ours.into_iter().find_map(|(window, model)| Some((window, model, theirs.remove(&window)?)))
	};
	let (window, ours, theirs) = member.until("a model that the other has too", both).await;
	assert!(ours == theirs, "the models after window {window} differ");
}

/// The validator has published whose gradients count, beforehand.
fn check_list(ground: &Ground, start_window: Window) {
	let peers = &ground.hparams.peers;
	let cadence = Cadence::new(start_window, &ground.hparams.windows, peers);
	let key = |window| ObjectKey { kind: Kind::Peers, window, uid: VALIDATOR, version: VERSION };
	let list = (start_window..).take(RETENTION as usize).find_map(|made_after| {
		let first = cadence.holds_from(made_after)?;
		let bytes = fs::read(ground.bucket("validator").join(key(first).to_string())).ok()?;
		Some(PeerList::decode(&bytes, first, made_after, peers).expect("it has the right form"))
	});
	let list = list.expect("there is a list");
	assert!(list.initial_selection && !list.peers.contains(&VALIDATOR), "{list:?}");
}
