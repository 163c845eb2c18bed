// SPDX-License-Identifier: Apache-2.0

//! The report as text, for the terminal.

use std::fmt;

use offchain_validator::table::{grouped, tao, Align, Table};

use crate::report::Report;

/// Prints the tables of a report.
pub struct Summary<'a>(pub &'a Report);

impl fmt::Display for Summary<'_> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self(report) = self;
		let emission = tao(report.root.block_emission);
		writeln!(f, "Block {}, {emission} TAO per block, {} payouts seen.\n", report.blocks, report.payouts.len())?;
		write!(f, "{}\n{}", validators(report), subnets(report))
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
