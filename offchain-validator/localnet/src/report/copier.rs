// SPDX-License-Identifier: Apache-2.0

//! The page of the experiment on copying.

use maud::{html, Markup, PreEscaped};
use offchain_validator::table::grouped;
use serde::Serialize;

use super::html::framed;
use super::lines::Chart;
use super::plot::PlotError;
use super::{ChainFacts, Page};
use crate::copier::{Copied, Epoch, Form, Subnet};
use crate::read::Origin;

/// Rao of a thousandth of a TAO.
const MILLI_TAO: f64 = 1e6;
/// The two subnets that are shown epoch by epoch, by their penalty; of the form for which being early must pay.
const SHOWN: [f64; 2] = [0.5, 1.0];

/// Everything the page shows; serializes into `report.json`.
#[derive(Debug, Serialize)]
pub struct CopierReport {
	/// Which experiment this was.
	experiment: &'static str,
	/// Height of the chain when it was read.
	blocks: u32,
	/// What came of it.
	#[serde(flatten)]
	pub copied: Copied,
	/// Which chain this was.
	chain: ChainFacts,
}

impl CopierReport {
	/// Joins the outcome with the chain it is from.
	pub fn new(copied: Copied, origin: &Origin) -> Self {
		Self { experiment: "copier", blocks: origin.block.number, copied, chain: ChainFacts::new(origin) }
	}
}

impl Page for CopierReport {
	fn page(&self) -> Result<String, PlotError> {
		let copied = &self.copied;
		let content = html! {
			h1 { "What being early pays" }
			p.lead { (finding(copied)) }
			(ratios(copied)?)
			section {
				h2 { "Pay by epoch" }
				@for penalty in SHOWN {
					@if let Some(subnet) = nearest(copied, penalty) { (epochs(subnet, copied.epochs_between_moves)?) }
				}
			}
			(amounts(copied))
		};
		Ok(framed("Local network: what being early pays", &content, &self.chain, self.blocks))
	}
}

/// How to read it, and what is to be seen.
fn finding(copied: &Copied) -> Markup {
	let ratios = copied.of(Form::LiquidAlpha).filter(|subnet| subnet.penalty < 1.0).map(|subnet| subnet.ratio);
	let (low, high): (f64, f64) =
		ratios.fold((f64::INFINITY, 0.0), |(low, high), ratio| (ratio.min(low), ratio.max(high)));
	html! {
		"One validator votes for the best miner as soon as it is another, a majority one epoch later, and a copier with "
		"the stake of the first sets the row that the first had an epoch ago: the lines show what the first earned for "
		"each rao of the copier, so above 1 being early pays, and below it copying. "
		"With liquid alpha from 0.025 to 0.9 and any bonds penalty below 1 the early one earned "
		b { (format!("{low:.2} to {high:.2} times")) } " as much"
		@if low > 1.0 {
			", as a weight above consensus buys a bond almost at once, and one that only agrees with it takes dozens of "
			"epochs. "
			"With a penalty of 1 nothing above consensus buys any, and with paces from 0.7 on whoever is late catches up in "
			"two epochs: then the early one loses what its old bonds would still have paid while the majority was behind."
		} @else {
			", which is not what bonds are for: this is a failure."
		}
	}
}

fn ratios(copied: &Copied) -> Result<Markup, PlotError> {
	// By powers of two: half as much is as far from the middle as twice as much.
	let line = |form| copied.of(form).map(|subnet| (subnet.penalty, subnet.ratio.log2())).collect();
	let series: Vec<Vec<(f64, f64)>> = Form::ALL.into_iter().map(line).collect();
	let chart = Chart {
		series: &series,
		level: Some((0.0, "")),
		format_x: &|penalty| format!("{penalty:.1}"),
		format: &|power| format!("{:.2}", power.exp2()),
	};
	let caption = "What the early validator earned for each rao of its copier, by bonds penalty";
	Ok(html! {
		section {
			h2 { "Early against copied" }
			(figure(caption, &Form::ALL.map(Form::name), &chart.svg()?))
			div.scroll { table {
				thead { tr {
					th.text { "bonds penalty" }
					@for subnet in copied.of(Form::Yuma2) { th { (format!("{:.2}", subnet.penalty)) } }
				} }
				tbody { @for form in Form::ALL { tr {
					td.text { (form.name()) }
					@for subnet in copied.of(form) { td { (format!("{:.3}", subnet.ratio)) } }
				} } }
			} }
		}
	})
}

