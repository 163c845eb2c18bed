// SPDX-License-Identifier: Apache-2.0

//! How many tokens it takes to rank miners: on pages of their own, on shared pages, and by the sequential rule.
//!
//! A byte-level model is trained for a while on text that chance has made, the same in every run. Each miner submits the
//! true gradient plus noise, in equal steps of quality; each submission is applied as validators apply it, and the loss is
//! measured on every page of a pool. The mean over the pool is the true order. Then each rule ranks the miners from pages
//! that it draws, and Kendall's τ between its order and the true one is told against the tokens that went through the model.

mod chart;
mod losses;
mod miners;
mod race;
mod text;

use std::fs;
use std::path::PathBuf;

use clap::Parser;
use golden::workspace;
use mechanisms::ranking::{Sampling, Sequential};
use offchain_validator::hparams::Hparams as _;
use offchain_validator::templar::Hparams;
use serde::Serialize;

use losses::Losses;
use race::{Curve, Race};

/// The agreement to reach.
const TARGET: f64 = 0.9;
/// Tokens of the reference's sampling over tokens of ours.
const GOAL: f64 = 4.0;
/// The rule of the sequential runs. Its budget is an eighth of the pool for each miner.
const RULE: Sequential = Sequential { confidence: 0.95, indifference: 0.0, depth: 8 };

/// What to run.
#[derive(Parser)]
struct Options {
	/// Numbers of miners.
	#[arg(long, value_delimiter = ',', default_value = "16,64")]
	miners: Vec<usize>,
	/// Pages of the pool, of one sequence each.
	#[arg(long, default_value_t = 1024)]
	pool: usize,
	/// Draws of pages.
	#[arg(long, default_value_t = 10)]
	seeds: u32,
	/// Folder for `bench-ranking.json` and the charts; the checkout's `target` by default.
	#[arg(long)]
	out: Option<PathBuf>,
	/// What cargo says to every benchmark.
	#[arg(long, hide = true)]
	#[allow(dead_code, reason = "it tells nothing, but must be known")]
	bench: bool,
}

/// All that is told.
#[derive(Serialize)]
struct Report {
	model: &'static str,
	parameters: usize,
	page_tokens: usize,
	pool_pages: usize,
	seeds: u32,
	target_tau: f64,
	goal: f64,
	populations: Vec<Population>,
}

/// One number of miners.
#[derive(Serialize)]
struct Population {
	miners: usize,
	/// Mean reduction of the loss by the best and by the worst miner over the pool, in nats per token.
	reduction: (f64, f64),
	/// Deviation over the pages of what the middle miner reduces, and of its difference to the next.
	deviation: (f64, f64),
	/// Skewness of that difference.
	skewness: f64,
	rules: Vec<Rule>,
}

/// One way of sampling.
#[derive(Serialize)]
struct Rule {
	name: &'static str,
	/// Tokens through the model until the median τ first reaches the target: none if it never does.
	tokens: Option<u64>,
	/// The same without those of the model as it is, before any submission.
	tokens_after: Option<u64>,
	/// Tokens of the reference's sampling over these, in both counts.
	ratio: Option<f64>,
	ratio_after: Option<f64>,
	/// Where the sequential rule stopped by itself.
	stopped: Option<race::Stopped>,
	curve: Curve,
}

fn main() -> anyhow::Result<()> {
	let options = Options::parse();
	let file = workspace().join("hparams/localnet.json");
	let hparams = Hparams::read(&file)?;
	let pages = text::pages(hparams.data.sequence_length);
	anyhow::ensure!(pages.len() > 2 * options.pool, "the text has {} pages: ask for a smaller pool", pages.len());
	let (pool, training) = pages.split_at(options.pool);
	let trained = miners::train(&hparams, training)?;
	let mut populations = Vec::new();
	for miners in options.miners.iter().copied() {
		let losses = Losses::measure(&trained, &hparams, miners, pool)?;
		populations.push(population(&losses, options.seeds));
	}
	let report = Report {
		model: "hparams/localnet.json",
		parameters: trained.parameters(),
		page_tokens: hparams.data.sequence_length,
		pool_pages: options.pool,
		seeds: options.seeds,
		target_tau: TARGET,
		goal: GOAL,
		populations,
	};
	print(&report);
	let out = options.out.unwrap_or_else(|| workspace().join("target"));
	fs::create_dir_all(&out)?;
	fs::write(out.join("bench-ranking.json"), serde_json::to_string_pretty(&report)?)?;
	for population in &report.populations {
		let lines: Vec<(&str, &Curve)> = population.rules.iter().map(|rule| (rule.name, &rule.curve)).collect();
		let svg = chart::svg(&format!("{} miners", population.miners), &lines, TARGET)?;
		fs::write(out.join(format!("ranking-{}.svg", population.miners)), svg)?;
	}
	Ok(())
}

fn population(losses: &Losses, seeds: u32) -> Population {
	let pool = losses.pages() as u32;
	let rules = [
		("pages of their own", Sampling::Reference, pool),
		("shared pages", Sampling::Shared, pool),
		("sequential", Sampling::Sequential(RULE), pool / RULE.depth),
	];
	let races: Vec<(&'static str, Race)> =
		rules.into_iter().map(|(name, sampling, pages)| (name, Race::run(losses, sampling, pages, seeds))).collect();
	let reached: Vec<[Option<u64>; 2]> =
		races.iter().map(|(_, race)| [race.all().first_at(TARGET), race.after().first_at(TARGET)]).collect();
	let ratio = |count: usize, rule: usize| Some(reached[0][count]? as f64 / reached[rule][count]? as f64);
	let rule = |(place, (name, race)): (usize, &(&'static str, Race))| Rule {
		name,
		tokens: reached[place][0],
		tokens_after: reached[place][1],
		ratio: ratio(0, place),
		ratio_after: ratio(1, place),
		stopped: race.stopped(),
		curve: race.all(),
	};
	Population {
		miners: losses.miners(),
		reduction: losses.reduction(),
		deviation: losses.deviation(),
		skewness: losses.skewness(),
		rules: races.iter().enumerate().map(rule).collect(),
	}
}

fn print(report: &Report) {
	for population in &report.populations {
		let ((best, worst), (own, paired)) = (population.reduction, population.deviation);
		println!("\n{} miners: the best takes {best:.4} nats per token off, the worst {worst:.4};", population.miners);
		println!(
			"deviation over pages {own:.4}, of the difference of two neighbours {paired:.4}, its skewness {:.2}",
			population.skewness
		);
		println!("{:<20} {:>12} {:>8} {:>14} {:>8}", "rule", "tokens", "ratio", "after alone", "ratio");
		let text = |value: Option<f64>| value.map_or_else(|| "never".into(), |value| format!("{value:.1}"));
		for rule in &population.rules {
			let whole = |tokens: Option<u64>| tokens.map_or_else(|| "never".into(), |tokens| tokens.to_string());
			let (tokens, after) = (whole(rule.tokens), whole(rule.tokens_after));
			println!(
				"{:<20} {tokens:>12} {:>8} {after:>14} {:>8}",
				rule.name,
				text(rule.ratio),
				text(rule.ratio_after)
			);
			if let Some(stopped) = rule.stopped {
				println!("{:<20} {stopped}", "");
			}
			let is_ours = rule.name != population.rules[0].name;
			if is_ours && rule.ratio_after.is_none_or(|ratio| ratio < GOAL) {
				println!("{:<20} the goal of {GOAL} is NOT reached", "");
			}
		}
	}
}
