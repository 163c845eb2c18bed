// SPDX-License-Identifier: Apache-2.0

//! A validator goes on where it was: after it was killed, and after its chain was away; and so does a miner. All by the later
//! form of Templar, which learns meanwhile. A state folder has one owner.

use std::path::Path;

use e2e::programs::{Node, PATIENCE};
use e2e::random::Random;
use e2e::training::{first_window, hotkey, register, Ground, Member, BLOCKS_PER_WINDOW, BLOCK_TIME, NETUID};
use offchain_validator::chain::{metagraph, Chain};
use offchain_validator::clock::Window;
use offchain_validator::state::{Scores as _, ValidatorState};
use offchain_validator::templar::scores::Scores;

/// The uid of the validator, who registers first.
const VALIDATOR: u16 = 0;
/// The miners and how each is started.
const MINERS: [(&str, &[&str]); 3] =
	[("honest", &["miner"]), ("noise-1", &["miner", "--role=noise"]), ("noise-2", &["miner", "--role=noise"])];
/// When the validator is killed.
const MOMENTS: [Moment; 3] = [Moment::Block(0, 7), Moment::Saved, Moment::Block(8, 15)];
/// The chain is unavailable, by sysexits.h.
const UNAVAILABLE: i32 = 69;
/// A rating's deviation before the first match, and what one match may add to it.
const UNRATED: f64 = 25.0 / 3.0;
const TAU: f64 = 0.1;

/// A moment in a window's life.
#[derive(Clone, Copy, Debug)]
enum Moment {
	/// So many blocks into a window, at least and at most.
	Block(u64, u64),
	/// A window's scores are saved, its step and its line are still to come.
	Saved,
}

#[tokio::test]
async fn a_validator_goes_on_where_it_was() {
	let ground = Ground::prepare_with("hparams/short-head.json", |_| ());
	let base_path = ground.path("node");
	let (node, chain) = Node::start(&base_path, BLOCK_TIME).await;
	register(&chain, "validator", &MINERS.map(|(name, _)| name)).await;
	let start = first_window(&chain).await;
	let mut validator = validator(&ground, &node, start);
	let mut miners = MINERS.map(|(name, command)| ground.start(name, &node.endpoint(), start, command));
	scored_after(&mut validator, start).await;
	for moment in MOMENTS {
		reached(moment, &chain, &mut validator).await;
		validator.kill().await;
		validator = started_again(&ground, &node, start, &validator).await;
	}

	let endpoint = node.endpoint();
	node.kill().await;
	for member in miners.iter_mut().chain([&mut validator]) {
		check_end(member, &endpoint).await;
	}
	let before = check_state(&validator, start);

	let (node, chain) = Node::start(&base_path, BLOCK_TIME).await;
	let mut validator = self::validator(&ground, &node, start);
	let miners = MINERS.map(|(name, command)| ground.start(name, &node.endpoint(), start, command));
	let after = validator
		.until("two more windows and another row", |validator| {
			let saved = validator.saved()?;
			let went_on = saved.windows_scored >= before.windows_scored + 2 && saved.weights_set > before.weights_set;
			went_on.then_some(saved)
		})
		.await;
	check_ratings(&before, &after);
	check_state(&validator, start);
	check_row(&chain, &mut validator).await;
	check_loss(&validator);
	let told = miners[0].told();
	assert!(told.contains("going on with what was left to send"), "{told}");
	check_models(&mut validator, &miners[0]).await;
	check_owners(&ground, &node, start, validator).await;
}

fn validator(ground: &Ground, node: &Node, start: Window) -> Member {
	ground.start("validator", &node.endpoint(), start, &["validator"])
}

/// Waits for the line of a window after `window`.
async fn scored_after(validator: &mut Member, window: Window) {
	let is_there = |validator: &Member| validator.journal().last().filter(|line| line.window > window).map(|_| ());
	validator.until("the line of another window", is_there).await;
}

async fn reached(moment: Moment, chain: &Chain, validator: &mut Member) {
	match moment {
		Moment::Block(from, to) => {
			let now = chain.finalized().await.expect("the chain can be read").number;
			let window = now / BLOCKS_PER_WINDOW + 1;
			let block = window * BLOCKS_PER_WINDOW + Random::seeded().between(from, to) as u32;
			chain.wait_for_block(block, PATIENCE, |_| ()).await.expect("the chain grows");
		},
		Moment::Saved => {
			let between = |validator: &Member| {
				let (lines, saved) = (validator.journal(), validator.saved()?);
				(last_window(&saved) > lines.last()?.window).then_some(())
			};
			validator.until("scores that are saved before the line is written", between).await;
		},
	}
}

/// Starts the validator that was killed again: it goes on with the next window.
async fn started_again(ground: &Ground, node: &Node, start: Window, killed: &Member) -> Member {
	let before = check_state(killed, start);
	let mut validator = validator(ground, node, start);
	let last = last_window(&before);
	scored_after(&mut validator, last).await;
	let next = validator.journal().iter().map(|line| line.window).find(|window| *window > last);
	assert_eq!(next, Some(last + 1));
	check_ratings(&before, &check_state(&validator, start));
	validator
}

fn last_window(state: &ValidatorState<Scores>) -> Window {
	state.scores.last_window().expect("windows were scored")
}

