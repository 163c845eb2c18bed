// SPDX-License-Identifier: Apache-2.0

use std::fs;

use serde_json::{json, Value};

use super::*;
use crate::data::Assignment;
use crate::hparams::tests::file;
use crate::hparams::Hparams as _;

fn changed(section: &str, key: &str, value: Value) -> Result<Hparams, HparamsError> {
	let text = fs::read_to_string(file("hparams.json")).expect("the file is there");
	let mut hparams: Value = serde_json::from_str(&text).expect("it is JSON");
	hparams[section][key] = value;
	let folder = tempfile::tempdir().expect("a folder can be made");
	let path = folder.path().join("hparams.json");
	fs::write(&path, hparams.to_string()).expect("it can be written");
	Hparams::read(&path)
}

fn quantised(bins: usize, range: f64, outer_learning_rate: f64) -> Value {
	json!({"quantised": {"bins": bins, "range": range, "outer_learning_rate": outer_learning_rate}})
}

#[test]
fn both_forms_of_a_gradient_are_known_by_name() {
	let codec = |value| changed("training", "codec", value).map(|hparams| hparams.training.codec.coding());
	assert_eq!(codec(json!("dct")).unwrap(), Coding::Dct);
	let quantiser = Quantiser { bins: 4, range: 6.0 };
	assert_eq!(codec(quantised(4, 6.0, 1.0)).unwrap(), Coding::Quantised(quantiser));
	assert!(codec(json!("zip")).is_err());
}

#[test]
fn text_is_assigned_by_pages_or_from_a_pool() {
	let assignment = |value| changed("data", "assignment", value).map(|hparams| hparams.data.assignment);
	assert_eq!(assignment(json!("pages")).unwrap(), Assignment::Pages);
	assert_eq!(Hparams::read(&file("hparams.json")).unwrap().data.assignment, Assignment::Pages);
	let pool = json!({"pool": {"sequences": 64, "measured": 8}});
	assert_eq!(assignment(pool).unwrap(), Assignment::Pool { sequences: 64, measured: 8 });
	let told = |value| crate::one_line(&assignment(value).expect_err("no such rule"));
	assert!(told(json!("page")).contains("expected `pages` or `pool`"));
	assert!(told(json!({"pool": {"sequences": 64}})).contains("missing field `measured`"));
	assert!(told(json!({"pool": {"sequences": 64, "measured": 8, "shards": 10}})).contains("unknown field `shards`"));
}

#[test]
fn a_key_that_nobody_knows_is_refused_by_name() {
	let error = changed("training", "lerning_rate", json!(1)).expect_err("a misspelt key");
	assert!(crate::one_line(&error).contains("lerning_rate"));
}

#[test]
fn a_value_out_of_range_is_told_with_its_range() {
	for (section, key, value, words) in [
		("training", "learning_rate", json!(0.0), "training.learning_rate is 0: must be above 0 and at most 1"),
		("data", "sequence_length", json!(1), "data.sequence_length is 1: must be at least 2"),
		(
			"data",
			"assignment",
			json!({"pool": {"sequences": 5, "measured": 1}}),
			"data.batch_size is 6: must be at least 1 and at most 5",
		),
		(
			"data",
			"assignment",
			json!({"pool": {"sequences": 64, "measured": 65}}),
			"data.assignment.pool.measured is 65: must be at least 1 and at most 64",
		),
		(
			"data",
			"assignment",
			json!({"pool": {"sequences": 1_000_001, "measured": 8}}),
			"data.assignment.pool.sequences is 1000001",
		),
		("evaluation", "validator_sample_rate", json!(1.5), "at most 1"),
		(
			"evaluation",
			"sampling",
			json!({"sequential": {"confidence": 1.0, "indifference": 0.0, "depth": 8}}),
			"[0.5, 1)",
		),
		("peers", "minimum_peers", json!(16), "peers.minimum_peers is 16: must be at least 1 and at most 15"),
		("training", "codec", quantised(1, 6.0, 1.0), "training.codec.quantised.bins is 1: must be at least 2"),
		("training", "codec", quantised(4, 0.0, 1.0), "training.codec.quantised.range is 0: must be above 0"),
		("training", "codec", quantised(4, 6.0, 0.0), "training.codec.quantised.outer_learning_rate is 0"),
		("peers", "peer_replacement_frequency", json!(0), "peers.peer_replacement_frequency is 0"),
		("peers", "selection", json!({"share": {"reserve_peer_count": 257}}), "reserve_peer_count is 257"),
		(
			"training",
			"checkpoint_frequency",
			json!(51),
			"training.checkpoint_frequency is 51: must be at least 1 and at most 50",
		),
		("windows", "blocks_per_window", json!(0), "windows.blocks_per_window is 0"),
		("scoring", "windows_per_weights", json!(0), "windows_per_weights"),
	] {
		let error = changed(section, key, value).expect_err("out of range");
		assert!(crate::one_line(&error).contains(words), "{}", crate::one_line(&error));
	}
}
