// SPDX-License-Identifier: Apache-2.0

//! Which list of peers follows. Pure.

use std::collections::BTreeSet;

use mechanisms::templar::peers::{gather_and_reserve, initial, Gathering, Rotation};
use mechanisms::{Policy, Uid};

use super::limits;
use crate::templar::hparams::{Peers, Selection};

/// What the next list depends on.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
	/// The list that holds now, if one does.
	pub current: Option<&'a [Uid]>,
	/// Miners that have uploaded lately and are not barred for copying.
	pub active: &'a BTreeSet<Uid>,
	/// The positive shares by uid.
	pub shares: &'a [(Uid, f32)],
}

impl Standing<'_> {
	/// The list that follows, its gathered peers ascending; none if there are too few for any. `incentive` is what the chain
	/// pays, by which the first list is made where peers take turns; `draw(n)` is uniform below `n`.
	///
	/// A list that nobody can join stays.
	pub fn next(
		&self,
		params: &Peers,
		policy: Policy,
		incentive: impl Fn(Uid) -> f64,
		draw: impl FnMut(usize) -> usize,
	) -> Option<Gathering> {
		match params.selection {
			Selection::Share { reserve_peer_count } => self.by_share(params, reserve_peer_count),
			Selection::Rotation { peers_to_replace } => {
				let gather = match self.current {
					None => initial(self.active, incentive, limits(params))?,
					Some(current) => self.rotated(params, policy, peers_to_replace, current, draw),
				};
				let is_enough = gather.len() >= params.minimum_peers;
				is_enough.then(|| Gathering { gather: gather.into_iter().collect(), reserve: Vec::new() })
			},
		}
	}

	fn by_share(&self, params: &Peers, reserve_peer_count: usize) -> Option<Gathering> {
		let share = |uid| self.shares.iter().find(|(of, _)| *of == uid).map_or(0.0, |(_, share)| f64::from(*share));
		let Peers { max_topk_peers, minimum_peers, .. } = *params;
		let mut list = gather_and_reserve(self.active, share, max_topk_peers, reserve_peer_count, minimum_peers)?;
		list.gather.sort_unstable();
		Some(list)
	}

	fn rotated(
		&self,
		params: &Peers,
		policy: Policy,
		peers_to_replace: usize,
		current: &[Uid],
		draw: impl FnMut(usize) -> usize,
	) -> BTreeSet<Uid> {
		let current = current.iter().copied().collect();
		let paid = self.shares.iter().filter(|(_, share)| *share > 0.0).map(|(uid, _)| *uid).collect();
		let (active, limits) = (self.active, limits(params));
		let rotation = Rotation { current: &current, active, paid: &paid, limits, peers_to_replace, policy };
		// Where nothing changes, who is away or barred still goes.
		rotation.next(draw).unwrap_or_else(|| current.intersection(active).copied().collect())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::templar::peers::tests::PARAMS;

	#[track_caller]
	fn check(
		params: &Peers,
		current: Option<&[Uid]>,
		active: &[Uid],
		paid: &[Uid],
		expected: Option<(&[Uid], &[Uid])>,
	) {
		let active = active.iter().copied().collect();
		let shares: Vec<_> = paid.iter().map(|uid| (*uid, f32::from(*uid))).collect();
		let standing = Standing { current, active: &active, shares: &shares };
		let found = standing.next(params, Policy::Corrected, f64::from, |_| 0);
		let expected = expected.map(|(gather, reserve)| Gathering { gather: gather.into(), reserve: reserve.into() });
		assert_eq!(found, expected);
	}

	#[test]
	fn the_first_list_is_of_the_active_whom_the_chain_pays_best() {
		check(&PARAMS, None, &[1, 2, 3, 4], &[], Some((&[2, 3, 4], &[])));
		check(&PARAMS, None, &[1], &[1], None);
	}

	#[test]
	fn who_is_paid_takes_the_place_of_who_is_not() {
		check(&PARAMS, Some(&[2, 3, 4]), &[2, 3, 4, 6], &[2, 3, 6], Some((&[2, 3, 6], &[])));
	}

	#[test]
	fn a_list_that_nobody_can_join_stays_but_for_who_is_away() {
		check(&PARAMS, Some(&[2, 3, 4]), &[2, 3, 4], &[2], Some((&[2, 3, 4], &[])));
		check(&PARAMS, Some(&[2, 3, 4]), &[2, 3], &[2], Some((&[2, 3], &[])));
		check(&PARAMS, Some(&[2, 3, 4]), &[2], &[2], None);
	}

	#[test]
	fn the_largest_shares_are_gathered_and_the_next_are_in_reserve() {
		let params = Peers { selection: Selection::Share { reserve_peer_count: 2 }, ..PARAMS };
		let active = [1, 2, 3, 4, 5, 6];
		check(&params, Some(&[1, 2, 3]), &active, &[2, 4, 5, 6], Some((&[4, 5, 6], &[2, 1])));
		check(&params, None, &active[..2], &[], Some((&[1, 2], &[])));
		check(&params, None, &active[..1], &[], None);
	}
}
