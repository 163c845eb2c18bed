// SPDX-License-Identifier: Apache-2.0

//! The files of this project hold, and have the values that were published.

use serde_json::{json, Value};

use super::*;
use crate::{boltzmann, templar};

/// The files at the root of the checkout.
pub(crate) fn file(name: &str) -> PathBuf {
	let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("tests are run by cargo");
	Path::new(&package).join("..").join(name)
}

fn check_files<H: Hparams>(names: &[&str]) {
	for name in names {
		if let Err(error) = H::read(&file(name)) {
			panic!("{name}: {}", crate::one_line(&error));
		}
	}
}

#[test]
fn the_files_of_this_project_hold() {
	check_files::<templar::Hparams>(&[
		"hparams.json",
		"hparams/localnet.json",
		"hparams/short.json",
		"hparams/short-head.json",
		"hparams/templar-head.json",
	]);
	check_files::<boltzmann::Hparams>(&[
		"hparams/boltzmann.json",
		"hparams/localnet-boltzmann.json",
		"hparams/short-boltzmann.json",
	]);
}

/// What the file has at each place, a path with slashes, is what it should be.
#[track_caller]
fn check_values(name: &str, expected: &[(&str, Value)]) {
	let text = fs::read_to_string(file(name)).expect("a file of this project");
	let values: Value = serde_json::from_str(&text).expect("it is JSON");
	for (place, expected) in expected {
		let actual = values.pointer(&format!("/{place}")).unwrap_or_else(|| panic!("{name} lacks {place}"));
		// Numbers by their value: 3 is 3.0.
		let is_equal = match (actual.as_f64(), expected.as_f64()) {
			(Some(actual), Some(expected)) => actual == expected,
			_ => actual == expected,
		};
		assert!(is_equal, "{name}: {place} is {actual}, published is {expected}");
	}
}

/// Checkpoints alone come twice as often: what a node missed since the last one must still be there.
#[test]
fn the_first_version_of_templar_has_its_published_values() {
	check_values(
		"hparams.json",
		&[
			("data/sequence_length", json!(2048)),
			("data/pages_per_window", json!(6)),
			("data/batch_size", json!(6)),
			("training/learning_rate", json!(4e-4)),
			("training/momentum_decay", json!(0.999)),
			("training/topk_compression", json!(32)),
			("training/target_chunk", json!(64)),
			("training/weight_decay", json!(0)),
			("training/t_max", json!(20_000)),
			("training/codec", json!("dct")),
			("training/checkpoint_frequency", json!(100 / 2)),
			("windows/blocks_per_window", json!(7)),
			("windows/time_window_delta_seconds", json!(10)),
			("windows/validator_offset", json!(2)),
			("windows/retention_windows", json!(100)),
			("peers/max_topk_peers", json!(15)),
			("peers/minimum_peers", json!(5)),
			("peers/selection/rotation/peers_to_replace", json!(1)),
			("peers/peer_replacement_frequency", json!(5)),
			("peers/peer_list_window_margin", json!(2)),
			("peers/recent_windows", json!(5)),
			("peers/eval_stake_limit_tao", json!(20_000)),
			("evaluation/sampling", json!("reference")),
			("evaluation/validator_sample_rate", json!(0.1)),
			("evaluation/eval_lr_factor", json!(0.2)),
			("scoring/weight_curve/min_power/power_normalisation", json!(2)),
			("scoring/sync_form", json!("mean")),
			("scoring/copies", json!("zero")),
			("scoring/binary_score_ma_alpha", json!(0.05)),
			("scoring/openskill_beta", json!(20)),
			("scoring/openskill_tau", json!(0.1)),
			("scoring/reset_inactivity_windows", json!(25)),
			("scoring/sync_max_steps_behind", json!(3)),
			("scoring/windows_per_weights", json!(50)),
			("scoring/uids_per_window", json!(4)),
			("scoring/num_evaluation_bins", json!(1)),
			("scoring/missing_gradient_slash_rate", json!(0.75)),
			("scoring/gather_peers_slash_threshold", json!(0)),
			("scoring/score_zero_threshold", json!(0)),
			("scoring/sync_score_slash_rate", json!(0.75)),
			("scoring/inactivity_slash_rate", json!(0.25)),
		],
	);
}

