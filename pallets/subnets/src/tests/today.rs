// SPDX-License-Identifier: Apache-2.0
//! Today's form of the epoch, by its switches: the decisions T1 to T15 of `yuma-consensus/DECISIONS.md` as a chain shows
//! them, and what each switch does.

use frame_support::assert_noop;
use Hyperparameter as P;

use super::{
	yuma::{emission, key, outcome, register, subnet, weigh, weigh_both},
	*,
};
use crate::{
	Bonds, CommitRevealWeightsEnabled, Dividends, Error, Incentive, NetworkMinLockCost, SubnetOwnerHotkey,
	ValidatorPermit,
};

/// Yuma 3 with liquid alpha, all the way from the slowest to the fastest.
fn use_liquid_alpha() {
	set(P::Yuma3On(true));
	set(P::LiquidAlphaOn(true));
	set(P::AlphaValues { low: 1_638, high: 58_982 });
}

/// Makes the hotkey of `uid` that of the subnet's owner, who has a permit from now on.
fn permit_owner(uid: u16) {
	assert_ok!(Subnets::set_subnet_owner(RuntimeOrigin::root(), 1, 1, key(uid)));
	set(P::OwnerPermitOn(true));
}

#[test]
fn t1_the_order_in_which_a_row_is_sent_pays_nobody() {
	execute(|| {
		subnet(&[400, 300, 300, 0, 0]);
		use_liquid_alpha();
		let row = [(3, 65_535), (4, 7_281)];
		let after = |first: &[(u16, u16)]| {
			tried(|| {
				weigh(0, first);
				weigh(1, &row);
				weigh(2, &row);
				(0..3).for_each(|uid| Bonds::<Test>::insert(1, uid, vec![(3, 29_491), (4, 3_276)]));
				(outcome(), Dividends::<Test>::get(1))
			})
		};
		assert_eq!(after(&row), after(&[row[1], row[0]]));
	});
}

#[test]
fn t2_a_missing_weight_is_a_zero_under_liquid_alpha_too() {
	execute(|| {
		subnet(&[1, 1, 0, 0]);
		use_liquid_alpha();
		let bond_on_3 = |row: &[(u16, u16)]| {
			tried(|| {
				weigh_both(row);
				Bonds::<Test>::insert(1, 0, vec![(3, 60_000)]);
				emission();
				Bonds::<Test>::get(1, 0).into_iter().find(|(uid, _)| *uid == 3)
			})
		};
		let decayed = bond_on_3(&[(2, 65_535), (3, 0)]);
		assert_eq!(bond_on_3(&[(2, 65_535)]), decayed);
		assert!(decayed.is_some_and(|(_, bond)| 0 < bond && bond < 60_000), "{decayed:?}");
	});
}

#[test]
fn t4_parameters_that_make_an_average_negative_are_refused() {
	execute(|| {
		let refused = [
			P::BondsMovingAverage(1_000_001),
			P::AlphaValues { low: 58_982, high: 45_875 },
			P::AlphaValues { low: 0, high: 45_875 },
		];
		for parameter in refused {
			let refusal = Error::<Test>::ParameterOutOfBounds;
			assert_noop!(Subnets::set_hyperparameter(RuntimeOrigin::root(), 1, parameter), refusal);
		}
	});
}

#[test]
fn t9_the_owner_has_a_permit_above_the_number_and_without_stake() {
	execute(|| {
		subnet(&[5, 5, 5, 0]);
		set(P::MaxAllowedValidators(2));
		permit_owner(3);
		emission();
		assert_eq!(ValidatorPermit::<Test>::get(1), [false, true, true, true]);
		set(P::OwnerPermitOn(false));
		emission();
		assert_eq!(ValidatorPermit::<Test>::get(1), [false, true, true, false]);
	});
}

#[test]
fn the_owners_weight_on_itself_counts_while_it_has_its_permit() {
	execute(|| {
		subnet(&[1, 1]);
		weigh(0, &[(0, 65_535)]);
		emission();
		assert_eq!(Incentive::<Test>::get(1), [0, 0]);
		permit_owner(0);
		emission();
		assert_eq!(Incentive::<Test>::get(1), [65_535, 0]);
	});
}

