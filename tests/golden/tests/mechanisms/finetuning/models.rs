// SPDX-License-Identifier: Apache-2.0
//! Which models there are, and which of them are sound.

use std::collections::BTreeMap;

use golden::{recording, Tally};
use mechanisms::finetuning::{
	digest::{self, Digest, File},
	limits::{check_norms, LayerNorms},
	model_id::{ModelId, PublishedId},
	tempo, Block, Params,
};
use serde::Deserialize;

use super::{published_params, FILE};

#[derive(Deserialize)]
struct Hashes {
	hash_two_strings: Vec<TwoStrings>,
	hash_directory: Vec<Directory>,
}

#[derive(Deserialize)]
struct TwoStrings {
	a: String,
	b: String,
	hash: String,
}

#[derive(Deserialize)]
struct Directory {
	files: BTreeMap<String, String>,
	hash: String,
}

#[test]
fn content_hashes_as_published() {
	let Some(Hashes { hash_two_strings, hash_directory }) = recording(FILE) else { return };
	let mut tally = Tally::default();
	for case in &hash_two_strings {
		assert_eq!(Digest::of(format!("{}{}", case.a, case.b)).to_string(), case.hash);
		tally.compared();
	}
	for case in &hash_directory {
		let file = |content: &String| File { length: content.len() as u64, digest: Digest::of(content) };
		let files = case.files.iter().map(|(path, content)| (path.clone(), file(content))).collect();
		assert_eq!(digest::published(&files).to_string(), case.hash);
		tally.compared();
	}
	tally.finish(FILE, 6);
}

#[derive(Deserialize)]
struct Ids {
	model_id: Vec<Id>,
}

#[derive(Deserialize)]
struct Id {
	string: String,
	/// `None` where the reference raises.
	parsed: Option<ParsedId>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct ParsedId {
	namespace: String,
	name: String,
	commit: Option<String>,
	hash: Option<String>,
	competition_id: Option<String>,
}

/// Read as published, every text gives what it gave. A model, to us, is only what can be fetched and verified: what has
/// exactly five fields, of which the third is a commit's 40 digits and the fourth the 44 characters of a hash.
#[test]
fn commitments_are_read_as_published() {
	let Some(Ids { model_id }) = recording(FILE) else { return };
	let mut tally = Tally::default();
	for case in &model_id {
		let read = PublishedId::parse(&case.string).map(|id| ParsedId {
			namespace: id.namespace.to_owned(),
			name: id.name.to_owned(),
			commit: id.commit.map(str::to_owned),
			hash: id.hash.map(str::to_owned),
			competition_id: id.competition.map(str::to_owned),
		});
		assert_eq!(read, case.parsed, "{}", case.string);
		tally.compared();

		let fields: Vec<usize> = case.string.split(':').map(str::len).collect();
		let model = case.string.parse::<ModelId>();
		if matches!(fields[..], [_, _, 40, 44, _]) {
			assert_eq!(model.expect("a model").to_string(), case.string);
		} else {
			assert!(model.is_err(), "{}", case.string);
			tally.under("texts that name no model");
		}
	}
	tally.finish(FILE, 8);
}

#[derive(Deserialize)]
struct Tempos {
	nearest_tempo: Vec<(Block, u32, Block, Block)>,
}

#[test]
fn tempos_end_as_published() {
	let Some(Tempos { nearest_tempo }) = recording(FILE) else { return };
	let mut tally = Tally::default();
	for (start, tempo, block, recorded) in nearest_tempo {
		assert_eq!(tempo::last_end(start, tempo, block), Some(recorded), "{block}");
		tally.compared();
	}
	tally.finish(FILE, 6);
}

#[derive(Deserialize)]
struct Norms {
	validate_parameters: Vec<NormCase>,
}

#[derive(Deserialize)]
struct NormCase {
	layer_norms: Vec<LayerNorms>,
	eps_soft: f64,
	eps_soft_percent_threshold: f64,
	eps_hard: f64,
	valid: bool,
}

#[test]
fn norms_are_sound_as_published() {
	let Some(Norms { validate_parameters }) = recording(FILE) else { return };
	let mut tally = Tally::default();
	for case in &validate_parameters {
		let params = Params {
			norm_eps_soft: case.eps_soft,
			norm_eps_soft_percent_threshold: case.eps_soft_percent_threshold,
			norm_eps_hard: case.eps_hard,
			..published_params()
		};
		let judged = check_norms(&case.layer_norms, &params);
		assert_eq!(judged.is_ok(), case.valid, "{judged:?}");
		tally.compared();
	}
	tally.finish(FILE, 5);
}