/// Every window from the first on was scored, and once. A kill between the scores and the line costs the line alone.
fn check_state(validator: &Member, start: Window) -> ValidatorState<Scores> {
	// The lines first: a state is saved before its line is written.
	let lines = validator.journal();
	let state = validator.saved().expect("windows were scored");
	let last = last_window(&state);
	assert_eq!(state.windows_scored, last - start + 1, "a window was scored twice or not at all");
	let windows: Vec<Window> = lines.iter().map(|line| line.window).collect();
	assert!(windows.is_sorted_by(|left, right| left < right), "a window is there twice: {windows:?}");
	assert!(windows.iter().all(|window| (start..=last).contains(window)), "{windows:?} in {start}..={last}");
	let missing = state.windows_scored as usize - windows.len();
	println!("windows {start} to {last}, {missing} without a line");
	assert!(missing <= MOMENTS.len() + 1, "{missing} windows without a line: {windows:?}");
	state
}

/// Ratings go on from where they were: certainty once won is not lost.
fn check_ratings(before: &ValidatorState<Scores>, after: &ValidatorState<Scores>) {
	for (uid, peer) in before.scores.state.peers() {
		let Some(rating) = peer.rating else { continue };
		let now = after.scores.state.peer(uid).and_then(|peer| peer.rating).expect("it was rated");
		assert!(rating.sigma < UNRATED && now.sigma < rating.sigma + TAU, "uid {uid}: {rating:?}, then {now:?}");
	}
}

/// The model has learnt, though two of three members send noise.
fn check_loss(validator: &Member) {
	let losses: Vec<f64> = validator.journal().iter().filter_map(|line| line.loss).collect();
	assert!(losses.last() < losses.first(), "{losses:?}");
	println!("losses {losses:?}");
}

/// It ends by itself and tells which chain is gone, in one line.
async fn check_end(member: &mut Member, endpoint: &str) {
	let status = member.ended().await;
	let told = member.told();
	assert_eq!(status.code(), Some(UNAVAILABLE), "{told}");
	let errors: Vec<&str> = told.lines().filter(|line| line.contains("rror")).collect();
	assert_eq!(errors.len(), 1, "{told}");
	assert_eq!(told.lines().last(), Some(errors[0]), "{told}");
	assert!(errors[0].starts_with("error: ") && errors[0].contains(endpoint), "{}", errors[0]);
}

/// The chain holds the row that the state says was set.
async fn check_row(chain: &Chain, validator: &mut Member) {
	let mut last = None;
	for _ in 0..3 {
		let set = |validator: &Member| validator.saved()?.set.map(|row| row.weights);
		let set = validator.until("a row", set).await;
		let at = chain.at_finalized().await.expect("the chain can be read");
		let row = metagraph::row(&at, NETUID, VALIDATOR).await.expect("the row can be read");
		assert!(!row.is_empty(), "no row on the chain");
		if row == set {
			return;
		}
		// A row may be on the chain a moment before the state says so.
		last = Some((row, set));
		let line = validator.journal().last().map_or(0, |line| line.window);
		scored_after(validator, line).await;
	}
	panic!("the chain and the state differ: {last:?}");
}

/// The validator took every step once: its model is that of a miner who was never killed at another moment.
async fn check_models(validator: &mut Member, honest: &Member) {
	let both = |validator: &Member| {
		let (ours, mut theirs) = (validator.models(), honest.models());
		ours.into_iter().find_map(|(window, model)| Some((window, model, theirs.remove(&window)?)))
	};
	let (window, ours, theirs) = validator.until("a model that the honest miner has too", both).await;
	assert!(ours == theirs, "the models after window {window} differ");
}

/// A state folder is its owner's alone, and without a slot nobody starts.
async fn check_owners(ground: &Ground, node: &Node, start: Window, mut owner: Member) {
	let (endpoint, command) = (node.endpoint(), ["validator"]);
	owner.kill().await;
	let saved = std::fs::read(ground.path("states/validator/state.json")).expect("it is there");
	let mut other = ground.start_at("noise-1", &endpoint, start, &command, "validator");
	let account = hotkey("validator").account().to_string();
	refused(&mut other, &[" belongs to ", &account, "--state"]).await;
	assert!(saved == std::fs::read(ground.path("states/validator/state.json")).expect("it is there"));

	let mut stranger = ground.start("stranger", &endpoint, start, &command);
	let account = hotkey("stranger").account().to_string();
	refused(&mut stranger, &[&account, "is not registered on subnet 1", "register"]).await;
	assert!(!Path::exists(&ground.path("states/stranger/state.json")), "a stranger has a state");

	// A chain with the same first block, on which nothing of what the folder builds upon has happened.
	let (elsewhere, chain) = Node::start(&ground.path("elsewhere"), BLOCK_TIME).await;
	register(&chain, "validator", &[]).await;
	let mut lost = validator(ground, &elsewhere, start);
	refused(&mut lost, &["builds upon a block ", &elsewhere.endpoint(), "--state"]).await;
}

/// It ends with one line that has these words.
async fn refused(member: &mut Member, words: &[&str]) {
	let status = member.ended().await;
	let told = member.told();
	assert_eq!(status.code(), Some(1), "{told}");
	let line = told.lines().last().unwrap_or_default();
	assert!(line.starts_with("error: ") && words.iter().all(|word| line.contains(word)), "{told}");
}
