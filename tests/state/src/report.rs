// SPDX-License-Identifier: Apache-2.0

//! What was found, as text.

use std::fmt;

use indicatif::{HumanBytes, HumanCount};
use root_weights_runtime::{TAO, VERSION};

use crate::check::{Checked, Earning, Size};
use crate::state::{is_ours, State};

/// Prints what was found of a state.
pub struct Report<'a> {
	pub state: &'a State,
	pub checked: &'a Checked,
}

impl fmt::Display for Report<'_> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		self.heading(f)?;
		self.pallets(f)?;
		self.preview(f)?;
		match &self.checked.broken()[..] {
			[] => writeln!(f, "\nEverything holds."),
			broken => writeln!(f, "\nBROKEN: {}.", broken.join(", ")),
		}
	}
}

impl Report<'_> {
	fn heading(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let block = &self.state.block;
		let Size { keys, bytes } = Size::of(&self.state.pairs);
		writeln!(f, "Chain    {}", block.chain)?;
		writeln!(f, "Block    {}, {:?}", block.header.number, block.header.hash())?;
		write!(f, "Runtime  {} {}", block.version.spec_name, block.version.spec_version)?;
		if !is_ours(&block.version) {
			write!(f, ", checked by the rules of {} {}", VERSION.spec_name, VERSION.spec_version)?;
		}
		let root = match self.checked.is_whole {
			true => "with the root that the block names",
			false => "BROKEN: not with the root that the block names, so something is missing or was changed",
		};
		writeln!(f, "\nState    {} keys, {}, {root}\n", HumanCount(keys), HumanBytes(bytes))
	}

	fn pallets(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let mut row = |name: &str, keys: &str, bytes: &str, found: &str| {
			let line = format!("{name:<18}  {keys:>11}  {bytes:>11}  {found}");
			writeln!(f, "{}", line.trim_end())
		};
		row("pallet", "keys", "size", "")?;
		let size = |Size { keys, bytes }| (HumanCount(keys).to_string(), HumanBytes(bytes).to_string());
		for pallet in &self.checked.pallets {
			let (keys, bytes) = size(pallet.size);
			let (first, more) = pallet
				.broken
				.split_first()
				.map_or(("ok".into(), &[][..]), |(first, more)| (format!("BROKEN: {first}"), more));
			row(pallet.name, &keys, &bytes, &first)?;
			more.iter().try_for_each(|also| row("", "", "", &format!("and: {also}")))?;
		}
		let (keys, bytes) = size(self.checked.others);
		row("(no pallet's)", &keys, &bytes, "")
	}

	fn preview(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let earnings = match &self.checked.preview {
			Ok(earnings) => earnings,
			Err(words) => return writeln!(f, "\nWhat root votes pay, BROKEN: {words}"),
		};
		writeln!(f, "\nTAO per block if the root epoch ran now:\n")?;
		writeln!(f, "subnet            earns            without renormalization    difference")?;
		let all = Earning {
			netuid: 0,
			renormalized: earnings.iter().map(|earning| earning.renormalized).sum(),
			stored: earnings.iter().map(|earning| earning.stored).sum(),
		};
		for earning in earnings {
			earning_row(f, &earning.netuid.to_string(), earning, &all)?;
		}
		earning_row(f, "sum", &all, &all)
	}
}

fn earning_row(f: &mut fmt::Formatter<'_>, name: &str, earning: &Earning, all: &Earning) -> fmt::Result {
	let Earning { renormalized, stored, .. } = *earning;
	let tao = |rao: u64| format!("{}.{:09}", rao / TAO, rao % TAO);
	let percent = |part: u64, whole: u64| format!("{:.2} %", 100.0 * part as f64 / whole.max(1) as f64);
	let sign = match renormalized.cmp(&stored) {
		std::cmp::Ordering::Less => "-",
		std::cmp::Ordering::Equal => "",
		std::cmp::Ordering::Greater => "+",
	};
	let (now, then) = (percent(renormalized, all.renormalized), percent(stored, all.stored));
	let difference = format!("{sign}{}", tao(renormalized.abs_diff(stored)));
	writeln!(f, "{name:>6}  {:>11}  {now:>8}  {:>25}  {then:>8}  {difference:>12}", tao(renormalized), tao(stored))
}
