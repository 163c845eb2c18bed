// SPDX-License-Identifier: Apache-2.0

//! What can be wrong with a model's repository: real folders, copied as a validator copies them.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;

use hostile::decoders::model_config::Config;
use hostile::decoders::model_files::scoring;
use hostile::{Decoder as _, Finding, Reading};
use mechanisms::finetuning::digest::Digest;
use mechanisms::finetuning::Verdict;
use offchain_validator::finetuning::store::{contents, Address, Cache, Fetched, Folder, Limits, Store};
use serde_json::{json, Value};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::case::{Case, Cell, Class};

/// For what is copied at once, tasks, threads and paths.
const OVERHEAD: usize = 1 << 18;
const MODEL: &str = "model.safetensors";
const CONFIG: &str = "config.json";

pub fn cell(class: Class) -> Cell {
	Cell::Cases(match class {
		Class::WrongShape
		| Class::Duplicate
		| Class::OutOfRange
		| Class::NotANumber
		| Class::Infinite
		| Class::Huge
		| Class::Truncated
		| Class::MalformedSamples
		| Class::LyingHeader => return Cell::None("files are copied and hashed, and but for config.json not looked into"),
		Class::WrongWindow => return Cell::None("it is for no window"),
		Class::Missing => vec![
			case("no repository", |place| fs::remove_dir_all(place.root.path().join("models")), "missing"),
			case("no such commit", |place| fs::remove_dir_all(place.commit()), "missing"),
			case("no description", |place| fs::remove_file(place.commit().join(CONFIG)), "it has no config.json"),
		],
		Class::Extra => vec![
			case("code and pickles", |place| place.put("evil.py").and(place.put("model.pkl")), "2 files"),
			case("too many files", |place| many(place, 300, "json"), "301 files are more than 256"),
			case("too many of anything", |place| many(place, 4_100, "txt"), "its folder has more than 4096 entries"),
		],
		Class::Oversized => {
			let tokens = |place: &Place| place.describe(|config| config["vocab_size"] = json!(1 << 22));
			let long = |place: &Place| fs::write(place.commit().join(CONFIG), vec![b' '; (1 << 16) + 1]);
			vec![
				case("a terabyte of nothing", terabyte, "the repository is larger than 1000000 bytes"),
				case("too many parameters", tokens, "536944960 parameters are more than 1000000"),
				case("a long description", long, "config.json has 65537 bytes: more than 65536"),
			]
		},
		Class::WrongKey => {
			let other = |place: &Place| fs::write(place.commit().join(MODEL), b"another model");
			vec![case("not what was committed", other, "its content does not answer to the hash")]
		},
		Class::HostileCommitment => vec![
			case(
				"a link for a file",
				|place| place.replace(|at| symlink("/dev/zero", at)),
				"model.safetensors is a link",
			),
			case("a folder for a file", |place| place.replace(fs::create_dir), "model.safetensors is a folder"),
			case("a link for a folder", link_to_commit, "c0ffee00"),
		],
	})
}

/// A repository, once somebody has spoiled it.
fn case(what: &'static str, spoil: impl FnOnce(&Place) -> io::Result<()>, expected: &str) -> Case {
	let place = Place::new();
	spoil(&place).expect("it can be written");
	let read = move || {
		let place = &place; // All of it: the folder lasts as long as this.
		let (scoring, honest) = (scoring(), place.honest);
		let limits = Limits {
			scoring: &scoring,
			competition: scoring.competitions.first(),
			deadline: Duration::from_secs(60),
			only: None,
		};
		let fetching = place.store.fetch(&place.address, limits, &place.cache, |content| *content == honest);
		match place.runtime.block_on(fetching).expect("our side is sound") {
			Fetched::Repository(copy) => {
				let files = fs::read_dir(copy.folder).expect("it is there").count();
				Reading { said: format!("{files} files"), finding: Finding::Sound }
			},
			Fetched::Missing => Reading { said: "missing".into(), finding: Finding::Model(Verdict::Missing) },
			Fetched::Refused(why) => {
				// Paths are ours, and long.
				let said = why.rsplit('/').next().unwrap_or_default().to_owned();
				Reading { said, finding: Finding::Model(Verdict::Invalid) }
			},
			Fetched::Unreachable(why) => panic!("nobody can bring that about: {why}"),
		}
	};
	Case::new(what, OVERHEAD, expected, read)
}

/// A store with one repository in it, and a validator that copies it.
struct Place {
	root: TempDir,
	address: Address,
	store: Store,
	cache: Cache,
	runtime: Runtime,
	/// What the repository hashes to before it is spoiled.
	honest: Digest,
}

impl Place {
	fn new() -> Self {
		let root = tempfile::tempdir().expect("a folder can be made");
		let from = root.path().join("own");
		fs::create_dir(&from).expect("a folder can be made");
		fs::write(from.join(CONFIG), Config.honest().remove(0)).expect("it can be written");
		fs::write(from.join(MODEL), b"a model").expect("it can be written");
		let (honest, _) = contents(&from).expect("it can be read");
		let address: Address = format!("alice/model@{}", "c0ffee00".repeat(5)).parse().expect("it is one");
		let store = Store::Folder(Folder::open(&root.path().join("models")).expect("it can be opened"));
		let cache = Cache::open(&root.path().join("copies")).expect("it can be opened");
		let runtime = Builder::new_current_thread().enable_all().build().expect("it can be started");
		runtime.block_on(store.publish(from, address.clone())).expect("it can be published");
		Self { root, address, store, cache, runtime, honest }
	}

	fn commit(&self) -> PathBuf {
		self.root.path().join("models/models--alice--model/snapshots").join(self.address.commit())
	}

	fn put(&self, name: &str) -> io::Result<()> {
		fs::write(self.commit().join(name), b"")
	}

	/// As another model.
	fn describe(&self, change: impl FnOnce(&mut Value)) -> io::Result<()> {
		let mut config = serde_json::from_slice(&Config.honest().remove(0)).expect("it is JSON");
		change(&mut config);
		fs::write(self.commit().join(CONFIG), config.to_string())
	}

	fn replace(&self, with: impl FnOnce(PathBuf) -> io::Result<()>) -> io::Result<()> {
		let model = self.commit().join(MODEL);
		fs::remove_file(&model)?;
		with(model)
	}
}

fn terabyte(place: &Place) -> io::Result<()> {
	File::create(place.commit().join(MODEL))?.set_len(1 << 40)
}

fn many(place: &Place, count: usize, extension: &str) -> io::Result<()> {
	(1..count).try_for_each(|number| place.put(&format!("{number}.{extension}")))
}

fn link_to_commit(place: &Place) -> io::Result<()> {
	fs::rename(place.commit(), place.root.path().join("elsewhere"))?;
	symlink(place.root.path().join("elsewhere"), place.commit())
}
