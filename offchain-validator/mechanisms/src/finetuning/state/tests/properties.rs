// SPDX-License-Identifier: Apache-2.0
//! What holds whatever a validator observes.

use proptest::prelude::*;

use super::*;

fn any_loss() -> impl Strategy<Value = f64> {
	prop_oneof![8 => 0.5..3.0f64, 1 => any::<f64>(), 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)]
}

fn any_verdict() -> impl Strategy<Value = Verdict> {
	let hash = || (0u8..12).prop_map(|byte| Digest::of([byte]));
	let model = (0u32..9, hash(), hash()).prop_map(|(block, committed, content)| Model { block, committed, content });
	prop_oneof![
		6 => (model, prop::collection::vec(any_loss(), 0..5)).prop_map(|(model, losses)| Verdict::Evaluated(model, losses)),
		1 => Just(Verdict::Missing),
		1 => Just(Verdict::Invalid),
		1 => Just(Verdict::Unjudged),
	]
}

fn any_observations() -> impl Strategy<Value = Observations> {
	let verdicts = prop::collection::btree_map(0..8u16, any_verdict(), 0..8);
	(8..12u32, prop::collection::vec(any_loss(), 0..5), verdicts).prop_map(|(neurons, baseline, verdicts)| {
		Observations { step: 0, neurons, baseline, verdicts: verdicts.into_iter().collect() }
	})
}

fn any_params() -> impl Strategy<Value = Params> {
	let form = prop::sample::select(vec![Form::Coded, Form::Documented]);
	let policy = prop::sample::select(vec![Policy::Corrected, Policy::AsPublished]);
	(form, policy, 1e-3..10.0, 0.0..0.99).prop_map(|(form, policy, temperature, alpha)| Params {
		form,
		policy,
		temperature,
		alpha,
		sample_min: 3,
		..published_params()
	})
}

proptest! {
	#[test]
	fn whatever_is_seen_the_state_stays_sound(
		params in any_params(),
		steps in prop::collection::vec(any_observations(), 1..20),
	) {
		let mut state = State::default();
		for (step, seen) in (0..).zip(steps) {
			let outcome = state.step(&params, &Observations { step, ..seen.clone() }).unwrap();
			let sum: f64 = outcome.shares.values().sum();
			prop_assert!(outcome.shares.is_empty() || (sum - 1.0).abs() < 1e-9);
			prop_assert!(state.miners().all(|(_, miner)| miner.weight.is_finite() && miner.weight >= 0.0));
			let sum: f64 = state.shares(&params).iter().map(|(_, share)| f64::from(*share)).sum();
			prop_assert!(state.shares(&params).is_empty() || (sum - 1.0).abs() < 1e-6, "{}", sum);
			prop_assert!(outcome.kept.len() <= 3);
			prop_assert!(outcome.standings.keys().copied().eq(seen.verdicts.iter().map(|(uid, _)| *uid)));
			for (uid, standing) in &outcome.standings {
				let is_cheat = matches!(standing, Standing::CopyOf(_) | Standing::CopyOfBaseline | Standing::Invalid);
				prop_assert!(!is_cheat || state.miner(*uid).unwrap().weight == 0.0);
			}
			let saved = serde_json::to_string(&(&state, &outcome)).unwrap();
			prop_assert_eq!(serde_json::from_str::<(State, Outcome)>(&saved).unwrap(), (state.clone(), outcome));
		}
	}

	#[test]
	fn the_order_of_verdicts_does_not_matter(params in any_params(), seen in any_observations()) {
		let params = Params { policy: Policy::Corrected, ..params };
		let (mut state, mut other) = (State::default(), State::default());
		let reversed = Observations { verdicts: seen.verdicts.iter().cloned().rev().collect(), ..seen.clone() };
		prop_assert_eq!(state.step(&params, &seen).unwrap(), other.step(&params, &reversed).unwrap());
		prop_assert_eq!(state, other);
	}
}
