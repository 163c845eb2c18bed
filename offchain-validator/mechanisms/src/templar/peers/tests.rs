// SPDX-License-Identifier: Apache-2.0
//! Who is on the list, and who takes turns.

use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { max_topk_peers: 4, minimum_peers: 2 };

fn set(uids: &[Uid]) -> BTreeSet<Uid> {
	uids.iter().copied().collect()
}

/// The list after `current`, where every draw takes the first there is.
fn next(policy: Policy, current: &[Uid], active: &[Uid], paid: &[Uid]) -> Option<Vec<Uid>> {
	let (current, active, paid) = (set(current), set(active), set(paid));
	let rotation =
		Rotation { current: &current, active: &active, paid: &paid, limits: LIMITS, peers_to_replace: 1, policy };
	rotation.next(|_| 0).map(|list| list.into_iter().collect())
}

#[track_caller]
fn check_next(current: &[Uid], active: &[Uid], paid: &[Uid], expected: &[Uid]) {
	assert_eq!(next(Policy::Corrected, current, active, paid).as_deref(), Some(expected));
}

#[test]
fn the_first_list_is_of_those_with_most_incentive() {
	let incentive = |uid: Uid| f64::from(uid % 5);
	assert_eq!(initial(&set(&[0, 1, 2, 3, 4, 5]), incentive, LIMITS), Some(set(&[1, 2, 3, 4])));
	assert_eq!(initial(&set(&[0, 5, 10]), incentive, LIMITS), Some(set(&[0, 5, 10])));
	assert_eq!(initial(&set(&[7]), incentive, LIMITS), None);
}

#[test]
fn the_paid_take_the_places_of_the_inactive_then_of_the_unpaid_then_of_one_other() {
	check_next(&[1, 2, 3, 4], &[1, 2, 3, 8], &[1, 2, 3, 8], &[1, 2, 3, 8]);
	check_next(&[1, 2, 3, 4], &[1, 2, 3, 4, 8], &[1, 2, 3, 8], &[1, 2, 3, 8]);
	check_next(&[1, 2, 3, 4], &[1, 2, 3, 4, 8, 9], &[1, 2, 3, 4, 8, 9], &[2, 3, 4, 8]);
	check_next(&[1, 2, 3, 4], &[1, 2, 3, 7, 8, 9], &[2, 3, 7, 8, 9], &[3, 7, 8, 9]);
}

#[test]
fn a_list_stays_when_nobody_can_join_or_too_few_are_active() {
	assert_eq!(next(Policy::Corrected, &[1, 2, 3, 4], &[1, 2, 3, 4, 5], &[1, 2]), None);
	assert_eq!(next(Policy::Corrected, &[1, 2], &[1], &[1]), None);
	assert_eq!(next(Policy::Corrected, &[], &[], &[]), None);
}

#[test]
fn free_places_go_to_newcomers_and_as_published_are_lost_on_who_is_there() {
	let (current, active) = ([1, 2, 3], [1, 2, 3, 8, 9]);
	assert_eq!(next(Policy::Corrected, &current, &active, &[]), Some(vec![1, 2, 3, 8]));
	assert_eq!(next(Policy::AsPublished, &current, &active, &[]), Some(vec![1, 2, 3]));
}

#[test]
fn as_published_who_is_on_the_list_counts_twice_towards_the_minimum() {
	assert_eq!(next(Policy::Corrected, &[1, 2], &[1], &[1]), None);
	assert_eq!(next(Policy::AsPublished, &[1, 2], &[1], &[1]), Some(vec![1]));
}

#[test]
fn the_largest_shares_are_gathered_and_the_next_stand_in() {
	let share = |uid: Uid| f64::from(uid / 2);
	let list = gather_and_reserve(&set(&[1, 2, 3, 4, 5]), share, 2, 2, 1).unwrap();
	assert_eq!((list.gather, list.reserve), (vec![4, 5], vec![2, 3]));
	assert_eq!(gather_and_reserve(&set(&[]), share, 2, 2, 1), None);
}

#[test]
fn a_look_that_finds_nobody_changes_no_candidate() {
	let waiting = BTreeMap::from([(1, 4), (2, 2)]);
	let nobody = refresh(&waiting, &set(&[]), |_| true);
	assert_eq!(nobody, Refresh { waiting: waiting.clone(), inactive: set(&[1, 2]) });
	let rich = refresh(&waiting, &set(&[1, 3]), |uid| uid != 1);
	assert_eq!(rich, Refresh { waiting: [(3, 1)].into(), inactive: set(&[2]) });
}

proptest! {
	#[test]
	fn a_list_is_of_active_peers_and_as_long_as_they_allow(
		current in prop::collection::btree_set(0u16..12, 0..=4),
		active in prop::collection::btree_set(0u16..12, 0..12),
		paid in prop::collection::btree_set(0u16..12, 0..12),
		draws in prop::collection::vec(any::<usize>(), 16),
	) {
		let mut draws = draws.into_iter();
		let rotation =
			Rotation { current: &current, active: &active, paid: &paid, limits: LIMITS, peers_to_replace: 1, policy: Policy::Corrected };
		if let Some(list) = rotation.next(|n| draws.next().unwrap() % n) {
			prop_assert!(list.is_subset(&active));
			prop_assert_eq!(list.len(), active.len().min(LIMITS.max_topk_peers));
		} else {
			prop_assert!(active.len() < 2 || current.is_subset(&active) && current.len() == 4);
		}
	}
}
