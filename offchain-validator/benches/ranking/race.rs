// SPDX-License-Identifier: Apache-2.0

//! How close each rule comes to the true order, token by token.

use std::collections::BTreeSet;
use std::fmt;

use mechanisms::numpy::Generator;
use mechanisms::ranking::{kendall_tau, Measurement, Outcome, Ranking, Sampling};
use mechanisms::Uid;
use serde::Serialize;

use crate::losses::Losses;

/// Between two looks at the order lies one page, and one for so many of those before.
const LOOK: u32 = 12;

/// The runs of one rule, one for each seed.
pub struct Race {
	runs: Vec<Run>,
}

/// How τ grows with the tokens of one run.
struct Run {
	looks: Vec<Look>,
	stopped: Option<Stopped>,
}

#[derive(Clone, Copy)]
struct Look {
	/// Tokens through the model, before and after submissions.
	all: u64,
	/// Those after alone.
	after: u64,
	tau: f64,
}

/// Medians over the seeds.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
	pub tokens: Vec<u64>,
	pub tau: Vec<f64>,
}

/// Where the sequential rule stopped by itself: medians over the seeds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Stopped {
	/// Tokens through the model.
	pub tokens: u64,
	/// τ at the end.
	pub tau: f64,
	/// Pages of the miner with the fewest and of the one with the most.
	pub pages: (usize, usize),
	/// Neighbours whose order was left open.
	pub open: usize,
	/// Pairs settled in all runs, and those settled the wrong way.
	pub settled: (usize, usize),
	/// Mean confidence of the scores.
	pub confidence: f64,
}

/// What of the pool a run has put through the model.
#[derive(Default)]
struct Spent {
	/// Pages with the model as it is.
	before: BTreeSet<usize>,
	/// Pages with a submission applied, of all miners together.
	after: u64,
}

impl Race {
	/// Lets the rule rank the miners from pages that each seed draws anew.
	pub fn run(losses: &Losses, sampling: Sampling, pages: u32, seeds: u32) -> Self {
		Self { runs: (0..seeds).map(|seed| Run::new(losses, sampling, pages, seed)).collect() }
	}

	/// The median τ against all tokens.
	pub fn all(&self) -> Curve {
		self.median(|look| look.all)
	}

	/// The median τ against the tokens after submissions alone.
	pub fn after(&self) -> Curve {
		self.median(|look| look.after)
	}

	fn median(&self, tokens: impl Fn(&Look) -> u64) -> Curve {
		let grid: BTreeSet<u64> = self.runs.iter().flat_map(|run| &run.looks).map(&tokens).collect();
		// As long as a run has looked at nothing it knows no order.
		let last = |run: &Run, at: u64| {
			run.looks.iter().take_while(|look| tokens(look) <= at).last().map_or(0.0, |look| look.tau)
		};
		let at = |at: &u64| median(self.runs.iter().map(|run| last(run, *at)).collect());
		Curve { tau: grid.iter().map(at).collect(), tokens: grid.into_iter().collect() }
	}

	/// Where it stopped, if it is a rule that does.
	pub fn stopped(&self) -> Option<Stopped> {
		let all: Vec<Stopped> = self.runs.iter().map(|run| run.stopped).collect::<Option<_>>()?;
		let of = |value: fn(&Stopped) -> f64| median(all.iter().map(value).collect());
		Some(Stopped {
			tokens: of(|stopped| stopped.tokens as f64) as u64,
			tau: of(|stopped| stopped.tau),
			pages: (of(|stopped| stopped.pages.0 as f64) as usize, of(|stopped| stopped.pages.1 as f64) as usize),
			open: of(|stopped| stopped.open as f64) as usize,
			settled: all.iter().fold((0, 0), |(all, wrong), run| (all + run.settled.0, wrong + run.settled.1)),
			confidence: of(|stopped| stopped.confidence),
		})
	}
}

