// SPDX-License-Identifier: Apache-2.0
//! More epochs due than a block has room for.
//!
//! R3 to R6 are what upstream's deferral gets wrong: an inconsistent subnet takes a place in every block, whose place is next
//! depends on how storage is ordered, and who sets the tempo can put an epoch off, or ask for more of them.

use std::collections::BTreeMap;

use frame_support::{assert_noop, assert_ok, weights::Weight};

use super::*;
use crate::{
	epoch::EpochLimits, BlocksSinceLastStep, Bonds, DueEpochs, Error, Event, LastEpochBlock, LastUpdate,
	PendingEpochAt, SubnetEpochIndex, Tempo, ValidatorPermit, Weights,
};

/// Room in a block for the bounds of `count` epochs of subnets with a neuron each, where there are `subnets`.
fn room_for(count: u64, subnets: u32) {
	let limits = EpochLimits { neurons: 1, permits: 1, validators: 1, pools: subnets, is_liquid: false };
	let bound = limits.weight::<<Test as crate::Config>::WeightInfo>();
	SubnetEpochBudget::set(Weight::from_parts(bound.ref_time() * count, 0));
}

/// Goes to `block`, in which the epochs of all subnets 1 to `subnets` are due, each with a neuron and a TAO to pay. Their
/// next turn is as far away as can be.
fn all_due_in(block: u64, subnets: u16) {
	MaxSubnets::set(subnets.into());
	System::set_block_number(block - 1);
	for netuid in 1..=subnets {
		if netuid > 2 {
			assert_ok!(Subnets::create_network(RuntimeOrigin::root(), netuid, 0));
		}
		let coldkey = u64::from(netuid % 8) + 1;
		assert_ok!(burned_register(signed(coldkey), netuid, hotkey(coldkey, netuid.into())));
		assert_ok!(Subnets::add_stake(signed(coldkey), hotkey(coldkey, netuid.into()), netuid, TAO));
		ValidatorPermit::<Test>::insert(netuid, vec![true]);
		mint_pending(netuid, TAO);
		be_due_in(block, netuid);
	}
	check_invariants();
}

/// Sets the tempo of a subnet so that a period ends in `block`.
fn be_due_in(block: u64, netuid: u16) {
	Tempo::<Test>::insert(netuid, block as u16 + netuid + 1);
}

/// The epochs of the next block, in the order in which they run, and those that it defers.
fn next_epochs() -> (Vec<u16>, Vec<u16>) {
	new_events();
	advance(1);
	let (mut run, mut deferred) = (vec![], vec![]);
	for event in new_events() {
		match event {
			Event::EpochRun { netuid, .. } => run.push(netuid),
			Event::EpochDeferred { netuid } => deferred.push(netuid),
			_ => (),
		}
	}
	(run, deferred)
}

fn pending() -> u64 {
	PendingEmission::<Test>::iter_values().sum()
}

#[test]
fn of_64_due_at_once_each_runs_once_the_oldest_first_and_the_last_within_its_bound() {
	execute(|| {
		all_due_in(100, 64);
		room_for(5, 64);
		let (issuance, staked) = (TotalIssuance::<Test>::get(), crate::TotalStake::<Test>::get());
		let mut order = vec![];
		let mut blocks = 0;
		while order.len() < 64 {
			let (run, deferred) = next_epochs();
			assert!(run.len() >= 5 || order.len() + run.len() == 64, "as many run as fit");
			assert_eq!(deferred, if blocks == 0 { (run.len() as u16 + 1..=64).collect() } else { vec![] }, "told once");
			order.extend(run);
			blocks += 1;
		}
		assert_eq!(order, (1..=64).collect::<Vec<_>>(), "of those due in one block the lower netuid first");
		assert!(blocks <= 64u64.div_ceil(5), "{blocks} blocks");
		assert_eq!((next_epochs(), DueEpochs::<Test>::exists()), ((vec![], vec![]), false));
		assert!((1..=64).all(|netuid| SubnetEpochIndex::<Test>::get(netuid) == 1));
		// Not one rao is lost: what each subnet had pending is stake, but for what rounding leaves.
		let paid = crate::TotalStake::<Test>::get() - staked;
		assert_eq!((TotalIssuance::<Test>::get(), paid + pending()), (issuance, 64 * TAO));
		assert!(pending() <= 64, "{} rao", pending());
	});
}

