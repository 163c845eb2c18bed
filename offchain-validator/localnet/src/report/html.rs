// SPDX-License-Identifier: Apache-2.0

//! The page: one file with its style and drawings inside, readable on light and dark screens.

use std::time::{Duration, UNIX_EPOCH};

use maud::{html, Markup, PreEscaped, DOCTYPE};
use offchain_validator::table::{grouped, tao};

use super::plot::{grouped_bars, Group, PlotError};
use super::{training, ChainFacts, Report, Validator};

/// The whole page.
pub fn page(report: &Report) -> Result<String, PlotError> {
	let content = html! {
		h1 { "What root votes pay" }
		p.lead { (finding(report)) }
		(figures(report))
		(emission(report)?)
		(pulls(report)?)
		(rows(report))
		@if let Some(trained) = &report.training { (training::sections(trained)?) }
	};
	Ok(framed("Local network: what votes and work pay", &content, &report.chain, report.blocks))
}

/// A page with `content`, and below it where that is from: the chain after so many `blocks`.
pub fn framed(title: &str, content: &Markup, chain: &ChainFacts, blocks: u32) -> String {
	let page = html! {
		(DOCTYPE)
		html lang="en" {
			head {
				meta charset="utf-8";
				meta name="viewport" content="width=device-width, initial-scale=1";
				title { (title) }
				style { (PreEscaped(include_str!("style.css"))) }
			}
			body {
				main { (content) }
				footer { (origin(chain, blocks)) }
			}
		}
	};
	page.into_string()
}

/// What is to be seen, in words.
fn finding(report: &Report) -> Markup {
	let excess = |validator: &&Validator| validator.raw_pull - validator.stake_share;
	let strongest = report.votes.iter().max_by(|a, b| excess(a).total_cmp(&excess(b)));
	html! {
		@match strongest {
			Some(strongest) if excess(&strongest) > 0.0005 => {
				"A vote is stored with its largest weight scaled up to 65535, so the wider it is spread, the more units it "
				"hands out. Taken as stored, validator " (strongest.validator) " would pull with "
				b { (format!("{:.1} %", 100.0 * strongest.raw_pull)) } " of the votes' weight for "
				b { (format!("{:.1} %", 100.0 * strongest.stake_share)) } " of the stake. "
				"The chain renormalizes each row when it reads it, so every validator pulls by its stake alone."
			}
			_ => {
				"Every vote here hands out the same number of units for its stake, so renormalizing the rows on reading "
				"changes nothing."
			}
		}
	}
}

fn figures(report: &Report) -> Markup {
	let payouts = report.payouts.iter().map(|payout| payout.rao).sum::<u64>();
	html! {
		dl.figures {
			div { dt { "block" } dd { (grouped(report.blocks)) } }
			div { dt { "emission per block" } dd { (tao(report.root.block_emission)) " TAO" } }
			div { dt { "paid in " (report.payouts.len()) " blocks" } dd { (tao(payouts)) " TAO" } }
			div { dt { "issued in all" } dd { (tao(report.issuance.total)) " TAO" } }
			div { dt { "staked" } dd { (tao(report.issuance.stake)) " TAO" } }
			div { dt { "pending on subnets" } dd { (tao(report.issuance.pending)) " TAO" } }
		}
	}
}

fn emission(report: &Report) -> Result<Markup, PlotError> {
	let bars = report.subnets().map(|subnet| Group {
		name: subnet.netuid.to_string(),
		values: [subnet.percent(subnet.earned), subnet.percent(subnet.unnormalized)],
	});
	let chart = grouped_bars(&bars.collect::<Vec<_>>())?;
	Ok(html! {
		section {
			h2 { "Emission per subnet" }
			(figure(&chart, "Share of the block emission by netuid", ["earned", "without renormalization"]))
			div.scroll { table {
				thead { tr {
					th { "netuid" } th { "earns (rao per block)" } th { "share" }
					th { "without renormalization" } th { "share" } th { "difference" }
				} }
				tbody { @for subnet in report.subnets() { tr {
					td { (subnet.netuid) }
					td { (grouped(subnet.earned)) }
					td { (format!("{:.2} %", subnet.percent(subnet.earned))) }
					td { (grouped(subnet.unnormalized)) }
					td { (format!("{:.2} %", subnet.percent(subnet.unnormalized))) }
					td { (signed(subnet.difference())) }
				} } }
				tfoot { tr {
					td { "sum" }
					td { (grouped(report.root.normalized.values().sum::<u64>())) } td {}
					td { (grouped(report.root.unnormalized.values().sum::<u64>())) } td {} td {}
				} }
			} }
		}
	})
}