/// The subnet of liquid alpha whose penalty is nearest to `penalty`.
fn nearest(copied: &Copied, penalty: f64) -> Option<&Subnet> {
	let distance = |subnet: &&Subnet| (subnet.penalty - penalty).abs();
	copied.of(Form::LiquidAlpha).min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

fn epochs(subnet: &Subnet, epochs_between_moves: u32) -> Result<Markup, PlotError> {
	let line = |rao: &dyn Fn(&Epoch) -> u64| -> Vec<(f64, f64)> {
		let values = subnet.epochs.iter().map(|epoch| rao(epoch) as f64 / MILLI_TAO);
		values.enumerate().map(|(index, amount)| (index as f64, amount)).collect()
	};
	let chart = Chart {
		series: &[line(&|epoch| epoch.pay.early), line(&|epoch| epoch.pay.copier)],
		level: None,
		format_x: &|epoch| format!("{epoch:.0}"),
		format: &|amount| format!("{amount:.1}"),
	};
	let (form, penalty) = (subnet.form.name(), subnet.penalty);
	let caption = format!(
		"Thousandths of a TAO by epoch, {form}, bonds penalty {penalty:.2}; another miner is the best every \
		{epochs_between_moves} epochs, from 0 on"
	);
	Ok(figure(&caption, &["early validator", "its copier"], &chart.svg()?))
}

fn figure(caption: &str, names: &[&str], chart: &str) -> Markup {
	html! {
		figure {
			figcaption {
				(caption) ":"
				@for (index, name) in names.iter().enumerate() {
					span.key { i class=(format!("s{index}")) {} (name) }
				}
			}
			div.scroll role="img" aria-label=(caption) { (PreEscaped(chart)) }
		}
	}
}

fn amounts(copied: &Copied) -> Markup {
	html! {
		section {
			h2 { "What was paid" }
			details {
				summary { "All subnets, in rao; the first " (copied.epochs_uncounted) " epochs are left out, as bonds grow" }
				div.scroll { table {
					thead { tr {
						th { "netuid" } th.text { "bonds" } th { "penalty" } th { "early" } th { "copier" } th { "ratio" }
					} }
					tbody { @for subnet in &copied.subnets { tr {
						td { (subnet.netuid) }
						td.text { (subnet.form.name()) }
						td { (format!("{:.2}", subnet.penalty)) }
						td { (grouped(subnet.earned.early)) }
						td { (grouped(subnet.earned.copier)) }
						td { (format!("{:.3}", subnet.ratio)) }
					} } }
					tfoot { tr {
						td {} td.text { "sum" } td {}
						td { (grouped(copied.paid.early)) } td { (grouped(copied.paid.copier)) } td {}
					} }
				} }
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{copier, report};

	/// The example of the experiment, on the chain of the example of the votes.
	fn example() -> CopierReport {
		let chain = report::tests::example().chain;
		CopierReport { experiment: "copier", blocks: 160, copied: copier::tests::copied(), chain }
	}

	#[test]
	fn every_set_of_parameters_is_on_the_page() {
		let page = example().page().expect("the page renders");
		assert_eq!(page.matches("<svg").count(), 1 + SHOWN.len());
		for form in Form::ALL {
			assert!(page.contains(form.name()));
		}
		assert!(page.contains("<b>1.36 to 3.00 times</b>"));
		assert!(page.contains("bonds penalty 0.50;") && page.contains("bonds penalty 1.00;"));
	}

	#[test]
	fn json_holds_every_epoch() {
		let json = serde_json::to_value(example()).expect("the report serializes");
		assert_eq!(json["experiment"], "copier");
		let subnet = &json["subnets"][10];
		assert_eq!(subnet["form"], "liquid_alpha");
		assert_eq!(subnet["epochs"].as_array().map(Vec::len), Some(4));
		assert_eq!(subnet["epochs"][3]["copier"], 30_000_000);
		assert!(subnet["ratio"].is_f64() && json["chain"]["genesis"].is_string());
	}

	#[test]
	fn a_ratio_that_is_none_can_be_shown() {
		let mut report = example();
		report.copied.subnets[3].ratio = f64::NAN;
		assert!(report.page().is_ok() && serde_json::to_string(&report).is_ok());
	}
}
