// SPDX-License-Identifier: Apache-2.0

//! What a miner does wrong is a verdict in the validator's journal, and the next window comes as if nothing had been.
//!
//! The validator and one honest miner are real processes. All other miners are played from here: their buckets are
//! folders, and a file in them can be anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use e2e::programs::{Localnet, PATIENCE};
use e2e::random::Random;
use e2e::training::{first_window, hotkey, register, Ground, BLOCKS_PER_WINDOW, BLOCK_TIME, NETUID, OPEN_SECONDS};
use offchain_validator::bucket::{Kind, ObjectKey};
use offchain_validator::chain::{calls, metagraph, Chain, Submission};
use offchain_validator::clock::{sync_block, Window};
use offchain_validator::gradient::{encode, Compressed, CompressedGradient, Header, Layouts};
use offchain_validator::journal::{ScoredMiner, ScoredWindow};
use offchain_validator::participant::VERSION;
use serde_json::json;

/// The first slot is the validator's, the second the honest miner's.
const HONEST: u16 = 1;
/// The slot of the first miner that is played.
const FIRST_PLAYED: u16 = 2;
/// Windows that may pass before one is played in time, on a machine that is busy.
const ATTEMPTS: usize = 5;

/// What a played miner does in the bad window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
	Nothing,
	NoFolder,
	FileForFolder,
	Link,
	Early,
	Late,
	Truncated,
	OtherShape,
	NotFinite,
	Archive,
	Nested,
	Endless,
	OtherUid,
	OtherWindow,
	NestedDebug,
	WordDebug,
	InfiniteDebug,
}

/// Each act, how the journal's words for such a submission begin, and the verdict.
const CAST: [(Act, &str, &str); 17] = [
	(Act::Nothing, "missing", "missing"),
	(Act::NoFolder, "missing", "missing"),
	(Act::FileForFolder, "bucket cannot be read: the bucket is a file, not a folder", "missing"),
	(Act::Link, "bucket cannot be read: the object is a link, not a file", "missing"),
	(Act::Early, "uploaded before the window ended", "missing"),
	(Act::Late, "uploaded after the deadline", "missing"),
	(Act::Truncated, "invalid: 1000 bytes of data: must be ", "invalid"),
	(Act::OtherShape, "invalid: tensor lm_head.weight.vals is F32 [4, 1, 128]: must be F32 [4, 1, 256]", "invalid"),
	(Act::NotFinite, "invalid: parameter lm_head.weight, chunk 0: values must be finite", "invalid"),
	(Act::Archive, "invalid: cut off: the header alone needs ", "invalid"),
	(Act::Nested, "invalid: bad header: recursion limit exceeded", "invalid"),
	(Act::Endless, "too large: 1099511627776 bytes", "invalid"),
	(Act::OtherUid, "invalid: from uid 1 for window ", "invalid"),
	(Act::OtherWindow, "invalid: from uid 15 for window 4294967295", "invalid"),
	(Act::NestedDebug, "in time", "scored"),
	(Act::WordDebug, "in time", "scored"),
	(Act::InfiniteDebug, "in time", "scored"),
];

