// SPDX-License-Identifier: Apache-2.0

//! Plain text tables with aligned columns.

use std::fmt;

/// Which side of its column a cell keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
	/// For words.
	Left,
	/// For numbers.
	Right,
}

/// A table that is printed with [`fmt::Display`]; ends in a newline.
#[derive(Clone, Debug)]
pub struct Table {
	columns: Vec<(Align, String)>,
	rows: Vec<Vec<String>>,
}

impl Table {
	/// A table without rows.
	pub fn new<'a>(columns: impl IntoIterator<Item = (Align, &'a str)>) -> Self {
		let columns = columns.into_iter().map(|(align, title)| (align, title.to_owned())).collect();
		Self { columns, rows: Vec::new() }
	}

	/// Adds a row; cells beyond the columns are left out, missing ones stay empty.
	pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
		self.rows.push(cells.into_iter().collect());
	}
}

impl fmt::Display for Table {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let titles: Vec<_> = self.columns.iter().map(|(_, title)| title.clone()).collect();
		let lines: Vec<_> = std::iter::once(&titles).chain(&self.rows).collect();
		let cell = |line: &'_ Vec<String>, column: usize| line.get(column).cloned().unwrap_or_default();
		let width = |column| lines.iter().map(|line| cell(line, column).chars().count()).max().unwrap_or(0);
		let widths: Vec<_> = (0..self.columns.len()).map(width).collect();
		for line in &lines {
			let cells = self.columns.iter().zip(&widths).enumerate();
			let text: Vec<_> = cells
				.map(|(column, ((align, _), width))| match align {
					Align::Left => format!("{:<width$}", cell(line, column)),
					Align::Right => format!("{:>width$}", cell(line, column)),
				})
				.collect();
			writeln!(f, "{}", text.join("  ").trim_end())?;
		}
		Ok(())
	}
}

/// `n` with its digits in groups of three.
pub fn grouped(n: impl Into<i128>) -> String {
	let n = n.into();
	let digits = n.unsigned_abs().to_string();
	let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
	format!("{}{}", if n < 0 { "-" } else { "" }, groups.join(" "))
}

/// `rao` in TAO, with as many decimals as it needs.
pub fn tao(rao: u64) -> String {
	const RAO_PER_TAO: u64 = 1_000_000_000;
	let decimals = format!("{:09}", rao % RAO_PER_TAO);
	let decimals = decimals.trim_end_matches('0');
	let whole = grouped(rao / RAO_PER_TAO);
	if decimals.is_empty() {
		whole
	} else {
		format!("{whole}.{decimals}")
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn columns_are_aligned() {
		let mut table = Table::new([(Align::Left, "who"), (Align::Right, "rao")]);
		table.row(["a".into(), "1".into()]);
		table.row(["long name".into(), "20".into()]);
		table.row(["–".into()]);
		assert_eq!(table.to_string(), "who        rao\na            1\nlong name   20\n–\n");
	}

	#[test]
	fn digits_are_grouped() {
		assert_eq!(grouped(0), "0");
		assert_eq!(grouped(999), "999");
		assert_eq!(grouped(-1_000), "-1 000");
		assert_eq!(grouped(450_385_397), "450 385 397");
	}

	#[test]
	fn tao_shows_the_decimals_it_needs() {
		assert_eq!(tao(1_000_000_000_000), "1 000");
		assert_eq!(tao(1_500_000_000), "1.5");
		assert_eq!(tao(1), "0.000000001");
	}
}
