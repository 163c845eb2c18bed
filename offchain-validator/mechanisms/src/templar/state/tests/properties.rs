// SPDX-License-Identifier: Apache-2.0
//! What holds whatever a validator observes.

use proptest::prelude::*;

use super::*;
use crate::{templar::params::Copies, Policy};

fn any_verdict() -> impl Strategy<Value = Verdict> {
	let scored = (0.1..10.0, -1.0..20.0, 0.1..10.0, -1.0..20.0).prop_map(
		|(own_before, own_after, random_before, random_after)| {
			Losses { own_before, own_after, random_before, random_after }.judge().into()
		},
	);
	prop_oneof![
		4 => scored,
		1 => Just(Verdict::Missing),
		1 => Just(Verdict::Invalid),
		1 => Just(Verdict::Unjudged),
	]
}

fn any_observations() -> impl Strategy<Value = Observations> {
	let uids = || prop::collection::btree_set(0u16..8, 0..8);
	let sync = prop::collection::btree_map(0u16..8, (0.0..8.0f32).prop_map(steps_behind), 0..8);
	let verdicts = prop::collection::btree_map(0u16..8, any_verdict(), 0..5);
	let copied = prop::collection::btree_map(0u16..8, prop_oneof![0.0..1.2, Just(f64::NAN)], 0..3);
	let gather = (uids(), uids(), uids());
	let gather = prop::option::of(gather.prop_map(|(peers, skipped, stand_ins)| Gather { peers, skipped, stand_ins }));
	let refreshed = prop::collection::vec(uids(), 0..2);
	(0u32..3, 15u64..25, uids(), refreshed, uids(), gather, copied, sync, verdicts).prop_map(
		|(current_window, global_step, active, refreshed, excused, gather, copied, sync, verdicts)| Observations {
			window: 0,
			current_window,
			global_step,
			active,
			refreshed,
			excused,
			gather,
			copied,
			sync,
			verdicts,
		},
	)
}

fn any_params() -> impl Strategy<Value = Params> {
	prop_oneof![Just(seed_params()), Just(head_params())].prop_flat_map(|params| {
		let published = as_published(params.clone());
		prop_oneof![Just(params), Just(published)]
	})
}

proptest! {
	#[test]
	fn whatever_is_seen_the_state_stays_sound(
		params in any_params(),
		windows in prop::collection::vec(any_observations(), 1..40),
	) {
		let (mut state, params) = (State::default(), Params { reset_inactivity_windows: 5, ..params });
		let is_zeroed = params.copies == Copies::Zero && params.policy == Policy::Corrected;
		for (window, seen) in (1..).zip(windows) {
			let seen = Observations { window, current_window: window + seen.current_window, ..seen };
			let outcome = state.window(&params, &seen).unwrap();
			for (uid, peer) in state.peers() {
				prop_assert!(peer.final_score.is_finite() && peer.gradient_score.is_finite());
				prop_assert!((-1.0..=1.0).contains(&peer.binary_average) && (0.0..=1.0).contains(&peer.sync_score));
				prop_assert!(peer.waiting.is_none() || peer.inactive_since.is_none());
				let is_copy = is_zeroed && seen.copied.contains_key(&uid);
				prop_assert!(!is_copy || peer.final_score <= 0.0 && peer.share == 0.0 && !outcome.rated.contains(&uid));
			}
			let sum: f64 = state.shares().iter().map(|(_, share)| f64::from(*share)).sum();
			// As published, what is reset takes its share along until shares are made anew.
			let is_whole = (sum - 1.0).abs() < 1e-6 || state.shares().is_empty();
			prop_assert!(is_whole || params.policy == Policy::AsPublished && sum < 1.0, "{}", sum);
			prop_assert!(outcome.slashes.iter().all(|slash| slash.before > 0.0 && slash.after <= slash.before));
			let saved = serde_json::to_string(&state).unwrap();
			prop_assert_eq!(&serde_json::from_str::<State>(&saved).unwrap(), &state);
		}
	}
}
