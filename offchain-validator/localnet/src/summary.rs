// SPDX-License-Identifier: Apache-2.0

//! The report as text, for the terminal.

mod copier;

use std::fmt;

use offchain_validator::table::{grouped, tao, Align, Table};

use crate::report::Report;
use crate::training::{Trained, Validator};

pub use copier::CopierSummary;

/// Prints the tables of a report.
pub struct Summary<'a>(pub &'a Report);

impl fmt::Display for Summary<'_> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self(report) = self;
		let emission = tao(report.root.block_emission);
		writeln!(f, "Block {}, {emission} TAO per block, {} payouts seen.\n", report.blocks, report.payouts.len())?;
		write!(f, "{}\n{}", validators(report), subnets(report))?;
		match &report.training {
			Some(trained) => training(f, trained),
			None => Ok(()),
		}
	}
}

fn validators(report: &Report) -> Table {
	let mut table = Table::new([
		(Align::Right, "validator"),
		(Align::Right, "stake (TAO)"),
		(Align::Right, "of all stake"),
		(Align::Right, "units as stored"),
		(Align::Right, "pull as stored"),
		(Align::Right, "pull as read"),
	]);
	for validator in &report.votes {
		table.row([
			validator.validator.to_string(),
			tao(validator.stake),
			percent(100.0 * validator.stake_share),
			format!("{:.3}", validator.units),
			percent(100.0 * validator.raw_pull),
			percent(100.0 * validator.stake_share),
		]);
	}
	table
}

fn subnets(report: &Report) -> Table {
	let mut table = Table::new([
		(Align::Right, "subnet"),
		(Align::Right, "earns (rao per block)"),
		(Align::Right, ""),
		(Align::Right, "without renormalization"),
		(Align::Right, ""),
		(Align::Right, "difference"),
	]);
	for subnet in report.subnets() {
		let sign = if subnet.difference() > 0 { "+" } else { "" };
		table.row([
			subnet.netuid.to_string(),
			grouped(subnet.earned),
			percent(subnet.percent(subnet.earned)),
			grouped(subnet.unnormalized),
			percent(subnet.percent(subnet.unnormalized)),
			format!("{sign}{}", grouped(subnet.difference())),
		]);
	}
	let sum = |column: &offchain_validator::chain::root::Emission| grouped(column.values().sum::<u64>());
	let (earned, unnormalized) = (sum(&report.root.normalized), sum(&report.root.unnormalized));
	table.row(["sum".into(), earned, String::new(), unnormalized]);
	table
}

fn training(f: &mut fmt::Formatter<'_>, trained: &Trained) -> fmt::Result {
	let super::training::Loss { first, last, unigram_entropy } = trained.loss;
	let (windows, mechanism) = (trained.windows, &trained.mechanism);
	let (name, loss, first_is) = (mechanism.name(), mechanism.loss_of(), mechanism.first_is());
	writeln!(
		f,
		"\n{windows} windows of {name}: loss of {loss} from {first:.3} ({first_is}) to {last:.3} nats a byte;"
	)?;
	writeln!(f, "a model that knows nothing but how frequent each byte is has {unigram_entropy:.3}.")?;
	if let Some(model) = &trained.model {
		let copies: usize = model.copies.values().map(Vec::len).sum();
		let kinds = model.copies.len();
		let agree = if kinds == 1 { "agree to the last bit".into() } else { format!("are of {kinds} kinds") };
		writeln!(f, "After window {} the {copies} copies of the model {agree}.", model.window)?;
	}
	write!(f, "\n{}\n{}", miners(trained), weight_setters(trained))
}

fn miners(trained: &Trained) -> Table {
	let weights = trained.validators.iter().map(|validator| format!("weight by {}", validator.uid));
	let columns = ["uid", "miner", "score"].map(String::from).into_iter().chain(weights);
	let columns: Vec<String> = columns.chain(["incentive", "earned (TAO)"].map(String::from)).collect();
	let align = |title: &str| if title == "miner" { Align::Left } else { Align::Right };
	let mut table = Table::new(columns.iter().map(|title| (align(title), title.as_str())));
	for miner in &trained.miners {
		let weights = trained.validators.iter().map(|validator| share(validator, miner.uid));
		let cells = [miner.uid.to_string(), miner.role.into(), miner.score_text()];
		let paid = [miner.incentive_u16.to_string(), tao(miner.emission_rao)];
		table.row(cells.into_iter().chain(weights).chain(paid));
	}
	table
}

/// A weight, and how much of its row that is.
fn share(validator: &Validator, miner: u16) -> String {
	let weight = validator.row.get(&miner).copied().unwrap_or(0);
	let sum: f64 = validator.row.values().copied().map(f64::from).sum();
	format!("{weight}  {}", percent(100.0 * f64::from(weight) / sum.max(1.0)))
}

fn weight_setters(trained: &Trained) -> Table {
	let mut table = Table::new([
		(Align::Right, "uid"),
		(Align::Left, "validator"),
		(Align::Right, "windows scored"),
		(Align::Right, "rows set"),
		(Align::Right, "trust"),
		(Align::Right, "earned (TAO)"),
	]);
	for validator in &trained.validators {
		table.row([
			validator.uid.to_string(),
			"validator".into(),
			validator.windows_scored.to_string(),
			validator.weights_set.to_string(),
			validator.vtrust_u16.to_string(),
			tao(validator.emission_rao),
		]);
	}
	table
}

fn percent(percent: f64) -> String {
	format!("{percent:.2} %")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::report::tests::example;

	#[test]
	fn every_subnet_and_validator_has_its_line() {
		let summary = Summary(&example()).to_string();
		assert!(summary.contains("1            450 385 397  45.04 %              300 401 089  30.04 %  +149 984 308"));
		assert!(summary.lines().any(|line| line.trim_start().starts_with("2  ") && line.contains("65.22 %")));
		assert!(summary.lines().last().is_some_and(|line| line.trim_start().starts_with("sum  ")));
	}
}
