// SPDX-License-Identifier: Apache-2.0
//! What holds whatever a validator observes.

use proptest::prelude::*;

use super::*;

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
		1 => Just(Verdict::Copied),
		1 => Just(Verdict::Unjudged),
	]
}

fn any_observations() -> impl Strategy<Value = Observations> {
	let uids = || prop::collection::btree_set(0u16..8, 0..8);
	let sync = prop::collection::btree_map(0u16..8, (0.0..8.0f32).prop_map(steps_behind), 0..8);
	let verdicts = prop::collection::btree_map(0u16..8, any_verdict(), 0..5);
	let gather = prop::option::of((uids(), uids()).prop_map(|(peers, skipped)| Gather { peers, skipped }));
	(uids(), uids(), gather, sync, verdicts).prop_map(|(active, excused, gather, sync, verdicts)| Observations {
		window: 0,
		active,
		excused,
		gather,
		sync,
		verdicts,
	})
}

proptest! {
	#[test]
	fn whatever_is_seen_the_state_stays_sound(windows in prop::collection::vec(any_observations(), 1..40)) {
		let (mut state, params) = (State::default(), Params { reset_inactivity_windows: 5, ..seed_params() });
		for (window, seen) in (1..).zip(windows) {
			let seen = Observations { window, ..seen };
			let outcome = state.window(&params, &seen).unwrap();
			for (uid, peer) in state.peers() {
				prop_assert!(peer.final_score.is_finite() && peer.gradient_score.is_finite());
				prop_assert!((-1.0..=1.0).contains(&peer.binary_average) && (0.0..=1.0).contains(&peer.sync_score));
				prop_assert!(peer.waiting.is_none() || peer.inactive_since.is_none());
				let is_copy = seen.verdicts.get(&uid) == Some(&Verdict::Copied);
				prop_assert!(!is_copy || peer.final_score <= 0.0 && peer.share == 0.0 && !outcome.rated.contains(&uid));
			}
			let sum: f64 = state.shares().iter().map(|(_, share)| f64::from(*share)).sum();
			prop_assert!(sum <= 1.0 + 1e-5);
			prop_assert!(outcome.slashes.iter().all(|slash| slash.before > 0.0 && slash.after <= slash.before));
			let saved = serde_json::to_string(&state).unwrap();
			prop_assert_eq!(&serde_json::from_str::<State>(&saved).unwrap(), &state);
		}
	}
}