#[tokio::test]
async fn what_a_miner_does_wrong_is_a_verdict_and_the_next_window_comes() {
	let ground = Ground::prepare(|hparams| {
		// All are gathered and all are evaluated, in every window.
		(hparams.peers.max_topk_peers, hparams.peers.minimum_peers) = (32, 1);
		hparams.scoring.uids_per_window = 32;
	});
	let (localnet, chain) = Localnet::node_only(BLOCK_TIME).await;
	let mut stage = Stage::set(&ground, &localnet, &chain).await;
	let start = first_window(&chain).await;
	let mut validator = ground.start("validator", &localnet.endpoint(), start, &["validator"]);
	let mut honest = ground.start("honest", &localnet.endpoint(), start, &["miner"]);

	// Whoever was never seen is not evaluated: so all are good first.
	let good = stage.play(start, false).await;
	let bad = stage.play(good + 1, true).await;
	let again = stage.play(bad + 1, false).await;
	let last = stage.play(again + 1, false).await;
	let lines = validator
		.until("a window after the last one that was played, with weights", |validator| {
			let lines = validator.journal();
			lines.last().is_some_and(|line| line.window > last && line.weights_set > 0).then_some(lines)
		})
		.await;
	validator.assert_running();
	honest.assert_running();

	let windows: Vec<Window> = lines.iter().map(|line| line.window).collect();
	assert_eq!(windows, (start..=windows[windows.len() - 1]).collect::<Vec<_>>());
	let line = |window: Window| &lines[(window - start) as usize];
	check_bad(line(bad), bad);
	for window in [good, again, last] {
		check_good(line(window));
	}
	for line in &lines {
		assert!(line.loss.is_some(), "{line:?}");
		assert!(line.weights.keys().all(|uid| *uid == HONEST), "an offender is paid: {line:?}");
	}
	let row = metagraph::row(&chain.at_finalized().await.expect("the chain can be read"), NETUID, 0).await;
	assert_eq!(row.expect("the row can be read"), [(HONEST, u16::MAX)].into());
	// It has gathered the same rubbish, and its model is still the validator's.
	let honest = &lines[lines.len() - 1].miners[&HONEST];
	assert!(honest.figure("sync_score") > Some(0.9), "{honest:?}");
}

/// Every miner that is played, with its slot.
fn played() -> impl Iterator<Item = (u16, (Act, &'static str, &'static str))> {
	(FIRST_PLAYED..).zip(CAST)
}

/// Each has the verdict that its act deserves.
fn check_bad(line: &ScoredWindow, window: Window) {
	for (uid, (act, submission, verdict)) in played() {
		let miner = &line.miners[&uid];
		assert!(miner.submission.starts_with(submission), "{act:?}: {miner:?}");
		assert_eq!(miner.verdict, verdict, "{act:?}: {miner:?}");
		check_unpaid(act, miner);
	}
	let from_honest = format!("invalid: from uid {HONEST} for window {window}: another was asked for");
	assert!(line.miners.values().any(|miner| miner.submission == from_honest), "{line:?}");
	check_slots(line);
	let valid = played().filter(|(_, (_, submission, _))| *submission == "in time").map(|(uid, _)| uid);
	let gathered: BTreeSet<u16> = line.gathered.iter().copied().filter(|uid| *uid != HONEST).collect();
	assert_eq!(gathered, valid.collect());
}

/// All that are played are measured like anybody else.
fn check_good(line: &ScoredWindow) {
	for (uid, (act, ..)) in played() {
		let miner = &line.miners[&uid];
		assert_eq!((miner.submission.as_str(), miner.verdict.as_str()), ("in time", "scored"), "{act:?}");
		assert!(miner.figure("own_improvement").is_some() && miner.figure("random_improvement").is_some(), "{act:?}");
		check_unpaid(act, miner);
	}
	check_slots(line);
}

/// Noise whose sender does not tell how its model is earns nothing, before and after an offence.
fn check_unpaid(act: Act, miner: &ScoredMiner) {
	assert!(miner.share == 0.0 && miner.score <= 0.0 && miner.figure("sync_score") == Some(0.0), "{act:?}: {miner:?}");
}

/// A hotkey whose commitment names a path outside of the buckets is no miner.
fn check_slots(line: &ScoredWindow) {
	let played = CAST.len() as u16;
	assert!(line.miners.keys().copied().eq(HONEST..FIRST_PLAYED + played), "{:?}", line.miners.keys());
}

/// The miners that are played.
struct Stage<'a> {
	ground: &'a Ground,
	localnet: &'a Localnet,
	chain: &'a Chain,
	layouts: Layouts,
	random: Random,
}

impl<'a> Stage<'a> {
	/// Registers everybody and publishes where their buckets are.
	async fn set(ground: &'a Ground, localnet: &'a Localnet, chain: &'a Chain) -> Self {
		let names: Vec<String> = CAST.iter().map(|(act, ..)| name(*act)).collect();
		let mut miners = vec!["honest"];
		miners.extend(names.iter().map(String::as_str));
		miners.push("outside");
		register(chain, "validator", &miners).await;
		let publish = |name: &str, bucket: String| Submission {
			call: calls::set_commitment(NETUID, &format!("local:{bucket}")),
			signer: hotkey(name),
		};
		let mut commitments: Vec<_> = names.iter().map(|name| publish(name, name.clone())).collect();
		commitments.push(publish("outside", "../outside".into()));
		// Which it finds there when it joins, however late that is.
		commitments.push(publish("honest", "honest".into()));
		chain.submit_all(commitments).await.expect("hotkeys can publish");
		Self { ground, localnet, chain, layouts: ground.layouts(), random: Random::seeded() }
	}

