// SPDX-License-Identifier: Apache-2.0
//! The two settings of the mechanism, and what no setting may hold.

use super::*;

/// The values of the mechanism's seed version.
pub(crate) fn seed_params() -> Params {
	Params {
		policy: Policy::Corrected,
		weight_curve: WeightCurve::MinPower { power_normalisation: 2.0 },
		sync_form: SyncForm::Mean,
		copies: Copies::Zero,
		binary_score_ma_alpha: 0.05,
		openskill_beta: 20.0,
		openskill_tau: 0.1,
		reset_inactivity_windows: 25,
		sync_max_steps_behind: 3.0,
		windows_per_weights: 50,
		uids_per_window: 4,
		num_evaluation_bins: 1,
		idx_overlap_threshold: 0.4,
		missing_gradient_slash_rate: 0.75,
		gather_peers_slash_threshold: 0.0,
		score_zero_threshold: 0.0,
		sync_score_slash_rate: 0.75,
		inactivity_slash_rate: 0.25,
	}
}

/// The values of its later version.
pub(crate) fn head_params() -> Params {
	Params {
		weight_curve: WeightCurve::Piecewise(Piecewise {
			burn_rate: 0.5,
			burn_uid: 1,
			gather_share: 0.75,
			gather_peer_count: 20,
			gather_top_ratio: 2.0,
			reserve_peer_count: 10,
			reserve_decay_ratio: 0.5,
		}),
		sync_form: SyncForm::Median,
		copies: Copies::Levels { first_step: 20, naughty_peer_timeout: 200 },
		openskill_beta: 7.0,
		reset_inactivity_windows: 3,
		windows_per_weights: 2,
		uids_per_window: 15,
		num_evaluation_bins: 5,
		gather_peers_slash_threshold: 0.4,
		score_zero_threshold: 1e-4,
		..seed_params()
	}
}

/// The same parameters under the reference's rules.
pub(crate) fn as_published(params: Params) -> Params {
	Params { policy: Policy::AsPublished, ..params }
}

#[track_caller]
fn check_refused(change: impl FnOnce(&mut Params), message: &str) {
	let mut params = seed_params();
	change(&mut params);
	assert_eq!(params.check().unwrap_err().to_string(), message);
}

#[test]
fn the_values_of_both_versions_are_allowed() {
	assert_eq!(seed_params().check(), Ok(()));
	assert_eq!(head_params().check(), Ok(()));
}

#[test]
fn a_refusal_names_the_key_and_its_range() {
	check_refused(|params| params.openskill_beta = 0.0, "openskill_beta is 0: it must be in (0, 1000]");
	check_refused(|params| params.openskill_tau = f64::NAN, "openskill_tau is NaN: it must be in [0, 1000]");
	check_refused(|params| params.uids_per_window = 0, "uids_per_window is 0: it must be in [1, 65535]");
	check_refused(|params| params.sync_score_slash_rate = 75.0, "sync_score_slash_rate is 75: it must be in [0, 1]");
	check_refused(
		|params| params.copies = Copies::Levels { first_step: 0, naughty_peer_timeout: 0 },
		"naughty_peer_timeout is 0: it must be in [1, 4294967295]",
	);
	check_refused(
		|params| params.weight_curve = WeightCurve::MinPower { power_normalisation: 0.0 },
		"power_normalisation is 0: it must be in (0, 16]",
	);
}

#[test]
fn unknown_and_missing_keys_are_refused() {
	for params in [seed_params(), head_params()] {
		let mut json = serde_json::to_value(&params).unwrap();
		assert_eq!(serde_json::from_value::<Params>(json.clone()).unwrap(), params);
		json["opnskill_beta"] = 20.into();
		assert!(serde_json::from_value::<Params>(json.clone()).is_err());
		let keys = json.as_object_mut().unwrap();
		keys.remove("opnskill_beta");
		keys.remove("openskill_beta");
		assert!(serde_json::from_value::<Params>(json).is_err());
	}
}

/// Trap 1.
#[test]
fn a_slash_rate_is_what_is_lost_and_was_published_as_what_is_kept() {
	assert_eq!(Params { sync_score_slash_rate: 0.9, ..seed_params() }.kept(0.9), 1.0 - 0.9);
	assert_eq!(as_published(seed_params()).kept(0.9), 0.9);
}