fn pulls(report: &Report) -> Result<Markup, PlotError> {
	let bars = report.votes.iter().map(|validator| Group {
		name: validator.validator.to_string(),
		values: [100.0 * validator.stake_share, 100.0 * validator.raw_pull],
	});
	let chart = grouped_bars(&bars.collect::<Vec<_>>())?;
	Ok(html! {
		section {
			h2 { "Pull per root validator" }
			(figure(&chart, "Share of all pull by validator", ["by stake, as the chain counts", "as stored"]))
			div.scroll { table {
				thead { tr {
					th { "validator" } th.text { "hotkey" } th { "uid" } th { "stake (TAO)" } th { "share of stake" }
					th { "units as stored" } th { "units as read" } th { "pull as stored" }
				} }
				tbody { @for validator in &report.votes { tr {
					td { (validator.validator) }
					td.text title=(format!("{}, owned by {}", validator.hotkey, validator.coldkey)) {
						code { (shortened(&validator.hotkey)) }
					}
					td { (validator.uid) }
					td { (tao(validator.stake)) }
					td { (format!("{:.2} %", 100.0 * validator.stake_share)) }
					td { (format!("{:.3}", validator.units)) }
					td { (format!("{:.3}", validator.read.values().sum::<f64>())) }
					td { (format!("{:.2} %", 100.0 * validator.raw_pull)) }
				} } }
			} }
		}
	})
}

fn rows(report: &Report) -> Markup {
	html! {
		section {
			h2 { "Votes, as stored and as read" }
			@for validator in &report.votes { details open[report.votes.len() <= 3] {
				summary { "Validator " (validator.validator) ", " (validator.stored.len()) " subnets" }
				div.scroll { table {
					thead { tr { th.text { "netuid" } @for netuid in validator.stored.keys() { th { (netuid) } } } }
					tbody {
						tr { td.text { "weight" } @for weight in validator.stored.values() { td { (weight) } } }
						tr { td.text { "share" } @for netuid in validator.stored.keys() {
							td { (format!("{:.2} %", 100.0 * validator.read.get(netuid).unwrap_or(&0.0))) }
						} }
					}
				} }
			} }
		}
	}
}

fn figure(chart: &str, caption: &str, series: [&str; 2]) -> Markup {
	html! {
		figure {
			figcaption {
				(caption) ":"
				@for (class, name) in ["first", "second"].iter().zip(series) { span.key { i class=(class) {} (name) } }
			}
			div.scroll role="img" aria-label=(format!("{caption}; the table below has the figures")) { (PreEscaped(chart)) }
		}
	}
}

fn origin(chain: &ChainFacts, blocks: u32) -> Markup {
	let time = UNIX_EPOCH + Duration::from_millis(chain.timestamp);
	html! {
		"Read from " (chain.name) " (" (chain.runtime) ") after block " (blocks) ", "
		(humantime::format_rfc3339_seconds(time)) ", hash " code { (chain.block_hash) } "."
	}
}

/// Both ends of an address, which are what people compare.
fn shortened(address: &str) -> String {
	match (address.get(..8), address.len().checked_sub(6).and_then(|end| address.get(end..))) {
		(Some(head), Some(tail)) if address.len() > 16 => format!("{head}\u{2026}{tail}"),
		_ => address.into(),
	}
}

fn signed(difference: i128) -> String {
	let sign = if difference > 0 { "+" } else { "" };
	format!("{sign}{}", grouped(difference)).replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::report::tests::example;

	#[test]
	fn page_loads_nothing_from_outside() {
		let page = page(&example()).expect("the page renders");
		assert_eq!(page.matches("<svg").count(), 2);
		for outside in ["http://", "https://", "src=", "href=", "url(", "@import", "<script", "<link"] {
			assert!(!page.contains(outside), "the page has {outside}");
		}
	}

	#[test]
	fn page_tells_who_would_have_pulled_too_hard() {
		let page = page(&example()).expect("the page renders");
		assert!(page.contains("validator 2 would pull with <b>65.2 %</b>"));
		assert!(page.contains("450 385 397"));
	}

	#[test]
	fn equal_pulls_are_told_as_such() {
		let mut report = example();
		for validator in &mut report.votes {
			validator.raw_pull = validator.stake_share;
		}
		assert!(page(&report).expect("the page renders").contains("changes nothing"));
	}

	#[test]
	fn what_a_user_named_is_escaped() {
		let mut report = example();
		report.chain.name = "<b>net</b>".into();
		assert!(page(&report).expect("the page renders").contains("&lt;b&gt;net"));
	}
}