	/// Plays a window, `window` or the first one after it for which all files are there in time; returns which.
	async fn play(&mut self, window: Window, is_bad: bool) -> Window {
		for window in (window..).take(ATTEMPTS) {
			if self.try_play(window, is_bad).await {
				return window;
			}
			println!("too slow for window {window}");
		}
		panic!("no window could be played in time");
	}

	/// Puts everything into the buckets once `window` has ended. False if that took too long.
	async fn try_play(&mut self, window: Window, is_bad: bool) -> bool {
		let uploads: Vec<Upload> = played().map(|(uid, (act, ..))| self.upload(uid, act, window, is_bad)).collect();
		let outside = self.gradient(FIRST_PLAYED + CAST.len() as u16, window);
		let sync = sync_block(window, BLOCKS_PER_WINDOW);
		if let Err(error) = self.chain.wait_for_block(sync, PATIENCE, |_| ()).await {
			panic!("{error}\n{}", self.localnet.told());
		}
		let at = self.chain.at_number(sync).await.expect("the block is there");
		let ended = UNIX_EPOCH + Duration::from_millis(at.timestamp().await.expect("the chain has a clock"));
		for upload in &uploads {
			upload.put(ended);
		}
		let outside_key = key(Kind::Gradient, FIRST_PLAYED + CAST.len() as u16, window);
		write(&self.ground.path("outside").join(outside_key), &outside);
		SystemTime::now() < ended + Duration::from_secs(OPEN_SECONDS)
	}

	/// What a miner will do once the window has ended.
	fn upload(&mut self, uid: u16, act: Act, window: Window, is_bad: bool) -> Upload {
		let act_now = if is_bad || is_debug(act) { act } else { Act::InfiniteDebug };
		let gradient = match act_now {
			Act::OtherUid => self.gradient(HONEST, window),
			Act::OtherWindow => self.gradient(uid, Window::MAX),
			Act::OtherShape => {
				let training = &self.ground.hparams.training;
				let shapes = self.ground.hparams.model.parameter_shapes();
				let layouts = Layouts::new(&shapes, training.target_chunk, training.topk_compression / 2);
				noise(&mut self.random, &layouts.expect("the model can be cut"), uid, window)
			},
			_ => self.gradient(uid, window),
		};
		Upload {
			act: act_now,
			bucket: self.ground.bucket(&name(act)),
			object: key(Kind::Gradient, uid, window),
			gradient: spoilt(act_now, gradient),
			debug_object: key(Kind::Debug, uid, window),
			debug: debug(act_now, window, &self.layouts),
		}
	}

	/// A gradient that is as good as any other noise.
	fn gradient(&mut self, uid: u16, window: Window) -> Vec<u8> {
		noise(&mut self.random, &self.layouts, uid, window)
	}
}

/// What a miner does at the end of a window.
struct Upload {
	act: Act,
	bucket: PathBuf,
	object: String,
	gradient: Vec<u8>,
	debug_object: String,
	debug: Vec<u8>,
}

