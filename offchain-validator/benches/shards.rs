// SPDX-License-Identifier: Apache-2.0

//! How fast text becomes token shards, and shards become batches, beside the same in Python: `scripts/bench-evaluate.sh shards`.
//!
//! All sides turn the same documents into tokens by the same tokenizer, in turn, round after round; the tokens are compared
//! before any time counts. Figures are medians over the rounds, in tokens a second.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use offchain_validator::data::{assigned, cut, Cut, CutOptions, Dataset, Seed, Tokenizer};

const PAGE_TOKENS: u32 = 65_536;
const PAGES_PER_WINDOW: u32 = 6;
const ROWS: usize = 6;
const COLUMNS: usize = 2_048;
const ROUNDS: usize = 5;

/// Where everything is.
struct Bench {
	python: PathBuf,
	script: PathBuf,
	folder: PathBuf,
}

/// One side's tokens a second, by round.
struct Side {
	name: &'static str,
	measure: fn(&Bench) -> f64,
	rounds: Vec<f64>,
}

fn main() {
	let variable =
		|name: &str| env::var_os(name).unwrap_or_else(|| panic!("no {name}: run scripts/bench-evaluate.sh shards"));
	let bench = Bench {
		python: variable("SHARDS_PYTHON").into(),
		script: Path::new(&variable("CARGO_MANIFEST_DIR")).join("benches/shards.py"),
		folder: variable("SHARDS_FOLDER").into(),
	};
	bench.check_tokens();
	let side = |name, measure| Side { name, measure, rounds: Vec::new() };
	let mut sides = [
		side("build", |bench| bench.build(true)),
		side("build on one core", |bench| bench.build(false)),
		side("python loop", |bench| bench.python(&["loop", "text.jsonl", "tokenizer.json", "loop.bin"])),
		side("python batches", |bench| bench.python(&["batches", "text.jsonl", "tokenizer.json", "batches.bin"])),
		side("read", Bench::read),
		side("python read", |bench| bench.python(&["read", "loop.bin", "65536", "6", "6", "2048"])),
	];
	for round in 1..=ROUNDS {
		for side in &mut sides {
			side.rounds.push((side.measure)(&bench));
			println!("round {round}, {}: {:.0} tokens/s", side.name, side.rounds[side.rounds.len() - 1]);
		}
	}
	report(&sides);
}

impl Bench {
	fn path(&self, name: &str) -> PathBuf {
		self.folder.join(name)
	}

	/// Runs the script and returns the tokens a second that it says.
	fn python(&self, arguments: &[&str]) -> f64 {
		let output = Command::new(&self.python).arg(&self.script).args(arguments).current_dir(&self.folder).output();
		let output = output.expect("Python runs");
		assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
		let text = String::from_utf8_lossy(&output.stdout);
		let numbers: Vec<f64> = text.split_whitespace().filter_map(|number| number.parse().ok()).collect();
		let [tokens, seconds] = numbers[..] else { panic!("{text}: not tokens and seconds") };
		tokens / seconds
	}

	fn options(&self) -> CutOptions {
		CutOptions {
			tokenizer: Tokenizer::open(&self.path("tokenizer.json"), None).expect("the tokenizer is there"),
			text_field: Some("text".into()),
			page_tokens: PAGE_TOKENS,
			heldout_every: u32::MAX, // So that the training pages are the stream as it is.
			max_total_bytes: u64::MAX,
			min_heldout_pages: 0,
			..CutOptions::default()
		}
	}

	/// Cuts the text anew. The time includes all that a cut does: reading, tokens, digests, entropy, the disk.
	fn build(&self, all_cores: bool) -> f64 {
		let out = self.path("shards");
		drop(fs::remove_dir_all(&out));
		let options = self.options();
		env::set_var("TOKENIZERS_PARALLELISM", all_cores.to_string());
		let start = Instant::now();
		let cut = cut(&[self.path("text.jsonl")], &out, &options, |_, _| ()).expect("it can be cut");
		let seconds = start.elapsed().as_secs_f64();
		let Cut::Written(manifest) = cut else { panic!("there was a corpus") };
		(manifest.n_train_pages() * u64::from(PAGE_TOKENS)) as f64 / seconds
	}

	/// Reads as many pages as there are, as miners do, from an open corpus.
	fn read(&self) -> f64 {
		let dataset = Dataset::open(&self.path("shards")).expect("it has been cut");
		let windows = u32::try_from(dataset.n_train_pages()).expect("not so many") / PAGES_PER_WINDOW;
		let (start, mut tokens) = (Instant::now(), 0);
		for window in 0..windows {
			let pages = assigned(Seed::of_uid(1), window, PAGES_PER_WINDOW, dataset.n_train_pages());
			let batches = dataset.train_batches(&pages, ROWS, COLUMNS).expect("they are there");
			tokens += batches.iter().map(|batch| batch.tokens.len()).sum::<usize>();
		}
		tokens as f64 / start.elapsed().as_secs_f64()
	}

	/// Whether our pages are Python's stream of tokens, to its last whole page.
	fn check_tokens(&self) {
		self.build(true);
		self.python(&["loop", "text.jsonl", "tokenizer.json", "loop.bin"]);
		self.python(&["batches", "text.jsonl", "tokenizer.json", "batches.bin"]);
		let stream = fs::read(self.path("loop.bin")).expect("it was written");
		assert!(stream == fs::read(self.path("batches.bin")).expect("it was written"), "Python disagrees with itself");
		let stream: Vec<u32> = stream.as_chunks().0.iter().map(|token| u16::from_le_bytes(*token).into()).collect();
		let dataset = Dataset::open(&self.path("shards")).expect("it has been cut");
		let pages = stream.chunks_exact(PAGE_TOKENS as usize);
		assert_eq!(dataset.n_train_pages(), pages.len() as u64);
		for (number, page) in (0..).zip(pages) {
			assert!(dataset.train_page(number).expect("it is there") == page, "page {number} has other tokens");
		}
		println!("{} tokens, the same on all sides", stream.len());
	}
}

fn report(sides: &[Side]) {
	let median = |name: &str| {
		let mut rounds = sides.iter().find(|side| side.name == name).expect("it was measured").rounds.clone();
		rounds.sort_by(f64::total_cmp);
		rounds[rounds.len() / 2]
	};
	let ratios = [
		("build over python loop", "build", "python loop"),
		("build on one core over python loop", "build on one core", "python loop"),
		("build over python batches", "build", "python batches"),
		("read over python read", "read", "python read"),
		("read over python loop", "read", "python loop"),
	];
	println!("\n| side | million tokens a second |\n| --- | ---: |");
	for side in sides {
		println!("| {} | {:.2} |", side.name, median(side.name) / 1e6);
	}
	println!("\n| ratio | |\n| --- | ---: |");
	for (name, ours, theirs) in ratios {
		println!("| {name} | {:.2} |", median(ours) / median(theirs));
	}
	let tokens: serde_json::Map<_, _> = sides.iter().map(|side| (side.name.into(), median(side.name).into())).collect();
	let ratio = |(name, ours, theirs): (&str, &str, &str)| (name.into(), (median(ours) / median(theirs)).into());
	let ratios: serde_json::Map<_, _> = ratios.into_iter().map(ratio).collect();
	let report = serde_json::json!({ "tokens_per_second": tokens, "ratios": ratios });
	if let Some(path) = env::var_os("SHARDS_REPORT") {
		fs::write(path, format!("{report:#}\n")).expect("the report can be written");
	}
}
