// SPDX-License-Identifier: Apache-2.0

//! The experiment on copying as text.

use std::fmt;

use offchain_validator::table::{Align, Table};

use crate::copier::{Copied, Form};

/// Prints the table of the experiment.
pub struct CopierSummary<'a>(pub &'a Copied);

impl fmt::Display for CopierSummary<'_> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self(copied) = self;
		let epochs = copied.subnets.first().map_or(0, |subnet| subnet.epochs.len());
		writeln!(
			f,
			"What a validator that votes early and right earned for each rao of one that copies its last row,"
		)?;
		writeln!(f, "by how bonds come about and by bonds penalty; equal stakes, the same {epochs} epochs:\n")?;
		write!(f, "{}", ratios(copied))
	}
}

fn ratios(copied: &Copied) -> Table {
	let penalties = copied.of(Form::Yuma2).map(|subnet| format!("{:.2}", subnet.penalty));
	let titles: Vec<String> = std::iter::once("bonds penalty".to_owned()).chain(penalties).collect();
	let align = |index| if index == 0 { Align::Left } else { Align::Right };
	let columns = titles.iter().enumerate().map(|(index, title)| (align(index), title.as_str()));
	let mut table = Table::new(columns);
	for form in Form::ALL {
		let ratios = copied.of(form).map(|subnet| format!("{:.3}", subnet.ratio));
		table.row(std::iter::once(form.name().to_owned()).chain(ratios));
	}
	table
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::copier::tests::copied;

	#[test]
	fn every_form_has_its_line_by_penalty() {
		let summary = CopierSummary(&copied()).to_string();
		assert!(summary.contains("the same 4 epochs"));
		let lines: Vec<Vec<&str>> = summary.lines().map(|line| line.split_whitespace().collect()).collect();
		assert!(lines.contains(&vec!["bonds", "penalty", "0.00", "0.25", "0.50", "0.75", "1.00"]), "{summary}");
		assert!(lines.contains(&vec!["Yuma", "2", "3.000", "2.454", "1.908", "1.362", "0.816"]), "{summary}");
		assert!(lines.iter().filter(|line| line.contains(&"liquid")).count() == 2, "{summary}");
	}
}
