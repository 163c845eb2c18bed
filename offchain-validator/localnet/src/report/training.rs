// SPDX-License-Identifier: Apache-2.0

//! The part of the page that shows the training.

use maud::{html, Markup, PreEscaped};
use offchain_validator::journal::{ScoredMiner, ScoredWindow};
use offchain_validator::table::tao;

use super::lines::Chart;
use super::plot::PlotError;
use crate::training::{Trained, WindowSeen};

/// Rao of one TAO.
const TAO: f64 = 1e9;

/// Everything about the training.
pub fn sections(trained: &Trained) -> Result<Markup, PlotError> {
	let by_miner = |value: &dyn Fn(&ScoredMiner) -> Option<f64>| {
		series(trained, |uid, window| scored(uid, window).and_then(value))
	};
	let score = by_miner(&|miner| Some(miner.score));
	let weight = by_miner(&|miner| Some(100.0 * f64::from(miner.share)));
	let emission = series(trained, |uid, window| window.stakes.get(&uid).map(|rao| *rao as f64 / TAO));
	let number = |value: &f64| format!("{value:.1}");
	Ok(html! {
		h1 { "What work on a model pays" }
		p.lead { (finding(trained)) }
		(loss(trained)?)
		section {
			h2 { "Score by miner" }
			(figure(trained, &format!("{}, by the first validator", trained.mechanism.score_is()), &score, &number)?)
		}
		@for plotted in trained.mechanism.plotted() {
			section {
				h2 { (plotted.title) }
				(figure(trained, &format!("{}, by the first validator", plotted.caption), &by_miner(&plotted.of), &number)?)
			}
		}
		section {
			h2 { "Weight by miner" }
			(figure(trained, "Share of the first validator's weights", &weight, &|value| format!("{value:.0} %"))?)
		}
		section {
			h2 { "Emission by miner" }
			(figure(trained, "Earned so far, in TAO", &emission, &number)?)
			(miners(trained))
			(validators(trained))
		}
	})
}

fn finding(trained: &Trained) -> Markup {
	let honest: u64 =
		trained.miners.iter().filter(|miner| miner.role == "honest").map(|miner| miner.emission_rao).sum();
	let all: u64 = trained.miners.iter().map(|miner| miner.emission_rao).sum();
	html! {
		(trained.windows) " windows of " (trained.mechanism.name()) " took the loss of " (trained.mechanism.loss_of()) " from " b { (format!("{:.2}", trained.loss.first)) } " (" (trained.mechanism.first_is()) ")"
		" to " b { (format!("{:.2}", trained.loss.last)) } " nats a byte; a model that knows nothing but how frequent each "
		"byte is has " (format!("{:.2}", trained.loss.unigram_entropy)) ". Of the " (tao(all))
		" TAO that miners have earned, " @if all > 0 { b { (format!("{:.1} %", 100.0 * honest as f64 / all as f64)) } }
		" went to those who trained."
	}
}

fn loss(trained: &Trained) -> Result<Markup, PlotError> {
	let points = |window: &WindowSeen| {
		let scored = window.scored.values().next()?;
		Some((f64::from(scored.window), scored.loss?))
	};
	let base = |window: &WindowSeen| {
		let scored = window.scored.values().next()?;
		Some((f64::from(scored.window), scored.base_loss?))
	};
	let points: Vec<(f64, f64)> = trained.seen.iter().filter_map(points).collect();
	let base: Vec<(f64, f64)> = trained.seen.iter().filter_map(base).collect();
	let has_base = !base.is_empty();
	let series = if has_base { vec![points, base] } else { vec![points] };
	let chart = Chart {
		series: &series,
		level: Some((trained.loss.unigram_entropy, "entropy of single bytes")),
		format_x: &whole,
		format: &|value| format!("{value:.2}"),
	};
	Ok(html! {
		section {
			h2 { "Loss by window" }
			figure {
				figcaption {
					"Loss of " (trained.mechanism.loss_of()) ", in nats per byte"
					@if has_base { ":" span.key { i.s0 {} "best model" } span.key { i.s1 {} "base model" } }
				}
				div.scroll role="img" aria-label="Loss by window" { (PreEscaped(chart.svg()?)) }
			}
		}
	})
}

fn figure(
	trained: &Trained,
	caption: &str,
	series: &[Vec<(f64, f64)>],
	format: &dyn Fn(&f64) -> String,
) -> Result<Markup, PlotError> {
	let chart = Chart { series, level: None, format_x: &whole, format }.svg()?;
	Ok(html! {
		figure {
			figcaption {
				(caption) ":"
				@for (index, miner) in trained.miners.iter().enumerate() {
					span.key { i class=(format!("s{index}")) {} (miner.uid) ", " (miner.role) }
				}
			}
			div.scroll role="img" aria-label=(format!("{caption}, by window")) { (PreEscaped(chart)) }
		}
	})
}

fn whole(window: &f64) -> String {
	format!("{window:.0}")
}

fn miners(trained: &Trained) -> Markup {
	let sum = |validator: u16| -> f64 {
		trained.miners.iter().filter_map(|miner| miner.weights_u16.get(&validator)).copied().map(f64::from).sum()
	};
	html! {
		div.scroll { table {
			thead { tr {
				th { "uid" } th.text { "role" } th { "score" }
				@for validator in &trained.validators { th { "weight by " (validator.uid) } th { "share" } }
				th { "incentive" } th { "earned (TAO)" }
			} }
			tbody { @for miner in &trained.miners { tr {
				td { (miner.uid) }
				td.text title=(miner.hotkey) { (miner.role) }
				td { (miner.score_text()) }
				@for validator in &trained.validators {
					@let weight = miner.weights_u16.get(&validator.uid).copied().unwrap_or(0);
					td { (weight) }
					td { (format!("{:.1} %", 100.0 * f64::from(weight) / sum(validator.uid).max(1.0))) }
				}
				td { (miner.incentive_u16) }
				td { (tao(miner.emission_rao)) }
			} } }
		} }
	}
}

fn validators(trained: &Trained) -> Markup {
	html! {
		div.scroll { table {
			thead { tr {
				th { "uid" } th.text { "role" } th { "windows scored" } th { "rows set" } th { "validator trust" }
				th { "earned (TAO)" }
			} }
			tbody { @for validator in &trained.validators { tr {
				td { (validator.uid) }
				td.text title=(validator.hotkey) { "validator" }
				td { (validator.windows_scored) }
				td { (validator.weights_set) }
				td { (validator.vtrust_u16) }
				td { (tao(validator.emission_rao)) }
			} } }
		} }
	}
}

/// One line a miner, over the windows.
fn series(trained: &Trained, value: impl Fn(u16, &WindowSeen) -> Option<f64>) -> Vec<Vec<(f64, f64)>> {
	let point = |uid: u16, window: &WindowSeen| {
		let number = window.scored.values().next()?.window;
		Some((f64::from(number), value(uid, window)?))
	};
	let line = |uid: u16| trained.seen.iter().filter_map(|window| point(uid, window)).collect();
	trained.miners.iter().map(|miner| line(miner.uid)).collect()
}

/// What the first validator has found out about a miner.
fn scored(uid: u16, window: &WindowSeen) -> Option<&ScoredMiner> {
	let first: Option<&ScoredWindow> = window.scored.values().next();
	first?.miners.get(&uid)
}
