// SPDX-License-Identifier: Apache-2.0

//! The figures for people: the same tables for a terminal and for a page in Markdown, and the charts.

use std::path::{Path, PathBuf};
use std::{fs, io};

use offchain_validator::table::{grouped, Align, Table};

use crate::drive::Memory;
use crate::figures::{ChainFigures, Course, Figures, Spread};
use crate::matrix::Matrix;
use crate::plot::{chart, course, Line, PlotError};

const BYTES_PER_MEBIBYTE: u32 = 1 << 20;

/// Why the report is not on disk.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
	#[error("the figures cannot be put into JSON")]
	Json(#[from] serde_json::Error),
	#[error(transparent)]
	Plot(#[from] PlotError),
	#[error("cannot write {}", path.display())]
	Write { path: PathBuf, source: io::Error },
}

/// One table of the report.
pub struct Section {
	title: &'static str,
	columns: Vec<&'static str>,
	rows: Vec<Vec<String>>,
}

impl Section {
	/// For a terminal.
	pub fn plain(&self) -> String {
		let align = |column: usize| if column == 0 { Align::Left } else { Align::Right };
		let mut table = Table::new(self.columns.iter().enumerate().map(|(column, title)| (align(column), *title)));
		self.rows.iter().for_each(|row| table.row(row.iter().cloned()));
		format!("{}\n{table}", self.title)
	}

	/// For a page.
	pub fn markdown(&self) -> String {
		let line = |cells: &mut dyn Iterator<Item = &str>| format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
		let mut rules = self.columns.iter().enumerate().map(|(column, _)| if column == 0 { "---" } else { "---:" });
		let mut text = format!("### {}\n\n", self.title);
		text += &line(&mut self.columns.iter().copied());
		text += &line(&mut rules);
		self.rows.iter().for_each(|row| text += &line(&mut row.iter().map(String::as_str)));
		text
	}
}

/// All tables that have a row.
pub fn sections(figures: &Figures) -> Vec<Section> {
	let chains = &figures.chains;
	let all = [blocks(chains), views(chains), memory(chains), state(chains), matrices(&figures.matrices)];
	all.into_iter().filter(|section| !section.rows.is_empty()).collect()
}

fn name(figures: &ChainFigures) -> String {
	let scenario = &figures.scenario;
	format!("{} × {} neurons", scenario.subnets, scenario.neurons)
}

fn blocks(chains: &[ChainFigures]) -> Section {
	let times = |figures: &ChainFigures, what: &str, times: &crate::figures::BlockTimes| {
		let cell = |spread: &Spread| format!("{:.1} / {:.0}", spread.mean, spread.p95);
		vec![
			name(figures),
			what.into(),
			format!("{} + {}", times.quiet.count, times.epoch.count),
			format!("{:.1}", f64::from(figures.rows) / f64::from(figures.blocks.max(1))),
			cell(&times.quiet),
			cell(&times.epoch),
			format!("{:.1}", times.hook()),
		]
	};
	let both = |figures| [times(figures, "build", &figures.built), times(figures, "import", &figures.imported)];
	Section {
		title: "Blocks: milliseconds, mean / 95th percentile",
		columns: vec!["chain", "", "blocks without + with an epoch", "rows a block", "without", "with", "the epoch"],
		rows: chains.iter().flat_map(both).collect(),
	}
}

fn views(chains: &[ChainFigures]) -> Section {
	let row = |figures: &ChainFigures, view: &crate::figures::View| {
		let Spread { median, p95, .. } = view.latency;
		let of_bytes = view.bytes as f64 / 1_024.0;
		let cells = [name(figures), format!("`{}`", view.name)];
		cells.into_iter().chain([format!("{median:.1}"), format!("{p95:.1}"), format!("{of_bytes:.0}")]).collect()
	};
	Section {
		title: "Views: milliseconds from the question to the whole answer",
		columns: vec!["chain", "call", "median", "95th percentile", "KiB"],
		rows: chains.iter().flat_map(|figures| figures.views.iter().map(|view| row(figures, view))).collect(),
	}
}

fn memory(chains: &[ChainFigures]) -> Section {
	let row = |figures: &ChainFigures, what: &str, course: &Course| {
		let cells = [course.first, course.middle, course.last].map(mebibytes);
		let growth = format!("{:+.1}", course.growth_a_block / 1_024.0);
		[name(figures), what.into()].into_iter().chain(cells).chain([growth]).collect()
	};
	let both = |figures: &ChainFigures| {
		let memory = &figures.memory;
		[row(figures, "allocated", &memory.own), row(figures, "mapped files", &memory.files)]
	};
	Section {
		title: "Memory of the node: MiB resident",
		columns: vec!["chain", "", "first block", "halfway", "last block", "growth then, KiB a block"],
		rows: chains.iter().flat_map(both).collect(),
	}
}

fn state(chains: &[ChainFigures]) -> Section {
	let row = |figures: &ChainFigures| {
		let items = &figures.state.items;
		let of = |item: &str| items.get(item).map_or(0, |item| item.bytes);
		let keys: u64 = items.values().map(|item| item.keys).sum();
		let bytes: u64 = items.values().map(|item| item.bytes).sum();
		let sizes = [bytes, of("Weights"), of("Bonds"), figures.state.database].map(kibibytes);
		[name(figures), keys.to_string()].into_iter().chain(sizes).collect()
	};
	Section {
		title: "State of the subnets' pallet, and the database with the states of all blocks: KiB",
		columns: vec!["chain", "keys", "values", "`Weights`", "`Bonds`", "database"],
		rows: chains.iter().map(row).collect(),
	}
}

fn matrices(matrices: &[Matrix]) -> Section {
	let row = |matrix: &Matrix| {
		let share = |part: f64| format!("{part:.2} ({:.0} %)", 100.0 * part / matrix.whole());
		vec![
			format!("64 × {}", matrix.neurons),
			kibibytes(matrix.bytes as u64),
			share(matrix.read),
			share(matrix.decode),
			share(matrix.maths),
			share(matrix.write),
			share(matrix.root),
			format!("{:.1}", matrix.read / matrix.copy),
			format!("{:.1}", matrix.decode / matrix.copy),
			format!("{:.1}", matrix.decode_pairs / matrix.copy),
			format!("{:.1}", matrix.maths / matrix.stream),
		]
	};
	Section {
		title: "The matrix without a chain: milliseconds and shares, native",
		columns: vec![
			"rows",
			"KiB",
			"read",
			"decode",
			"maths",
			"write",
			"root",
			"read / copy",
			"decode / copy",
			"decode as pairs / copy",
			"maths / stream",
		],
		rows: matrices.iter().map(row).collect(),
	}
}

fn kibibytes(bytes: u64) -> String {
	grouped(bytes.div_ceil(1_024))
}

fn mebibytes(bytes: u64) -> String {
	format!("{:.1}", bytes as f64 / f64::from(BYTES_PER_MEBIBYTE))
}

/// Writes `load.json`, `load.md` and the charts into `folder`, which is made if missing.
pub fn write(figures: &Figures, folder: &Path) -> Result<(), ReportError> {
	let put = |name: &str, text: &str| {
		let path = folder.join(name);
		fs::write(&path, text).map_err(|source| ReportError::Write { path, source })
	};
	fs::create_dir_all(folder).map_err(|source| ReportError::Write { path: folder.into(), source })?;
	put("load.json", &serde_json::to_string_pretty(figures)?)?;
	let tables: Vec<_> = sections(figures).iter().map(Section::markdown).collect();
	put("load.md", &tables.join("\n"))?;
	// One subnet each, so that neurons are all that differs.
	let chains: Vec<_> = figures.chains.iter().filter(|figures| figures.scenario.subnets == 1).collect();
	put("views.svg", &chart("Median time of a view", &view_lines(&chains))?)?;
	put("blocks.svg", &chart("Mean time of a block", &block_lines(&chains))?)?;
	put("memory.svg", &course("Memory that the node has allocated", &memory_lines(&figures.chains))?)
}

fn memory_lines(chains: &[ChainFigures]) -> Vec<Line> {
	let line = |figures: &ChainFigures| {
		let course = &figures.memory.course;
		let first = course.first().map_or(0, |memory| memory.block);
		let point = |memory: &Memory| {
			(f64::from(memory.block.saturating_sub(first)), memory.resident.own as f64 / f64::from(BYTES_PER_MEBIBYTE))
		};
		Line { name: name(figures), points: course.iter().map(point).collect() }
	};
	chains.iter().map(line).collect()
}

fn view_lines(chains: &[&ChainFigures]) -> Vec<Line> {
	let names = chains.first().into_iter().flat_map(|figures| &figures.views).map(|view| view.name);
	let point = |figures: &ChainFigures, name: &str| {
		let view = figures.views.iter().find(|view| view.name == name);
		view.map(|view| (f64::from(figures.scenario.neurons), view.latency.median))
	};
	let line = |name: &str| Line {
		name: name.into(),
		points: chains.iter().filter_map(|figures| point(figures, name)).collect(),
	};
	names.map(line).collect()
}

/// One of a chain's times, in milliseconds.
type Time = fn(&ChainFigures) -> f64;

fn block_lines(chains: &[&ChainFigures]) -> Vec<Line> {
	let kinds: [(&str, Time); 4] = [
		("build, without an epoch", |figures| figures.built.quiet.mean),
		("build, with an epoch", |figures| figures.built.epoch.mean),
		("import, without an epoch", |figures| figures.imported.quiet.mean),
		("import, with an epoch", |figures| figures.imported.epoch.mean),
	];
	let point = |figures: &ChainFigures, time: Time| (f64::from(figures.scenario.neurons), time(figures));
	let line = |(name, time): (&str, Time)| Line {
		name: name.into(),
		points: chains.iter().map(|figures| point(figures, time)).collect(),
	};
	kinds.map(line).into()
}
