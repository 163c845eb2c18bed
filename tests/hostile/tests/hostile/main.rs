// SPDX-License-Identifier: Apache-2.0

//! Each decoder against each kind of malice: what is said, what it costs in memory, and that nobody else pays for it.
//!
//! `cargo test -p hostile --test hostile -- --nocapture` prints the table.

mod bucket;
mod case;
mod commitments;
mod damage;
mod debug;
mod file;
mod gradient;
mod model_files;
mod models;
mod object_key;
mod peer_list;
mod quantised;
mod repository;
mod scores;
mod slice;

use std::fs;

use case::{Cell, Class};

/// A decoder's name, and what it is shown of a class.
type Column = (&'static str, fn(Class) -> Cell);

/// All decoders. Each function matches on all classes, so no pair can be left out.
const COLUMNS: &[Column] = &[
	("bucket", bucket::cell),
	("gradient", gradient::cell),
	("quantised gradient", quantised::cell),
	("debug samples", debug::cell),
	("peer list", peer_list::cell),
	("bucket address", commitments::address),
	("object key", object_key::cell),
	("slice", slice::cell),
	("model id", commitments::model_id),
	("repository", repository::cell),
	("model config", models::config),
	("model weights", model_files::weights),
	("model index", model_files::index),
	("samples", models::samples),
];

/// Trap 7. What is found wrong has changed nothing before. One test, because all threads allocate from one place.
#[test]
fn malice_gets_its_verdict_within_bounds_and_moves_nobody_elses_score() {
	check_count();
	for decoder in hostile::DECODERS {
		assert!(COLUMNS.iter().any(|(name, _)| *name == decoder.name()), "{} has no column", decoder.name());
		damage::check(decoder);
	}
	for (decoder, cell) in COLUMNS {
		println!("\n{decoder}");
		for class in Class::ALL {
			match cell(class) {
				Cell::None(why) => println!("  {class:?}: none, {why}"),
				Cell::Cases(cases) => cases.into_iter().for_each(|case| {
					let (reading, line) = case.check();
					println!("  {class:?}: {line}");
					scores::check_others_unmoved(&reading.finding);
				}),
			}
		}
	}
}

/// Whether the project's README counts as we do.
fn check_count() {
	let readme = fs::read_to_string(scores::file("README.md")).expect("it is there");
	let count = format!("{} decoders against {} kinds of malice", COLUMNS.len(), Class::ALL.len());
	assert!(
		readme.split_whitespace().collect::<Vec<_>>().join(" ").contains(&count),
		"README.md does not say: {count}"
	);
}