#[test]
fn at_least_one_runs_in_every_block_however_small_the_budget() {
	execute(|| {
		all_due_in(100, 16);
		SubnetEpochBudget::set(Weight::zero());
		for netuid in 1..=16 {
			assert_eq!(next_epochs().0, [netuid]);
			assert_eq!(LastEpochBlock::<Test>::get(netuid), 99 + u64::from(netuid), "at most 15 blocks late");
		}
		assert!(next_epochs().0.is_empty());
	});
}

#[test]
fn a_budget_is_spent_by_what_epochs_cost_and_not_exceeded() {
	execute(|| {
		all_due_in(100, 16);
		System::set_block_number(100);
		let due: crate::due_epochs::Queue<Test> = (1..=16).collect::<Vec<_>>().try_into().expect("there is room");
		for count in 1..=16 {
			room_for(count, 16);
			let (consumed, run) = tried(|| {
				let consumed = Subnets::run_due_epochs(due.clone(), 0, 16, 100);
				(consumed, 16 - DueEpochs::<Test>::get().len() as u64)
			});
			assert!(run >= count, "each costs no more than its bound");
			let queue = <<Test as crate::Config>::WeightInfo as crate::WeightInfo>::defer_epochs(16);
			assert!(consumed.all_lte(SubnetEpochBudget::get() + queue), "{consumed} of {}", SubnetEpochBudget::get());
		}
	});
}

#[test]
fn what_waits_earns_on_and_is_paid_on_the_state_of_its_block() {
	execute(|| {
		all_due_in(100, 3);
		SubnetEpochBudget::set(Weight::zero());
		next_epochs();
		mint_pending(3, 5 * TAO);
		let newcomer = join(3, 8, TAO);
		assert_eq!(Subnets::next_epoch_start_block(3), Some(101));
		assert_eq!((next_epochs().0, next_epochs().0), (vec![2], vec![3]));
		assert_eq!((LastEpochBlock::<Test>::get(3), BlocksSinceLastStep::<Test>::get(3)), (102, 0));
		assert!(crate::Emission::<Test>::get(3).iter().sum::<u64>() >= 6 * TAO - 2);
		assert_eq!(crate::Active::<Test>::get(3).len(), 2, "{newcomer} came while it waited");
	});
}

#[test]
fn who_comes_due_later_runs_later_whatever_its_number() {
	execute(|| {
		all_due_in(100, 5);
		SubnetEpochBudget::set(Weight::zero());
		be_due_in(102, 1);
		be_due_in(101, 2);
		assert_eq!(next_epochs(), (vec![3], vec![4, 5]));
		assert_eq!(next_epochs(), (vec![4], vec![2]));
		assert_eq!(next_epochs(), (vec![5], vec![1]));
		assert_eq!((next_epochs(), next_epochs()), ((vec![2], vec![]), (vec![1], vec![])));
	});
}

#[test]
fn who_comes_due_again_while_it_waits_runs_once_in_its_place() {
	execute(|| {
		all_due_in(100, 4);
		SubnetEpochBudget::set(Weight::zero());
		next_epochs();
		Tempo::<Test>::insert(4, 1); // Due in every other block.
		assert_eq!(next_epochs(), (vec![2], vec![]));
		assert_eq!((next_epochs().0, next_epochs().0), (vec![3], vec![4]));
		assert_eq!(SubnetEpochIndex::<Test>::get(4), 1);
		let rest: Vec<_> = (0..6).flat_map(|_| next_epochs().0).collect();
		assert_eq!(rest, [4, 4, 4], "and from then on by the calendar");
	});
}

#[test]
fn a_subnet_that_is_removed_leaves_the_queue() {
	execute(|| {
		all_due_in(100, 4);
		SubnetEpochBudget::set(Weight::zero());
		next_epochs();
		assert_ok!(Subnets::dissolve_network(RuntimeOrigin::root(), 1, 3));
		assert_eq!(DueEpochs::<Test>::get()[..], [2, 4]);
		check_invariants();
		assert_eq!((next_epochs().0, next_epochs().0, next_epochs().0), (vec![2], vec![4], vec![]));
	});
}

