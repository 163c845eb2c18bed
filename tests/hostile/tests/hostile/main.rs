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
mod models;
mod object_key;
mod peer_list;
mod quantised;
mod repository;
mod scores;
mod slice;

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
	("samples", models::samples),
];

/// One test, because all threads allocate from one place.
#[test]
fn malice_gets_its_verdict_within_bounds_and_moves_nobody_elses_score() {
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
