// SPDX-License-Identifier: Apache-2.0

//! What a run must show to count as a success.

use std::collections::BTreeMap;

use super::{Miner, Trained, Validator};

/// Least share of each validator's row for every honest miner.
const LEAST_SHARE: f64 = 0.05;

/// Why a run is none.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Failure {
	#[error("held-out loss is {last:.3} nats after the last window, not below the {entropy:.3} of a model that knows byte frequencies alone: train for more windows")]
	LearntTooLittle { last: f64, entropy: f64 },
	#[error("the loss is {last:.3} nats after the last window, not below the {first:.3} that it is compared with")]
	LearntNothing { first: f64, last: f64 },
	#[error("validator {uid} has set no weights")]
	NoRow { uid: u16 },
	#[error("the chain's row of validator {uid} is {row:?}, it meant {meant:?}")]
	OtherRow { uid: u16, row: BTreeMap<u16, u16>, meant: Vec<BTreeMap<u16, u16>> },
	#[error("validator {validator} pays the {role} (uid {miner}) {:.1} % of its row", 100.0 * .share)]
	PaidForNothing { validator: u16, miner: u16, role: &'static str, share: f64 },
	#[error("validator {validator} pays the honest miner {miner} {:.1} % of its row: too little", 100.0 * .share)]
	PaidTooLittle { validator: u16, miner: u16, share: f64 },
	#[error("the copies of the model differ after window {window}: {copies:?}")]
	CopiesDiffer { window: u32, copies: Vec<Vec<String>> },
}

/// How much is asked of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
	/// It has learnt more than how frequent each byte is, and pays every honest miner its least share.
	Full,
	/// It has learnt anything at all, and pays every honest miner: a run too short for more.
	Short,
}

/// The first thing that is not as it should be.
pub fn check(trained: &Trained, demand: Demand) -> Result<(), Failure> {
	check_rows(trained, demand)?;
	check_copies(trained)?;
	let super::Loss { first, last, unigram_entropy: entropy } = trained.loss;
	// A loss that is no number is below nothing.
	let is_below = |bound: f64| last < bound;
	match demand {
		Demand::Full if trained.mechanism.learns_words() && !is_below(entropy) => {
			Err(Failure::LearntTooLittle { last, entropy })
		},
		_ if !is_below(first) => Err(Failure::LearntNothing { first, last }),
		_ => Ok(()),
	}
}

fn check_rows(trained: &Trained, demand: Demand) -> Result<(), Failure> {
	for validator in &trained.validators {
		let Validator { uid, row, meant, .. } = validator;
		if row.values().all(|weight| *weight == 0) {
			return Err(Failure::NoRow { uid: *uid });
		}
		if !meant.contains(row) {
			return Err(Failure::OtherRow { uid: *uid, row: row.clone(), meant: meant.clone() });
		}
		for miner in &trained.miners {
			check_share(validator, miner, demand)?;
		}
	}
	Ok(())
}

fn check_share(validator: &Validator, miner: &Miner, demand: Demand) -> Result<(), Failure> {
	let sum: f64 = validator.row.values().copied().map(f64::from).sum();
	let share = f64::from(validator.row.get(&miner.uid).copied().unwrap_or(0)) / sum;
	let (validator, uid, role) = (validator.uid, miner.uid, miner.role);
	let least = if demand == Demand::Full { LEAST_SHARE } else { f64::MIN_POSITIVE };
	match role {
		"honest" if share < least => Err(Failure::PaidTooLittle { validator, miner: uid, share }),
		"honest" => Ok(()),
		_ if share > 0.0 => Err(Failure::PaidForNothing { validator, miner: uid, role, share }),
		_ => Ok(()),
	}
}

fn check_copies(trained: &Trained) -> Result<(), Failure> {
	match &trained.model {
		Some(model) if model.copies.len() > 1 => {
			Err(Failure::CopiesDiffer { window: model.window, copies: model.copies.values().cloned().collect() })
		},
		_ => Ok(()),
	}
}

#[cfg(test)]
mod tests {
	use super::super::copies::Model;
	use super::super::{Loss, Mechanism, MechanismName};
	use super::*;

	fn trained(row: &[(u16, u16)]) -> Trained {
		let row: BTreeMap<u16, u16> = row.iter().copied().collect();
		let miner = |(uid, role)| Miner {
			uid,
			role,
			hotkey: String::new(),
			score: 0.0,
			weights_u16: BTreeMap::new(),
			incentive_u16: 0,
			emission_rao: 0,
		};
		let validator = Validator {
			uid: 0,
			hotkey: String::new(),
			weights_set: 1,
			vtrust_u16: 0,
			windows_scored: 9,
			emission_rao: 0,
			meant: vec![row.clone()],
			row,
		};
		Trained {
			mechanism: Mechanism::read(MechanismName::Templar, None).expect("the file holds"),
			windows: 9,
			loss: Loss { first: 5.0, last: 3.0, unigram_entropy: 3.3 },
			miners: [(2, "honest"), (3, "honest"), (4, "copier")].map(miner).into(),
			validators: vec![validator],
			model: Some(Model { window: 9, copies: [("a".into(), vec!["miner-1".into()])].into() }),
			seen: Vec::new(),
		}
	}

	fn check_all(trained: &Trained) -> Result<(), Failure> {
		check(trained, Demand::Full)
	}

	#[test]
	fn a_run_in_which_work_alone_is_paid_is_a_success() {
		assert_eq!(check_all(&trained(&[(2, 65_535), (3, 30_000)])), Ok(()));
	}

	#[test]
	fn pay_without_work_and_work_without_pay_are_failures() {
		let paid = check_all(&trained(&[(2, 65_535), (3, 65_535), (4, 1)]));
		assert!(matches!(paid, Err(Failure::PaidForNothing { miner: 4, .. })));
		let unpaid = check_all(&trained(&[(2, 65_535), (3, 3_000)]));
		assert!(matches!(unpaid, Err(Failure::PaidTooLittle { miner: 3, .. })));
		assert_eq!(check(&trained(&[(2, 65_535), (3, 3_000)]), Demand::Short), Ok(()));
		let unpaid = check(&trained(&[(2, 65_535)]), Demand::Short);
		assert!(matches!(unpaid, Err(Failure::PaidTooLittle { miner: 3, .. })));
		assert_eq!(check_all(&trained(&[])), Err(Failure::NoRow { uid: 0 }));
	}

	#[test]
	fn a_row_that_nobody_meant_is_a_failure() {
		let mut run = trained(&[(2, 65_535), (3, 30_000)]);
		run.validators[0].meant = vec![[(2, 65_535)].into()];
		assert!(matches!(check_all(&run), Err(Failure::OtherRow { .. })));
	}

	#[test]
	fn learning_nothing_is_a_failure() {
		let mut run = trained(&[(2, 65_535), (3, 30_000)]);
		run.loss.last = 3.31;
		assert!(matches!(check_all(&run), Err(Failure::LearntTooLittle { .. })));
		assert_eq!(check(&run, Demand::Short), Ok(()));
		run.loss.last = f64::NAN;
		assert!(matches!(check(&run, Demand::Short), Err(Failure::LearntNothing { .. })));
	}

	#[test]
	fn copies_that_differ_are_a_failure() {
		let mut run = trained(&[(2, 65_535), (3, 30_000)]);
		run.model.as_mut().expect("it has a model").copies.insert("b".into(), vec!["miner-2".into()]);
		assert!(matches!(check_all(&run), Err(Failure::CopiesDiffer { window: 9, .. })));
	}
}