impl Upload {
	/// Does it; the window has ended at `ended`, by the chain's clock.
	fn put(&self, ended: SystemTime) {
		if self.bucket.is_file() {
			fs::remove_file(&self.bucket).expect("it can be removed");
		}
		fs::create_dir_all(&self.bucket).expect("it can be made");
		let object = self.bucket.join(&self.object);
		match self.act {
			Act::Nothing => return,
			Act::NoFolder => return fs::remove_dir_all(&self.bucket).expect("it can be removed"),
			Act::FileForFolder => {
				fs::remove_dir_all(&self.bucket).expect("it can be removed");
				return write(&self.bucket, &self.gradient);
			},
			Act::Link => {
				let elsewhere = self.bucket.join("elsewhere");
				write(&elsewhere, &self.gradient);
				return symlink(elsewhere, object).expect("it can be made");
			},
			Act::Endless => {
				let file = File::create(object).expect("it can be made");
				return file.set_len(1 << 40).expect("a file may have holes");
			},
			_ => write(&object, &self.gradient),
		}
		write(&self.bucket.join(&self.debug_object), &self.debug);
		// A local bucket's word for when something was uploaded is the file's time of change.
		let since = ended.duration_since(UNIX_EPOCH).expect("it is after 1970");
		let moment = match self.act {
			// Uploads are dated in whole seconds, so the second of the end counts from its beginning.
			Act::Early => UNIX_EPOCH + Duration::from_secs(since.as_secs()) - Duration::from_millis(1),
			Act::Late => ended + Duration::from_secs(OPEN_SECONDS) + Duration::from_millis(1),
			_ => return,
		};
		let file = File::options().write(true).open(object).expect("it can be opened");
		file.set_modified(moment).expect("it is ours");
	}
}

fn is_debug(act: Act) -> bool {
	matches!(act, Act::NestedDebug | Act::WordDebug | Act::InfiniteDebug)
}

/// The hotkey and bucket of the miner with this act.
fn name(act: Act) -> String {
	format!("{act:?}")
}

fn key(kind: Kind, uid: u16, window: Window) -> String {
	ObjectKey { kind, window, uid, version: VERSION }.to_string()
}

fn write(path: &Path, bytes: &[u8]) {
	fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
	fs::write(path, bytes).expect("it can be written");
}

/// The file of a gradient that is random but for its form.
fn noise(random: &mut Random, layouts: &Layouts, uid: u16, window: Window) -> Vec<u8> {
	let mut tensors = BTreeMap::new();
	for (name, layout) in layouts.iter() {
		let (mut indices, mut values) = (Vec::new(), Vec::new());
		for _ in 0..layout.chunks() {
			let mut kept = BTreeSet::new();
			while kept.len() < layout.kept() {
				kept.insert(random.between(0, layout.total() as u64 - 1) as u16);
			}
			indices.extend(kept);
			values.extend((0..layout.kept()).map(|_| random.between(0, 2_000) as f32 / 1_000.0 - 1.0));
		}
		tensors.insert(name.to_owned(), Compressed { indices, values: layouts.coding().values(values) });
	}
	let header = Header { window, uid, ..Header::default() };
	encode(&CompressedGradient::new(header, tensors, layouts).expect("it has the right form"), layouts)
}

/// What becomes of a valid file.
fn spoilt(act: Act, mut gradient: Vec<u8>) -> Vec<u8> {
	let (length, _) = gradient.split_first_chunk().expect("it has a header");
	let data = 8 + u64::from_le_bytes(*length) as usize;
	match act {
		Act::Truncated => gradient.truncate(data + 1_000),
		Act::NotFinite => gradient[data..data + 4].copy_from_slice(&f32::NAN.to_le_bytes()),
		// As torch.save begins its files, which hold a pickle that a careless reader would run.
		Act::Archive => gradient[..8].copy_from_slice(b"PK\x03\x04\0\0\x08\x08"),
		Act::Nested => {
			gradient[8..data].fill(b'[');
			gradient[8..13].copy_from_slice(b"{\"a\":");
		},
		_ => {},
	}
	gradient
}

/// What a miner says of its model.
fn debug(act: Act, window: Window, layouts: &Layouts) -> Vec<u8> {
	match act {
		Act::NestedDebug => b"[".repeat(100_000),
		Act::WordDebug => format!(r#"{{"window":{window},"samples":{{"lm_head.weight":[NaN,NaN]}}}}"#).into(),
		_ => {
			// Right but for the numbers, which JSON can hold and an f32 cannot.
			let samples: BTreeMap<&str, [f64; 2]> = layouts.iter().map(|(name, _)| (name, [1e39, -1e39])).collect();
			let debug = json!({"window": window, "samples": samples, "successful_peers": [], "skipped_peers": []});
			debug.to_string().into()
		},
	}
}