#[test]
fn the_owners_permit_is_that_of_its_hotkey_and_goes_where_it_goes() {
	execute(|| {
		subnet(&[5, 0, 0]);
		set(P::PermitsNeedStake(true));
		permit_owner(1);
		emission();
		assert_eq!(ValidatorPermit::<Test>::get(1), [true, true, false]);
		SubnetOwnerHotkey::<Test>::insert(1, key(2));
		emission();
		assert_eq!(ValidatorPermit::<Test>::get(1), [true, false, true]);
	});
}

#[test]
fn permits_without_stake_are_a_switch() {
	execute(|| {
		subnet(&[7, 0, 0]);
		assert_eq!(ValidatorPermit::<Test>::get(1), [true, true, true]);
		set(P::PermitsNeedStake(true));
		emission();
		assert_eq!(ValidatorPermit::<Test>::get(1), [true, false, false]);
	});
}

#[test]
fn stake_below_the_threshold_is_none_unless_it_is_the_owners() {
	execute(|| {
		subnet(&[99, 100, 50, 0]);
		set(P::MinValidatorStake(100));
		set(P::PermitsNeedStake(true));
		let earned = emission();
		assert_eq!((earned[0], earned[1] > 0, earned[2]), (0, true, 0));
		assert_eq!(ValidatorPermit::<Test>::get(1), [false, true, false, false]);
		permit_owner(2);
		assert!(emission()[2] > 0);
	});
}

#[test]
fn t11_incentive_without_dividends_is_all_paid_to_servers() {
	execute(|| {
		subnet(&[1, 1, 0]);
		set(P::BondsMovingAverage(1_000_000));
		weigh_both(&[(2, 65_535)]);
		assert_eq!(emission(), [0, 0, TAO]);
		assert_eq!(PendingEmission::<Test>::get(1), 0);
	});
}

#[test]
fn t13_what_rounding_leaves_stays_pending_under_liquid_alpha_too() {
	execute(|| {
		subnet(&[1, 1, 1, 0]);
		use_liquid_alpha();
		(0..3).for_each(|uid| weigh(uid, &[(3, 65_535)]));
		let (amount, before) = (1_000_000_000_000_000, crate::TotalStake::<Test>::get());
		run_epoch(1, amount);
		let left = PendingEmission::<Test>::get(1);
		assert!(left > 0 && left < 8 * (amount >> 32), "{left} rao");
		assert_eq!(crate::TotalStake::<Test>::get() - before + left, amount);
	});
}

#[test]
fn t15_without_any_stake_that_counts_all_stays_pending() {
	execute(|| {
		subnet(&[9, 9]);
		set(P::MinValidatorStake(10));
		assert_eq!((emission(), PendingEmission::<Test>::get(1)), (vec![0; 2], TAO));
	});
}

#[test]
fn a_penalty_below_one_lets_weights_above_consensus_buy_bonds() {
	execute(|| {
		subnet(&[1, 1, 1, 0, 0]);
		// Above the consensus on 3, which is half of a row: what uids 1 and 2 give.
		weigh(0, &[(3, 65_535)]);
		weigh(1, &[(3, 65_535), (4, 65_535)]);
		weigh(2, &[(3, 65_535), (4, 65_535)]);
		let dividend = |penalty: u16| {
			tried(|| {
				set(P::BondsPenalty(penalty));
				emission();
				Dividends::<Test>::get(1)[0]
			})
		};
		// Of uid 3's bonds, whose incentive is 3 / 5, a third; three sevenths; half.
		for (penalty, share) in [(u16::MAX, 3.0 / 15.0), (32_768, 9.0 / 35.0), (0, 3.0 / 10.0)] {
			let earned = f64::from(dividend(penalty)) / 65_535.0;
			assert!((earned - share).abs() < 1e-4, "{penalty}: {earned} is not {share}");
		}
	});
}