impl Run {
	fn new(losses: &Losses, sampling: Sampling, pages: u32, seed: u32) -> Self {
		let truth = losses.reductions();
		let shuffled =
			|seed: u32| Generator::new(seed).choice(losses.pages(), losses.pages()).expect("as many as there are");
		// Each miner's own draw without a page twice, which is the best that pages of its own can do.
		let own: Vec<Vec<usize>> = match sampling {
			Sampling::Reference => (0..truth.len() as u32).map(|miner| shuffled(1_000 * (seed + 1) + miner)).collect(),
			Sampling::Shared | Sampling::Sequential(_) => vec![shuffled(seed)],
		};
		let page = |at: Measurement| own[usize::from(at.uid) % own.len()][at.page as usize];
		let mut ranking = Ranking::new(sampling, pages, 0..truth.len() as Uid);
		let (mut spent, mut looks, mut next_look) = (Spent::default(), Vec::new(), 0);
		loop {
			let round = ranking.next_round();
			for (place, at) in round.iter().enumerate() {
				let loss = losses.at(at.uid.into(), page(*at));
				ranking.record(*at, loss).expect("it was asked for");
				spent.add(sampling, page(*at));
				let ends_page = round.get(place + 1).is_none_or(|next| next.page != at.page);
				if ends_page && at.page >= next_look {
					looks.push(spent.look(losses, agreement(&ranking.outcome(), &truth)));
					next_look = match sampling {
						Sampling::Sequential(_) => 0, // Its rounds are few enough.
						_ => at.page + 1 + at.page / LOOK,
					};
				}
			}
			if round.is_empty() {
				break;
			}
		}
		let stopped = matches!(sampling, Sampling::Sequential(_)).then(|| Stopped::new(&ranking, &spent, losses));
		Self { looks, stopped }
	}
}

impl Spent {
	fn add(&mut self, sampling: Sampling, page: usize) {
		self.after += 1;
		match sampling {
			// The published program measures the model as it is for every miner anew.
			Sampling::Reference => _ = self.before.insert(self.before.len()),
			Sampling::Shared | Sampling::Sequential(_) => _ = self.before.insert(page),
		}
	}

	fn look(&self, losses: &Losses, tau: f64) -> Look {
		let after = self.after * losses.page_tokens;
		Look { all: after + self.before.len() as u64 * losses.page_tokens, after, tau }
	}
}

impl Stopped {
	fn new(ranking: &Ranking, spent: &Spent, losses: &Losses) -> Self {
		let (outcome, truth) = (ranking.outcome(), losses.reductions());
		let is_wrong = |(one, other): &(Uid, Uid)| truth[usize::from(*one)] < truth[usize::from(*other)];
		let pages = || outcome.miners.values().map(|miner| miner.pages);
		let look = spent.look(losses, agreement(&outcome, &truth));
		Self {
			tokens: look.all,
			tau: look.tau,
			pages: (pages().min().unwrap_or_default(), pages().max().unwrap_or_default()),
			open: outcome.open,
			settled: (ranking.settled().len(), ranking.settled().filter(is_wrong).count()),
			confidence: outcome.miners.values().map(|miner| miner.confidence).sum::<f64>()
				/ outcome.miners.len() as f64,
		}
	}
}

impl Curve {
	/// The first number of tokens at which the median is at least so much.
	pub fn first_at(&self, tau: f64) -> Option<u64> {
		self.tokens.iter().zip(&self.tau).find(|(_, reached)| **reached >= tau).map(|(tokens, _)| *tokens)
	}
}

impl fmt::Display for Stopped {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self { tokens, tau, pages: (fewest, most), open, settled: (settled, wrong), confidence } = self;
		write!(f, "stops at {tokens} tokens with τ {tau:.3}, {fewest} to {most} pages a miner, {open} pairs open, ")?;
		write!(f, "confidence {confidence:.3}; of {settled} pairs settled in all runs {wrong} the wrong way")
	}
}

/// Kendall's τ between an order that was found and the true one.
fn agreement(outcome: &Outcome, truth: &[f64]) -> f64 {
	let found: Vec<f64> = (0..outcome.order.len()).map(|place| -(place as f64)).collect();
	let truth: Vec<f64> = outcome.order.iter().map(|uid| truth[usize::from(*uid)]).collect();
	kendall_tau(&found, &truth).unwrap_or(0.0)
}

fn median(mut values: Vec<f64>) -> f64 {
	values.sort_by(f64::total_cmp);
	let (lower, upper) = (values.len().saturating_sub(1) / 2, values.len() / 2);
	(values[lower] + values[upper]) / 2.0
}