#[test]
fn the_later_version_of_templar_has_its_published_values() {
	check_values(
		"hparams/templar-head.json",
		&[
			("data/sequence_length", json!(2048)),
			("data/batch_size", json!(1024)),
			("data/assignment/pool/measured", json!(8)),
			("training/momentum_decay", json!(0.95)),
			("training/topk_compression", json!(64)),
			("training/target_chunk", json!(64)),
			("training/codec/quantised/bins", json!(4)),
			("training/codec/quantised/range", json!(6)),
			("training/codec/quantised/outer_learning_rate", json!(1)),
			("training/checkpoint_frequency", json!(10)),
			("training/inner_optimization/inner_steps", json!(30)),
			("training/inner_optimization/micro_batch_size", json!(1)),
			("windows/blocks_per_window", json!(125)),
			("windows/time_window_delta_seconds", json!(70)),
			("windows/validator_offset", json!(1)),
			("windows/retention_windows", json!(100)),
			("peers/max_topk_peers", json!(20)),
			("peers/minimum_peers", json!(1)),
			("peers/selection/share/reserve_peer_count", json!(10)),
			("peers/peer_list_window_margin", json!(1)),
			("peers/recent_windows", json!(2)),
			("evaluation/sampling", json!("shared")),
			("scoring/weight_curve/piecewise/burn_rate", json!(0.5)),
			("scoring/weight_curve/piecewise/burn_uid", json!(1)),
			("scoring/weight_curve/piecewise/gather_share", json!(0.75)),
			("scoring/weight_curve/piecewise/gather_peer_count", json!(20)),
			("scoring/weight_curve/piecewise/gather_top_ratio", json!(2)),
			("scoring/weight_curve/piecewise/reserve_peer_count", json!(10)),
			("scoring/weight_curve/piecewise/reserve_decay_ratio", json!(0.5)),
			("scoring/sync_form", json!("median")),
			("scoring/copies/levels/first_step", json!(20)),
			("scoring/copies/levels/naughty_peer_timeout", json!(200)),
			("scoring/openskill_beta", json!(7)),
			("scoring/openskill_tau", json!(0.1)),
			("scoring/reset_inactivity_windows", json!(3)),
			("scoring/windows_per_weights", json!(2)),
			("scoring/uids_per_window", json!(15)),
			("scoring/num_evaluation_bins", json!(5)),
			("scoring/idx_overlap_threshold", json!(0.4)),
			("scoring/missing_gradient_slash_rate", json!(0.75)),
			("scoring/gather_peers_slash_threshold", json!(0.4)),
			("scoring/score_zero_threshold", json!(1e-4)),
			("scoring/sync_score_slash_rate", json!(0.75)),
			("scoring/inactivity_slash_rate", json!(0.25)),
		],
	);
}

#[test]
fn boltzmann_has_its_published_values() {
	check_values(
		"hparams/boltzmann.json",
		&[
			("data/pages_per_window", json!(3)),
			("training/learning_rate", json!(7.5e-5)),
			("training/grad_clip", json!(1)),
			("windows/blocks_per_window", json!(2)),
			("windows/validator_offset", json!(2)),
			("windows/retention_windows", json!(10)),
			("scoring/compression", json!(100)),
			("scoring/validator_moving_alpha", json!(0.999)),
		],
	);
}

#[test]
fn finetuning_has_its_published_values() {
	check_values(
		"hparams/finetuning.json",
		&[
			("evaluation/samples_per_step", json!(400)),
			("evaluation/max_tokens", json!(2048)),
			("evaluation/grace_seconds", json!(120 * 60)),
			("scoring/form", json!("coded")),
			("scoring/alpha", json!(0.9)),
			("scoring/temperature", json!(0.08)),
			("scoring/timestamp_epsilon", json!(0.01)),
			("scoring/sample_min", json!(5)),
			("scoring/blocks_per_epoch", json!(100)),
			("scoring/max_hugging_face_bytes", json!(15_u64 << 30)),
			("scoring/norm_eps_soft", json!(200)),
			("scoring/norm_eps_soft_percent_threshold", json!(0.15)),
			("scoring/norm_eps_hard", json!(1_000)),
			("scoring/competitions/0/competition_id", json!("l3")),
			("scoring/competitions/0/reward_percentage", json!(0.6)),
			("scoring/competitions/0/max_model_parameter_size", json!(8_u64 << 30)),
			("scoring/competitions/1/competition_id", json!("s1")),
			("scoring/competitions/1/reward_percentage", json!(0.4)),
			("scoring/competitions/1/max_model_parameter_size", json!(2_u64 << 30)),
		],
	);
}

#[test]
fn our_rules_hold_in_every_file() {
	let variants = fs::read_dir(file("hparams")).expect("a folder");
	let variants = variants.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
	for name in variants.map(|name| format!("hparams/{name}")).chain(["hparams.json".into()]) {
		check_values(&name, &[("scoring/policy", json!("corrected"))]);
	}
}