#[test]
fn r3_a_subnet_whose_state_is_inconsistent_takes_one_place_like_any_other() {
	execute(|| {
		all_due_in(100, 4);
		SubnetEpochBudget::set(Weight::zero());
		LastUpdate::<Test>::insert(1, vec![7; 9]);
		ValidatorPermit::<Test>::insert(1, vec![true; 7]);
		Weights::<Test>::insert(1, 0, vec![(5, 9), (5, 9), (2, 1)]);
		Bonds::<Test>::insert(1, 40, vec![(u16::MAX, 1)]);
		let next = || {
			next_block();
			LastEpochBlock::<Test>::iter()
				.filter(|(_, block)| *block == System::block_number())
				.map(|(netuid, _)| netuid)
		};
		for netuid in 1..=4 {
			assert_eq!(next().collect::<Vec<_>>(), [netuid]);
		}
		assert_eq!(next().count(), 0);
		Bonds::<Test>::remove(1, 40);
		Weights::<Test>::remove(1, 0);
		LastUpdate::<Test>::insert(1, vec![7]);
	});
}

#[test]
fn r4_under_a_load_that_never_ends_all_subnets_run_equally_often() {
	execute(|| {
		all_due_in(100, 16);
		SubnetEpochBudget::set(Weight::zero());
		(1..=16).for_each(|netuid| Tempo::<Test>::insert(netuid, 4)); // Three times as many as there is room for.
		let mut run = BTreeMap::<u16, u32>::new();
		for _ in 0..160 {
			let (epochs, _) = next_epochs();
			assert_eq!(epochs.len(), 1);
			*run.entry(epochs[0]).or_default() += 1;
		}
		let (least, most) = (run.values().min(), run.values().max());
		assert!(run.len() == 16 && most <= least.map(|count| count + 1).as_ref(), "{run:?}");
		assert_eq!(PendingEpochAt::<Test>::iter().count(), 0, "no other mechanism is made use of");
	});
}

#[test]
fn r5_no_epoch_is_put_off_by_setting_the_tempo() {
	execute(|| {
		let hotkey = join(1, 1, TAO);
		assert_ok!(Subnets::set_subnet_owner(RuntimeOrigin::root(), 1, 1, hotkey));
		let owners = Subnets::set_hyperparameter(signed(1), 1, Hyperparameter::Tempo(9));
		assert_noop!(owners, Error::<Test>::NotForOwners);
		// The calendar knows no start: who sets what there is, moves nothing.
		let epochs: Vec<u64> = (0..40)
			.filter_map(|_| {
				set(Hyperparameter::Tempo(7));
				let (run, _) = next_epochs();
				run.contains(&1).then(System::block_number)
			})
			.collect();
		assert_eq!(epochs, [5, 13, 21, 29, 37]);
	});
	execute(|| {
		all_due_in(100, 3);
		SubnetEpochBudget::set(Weight::zero());
		next_epochs();
		let slowest = Hyperparameter::Tempo(Hyperparameter::LONGEST_WAIT);
		for netuid in [2, 3] {
			assert_ok!(Subnets::set_hyperparameter(RuntimeOrigin::root(), netuid, slowest));
		}
		assert_eq!((next_epochs().0, next_epochs().0), (vec![2], vec![3]), "what is due, is due");
	});
}

#[test]
fn r6_tempo_0_cannot_be_set_and_tempo_1_takes_no_more_than_its_turn() {
	execute(|| {
		let never = Subnets::set_hyperparameter(RuntimeOrigin::root(), 1, Hyperparameter::Tempo(0));
		assert_noop!(never, Error::<Test>::ParameterOutOfBounds);
		all_due_in(100, 6);
		SubnetEpochBudget::set(Weight::zero());
		next_epochs();
		for netuid in 1..=3 {
			assert_ok!(Subnets::set_hyperparameter(RuntimeOrigin::root(), netuid, Hyperparameter::Tempo(1)));
		}
		Tempo::<Test>::insert(5, 0); // As a subnet may have been created: it waits no less for that.
		let ran: Vec<u16> = (0..8).flat_map(|_| next_epochs().0).collect();
		assert_eq!(ran.iter().filter(|netuid| **netuid > 3).collect::<Vec<_>>(), [&4, &5, &6]);
		let place = ran.iter().position(|netuid| *netuid == 6).expect("it runs");
		assert!(place < 6, "nobody overtakes who waits: {ran:?}");
	});
}