#[test]
fn a_new_subnet_has_every_switch_of_the_epoch_off() {
	execute(|| {
		assert_ok!(Subnets::create_network(RuntimeOrigin::root(), 3, TEMPO));
		NetworkMinLockCost::<Test>::put(TAO);
		assert_ok!(Subnets::register_network(signed(1), hotkey(1, 1)));
		for netuid in 1..=4 {
			assert_eq!(Subnets::rules(netuid), yuma_consensus::Rules::default(), "subnet {netuid}");
			assert!(!CommitRevealWeightsEnabled::<Test>::get(netuid));
		}
	});
}

#[test]
fn a_promise_from_before_a_registration_keeps_older_weights_off_the_newcomer() {
	execute(|| {
		subnet(&[1, 1, 0]);
		weigh_both(&[(2, 65_535)]);
		System::set_block_number(4);
		set(P::CommitRevealWeightsEnabled(true));
		for uid in 0..2 {
			assert_ok!(Subnets::commit_weights(signed(key(uid)), 1, Default::default()));
		}
		// As a state that no call leaves behind: replacing uid 2 would have removed the entries on it.
		crate::BlockAtRegistration::<Test>::insert(1, 2, 5);
		crate::LastUpdate::<Test>::insert(1, vec![6, 6, 6]);
		let incentive = || {
			tried(|| {
				emission();
				Incentive::<Test>::get(1)
			})
		};
		assert_eq!(incentive(), [0, 0, 0]);
		crate::BlockAtRegistration::<Test>::insert(1, 2, 4); // In the block of the promise, today's R7.
		assert_eq!(incentive(), [0, 0, 65_535]);
		crate::BlockAtRegistration::<Test>::insert(1, 2, 5);
		set(P::CommitRevealWeightsEnabled(false));
		assert_eq!(incentive(), [0, 0, 65_535]);
	});
}

#[test]
fn a_promise_that_has_expired_masks_nothing() {
	execute(|| {
		subnet(&[1, 1, 0]);
		weigh_both(&[(2, 65_535)]);
		set(P::CommitRevealWeightsEnabled(true));
		System::set_block_number(4);
		assert_ok!(Subnets::commit_weights(signed(key(0)), 1, Default::default()));
		assert_eq!(Subnets::promised_at(1, &key(0)), Some(4));
		emission(); // The one after which it may be revealed.
		assert_eq!(Subnets::promised_at(1, &key(0)), None);
	});
}

#[test]
fn who_votes_early_and_right_earns_more_than_who_copies_it() {
	// The majority finds the better miner an epoch after uid 0; uid 1, of the same stake, copies its last row.
	for penalty in [0, 32_768] {
		execute(|| {
			subnet(&[100, 100, 400, 400, 0, 0]);
			use_liquid_alpha();
			set(P::BondsPenalty(penalty));
			(0..4).for_each(|uid| weigh(uid, &[(4, 65_535)]));
			(0..20).for_each(|_| {
				emission();
			});
			let before = crate::TotalHotkeyStake::<Test>::get;
			let (early, copier) = (before(key(0)), before(key(1)));
			weigh(0, &[(5, 65_535)]);
			emission();
			(1..4).for_each(|uid| weigh(uid, &[(5, 65_535)]));
			(0..10).for_each(|_| {
				emission();
			});
			let earned = |uid, start| crate::TotalHotkeyStake::<Test>::get(key(uid)) - start;
			assert!(earned(0, early) > earned(1, copier), "{penalty}: {} {}", earned(0, early), earned(1, copier));
		});
	}
}

/// A neuron in the place of another starts without a bond, in either form, so no mask by the last epoch is needed.
#[test]
fn y10_replacement_clears_the_bonds_of_either_form() {
	for yuma3 in [false, true] {
		execute(|| {
			subnet(&[1, 1, 0, 0]);
			set(P::Yuma3On(yuma3));
			weigh_both(&[(2, 6_553), (3, 65_535)]);
			emission();
			assert!((0..2).all(|uid| Bonds::<Test>::get(1, uid).iter().any(|(on, _)| *on == 2)));
			set(P::MaxAllowedUids(4));
			set(P::ImmunityPeriod(0));
			register(4);
			assert_eq!(crate::Keys::<Test>::get(1, 2), Some(key(4)), "uid 2 earned least");
			assert!((0..2).all(|uid| Bonds::<Test>::get(1, uid).iter().all(|(on, _)| *on != 2)));
		});
	}
}
