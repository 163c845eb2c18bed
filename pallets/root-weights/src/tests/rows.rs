// SPDX-License-Identifier: Apache-2.0
//! Rows in the pallet's own storage and in a map of the chain's.

use frame_support::{pallet_prelude::*, storage_alias};
use scale_info::{meta_type, TypeInfo};

use crate::{mock::*, OwnRows, PlainVec, RootRows, RowsInMap};

#[storage_alias]
type Weights = StorageDoubleMap<Chain, Identity, u16, Identity, u16, Vec<(u16, u16)>, ValueQuery>;

/// A netuid as a chain may have it.
#[derive(Encode, Decode, MaxEncodedLen)]
struct Netuid(u16);

impl From<u16> for Netuid {
	fn from(netuid: u16) -> Self {
		Self(netuid)
	}
}

#[storage_alias]
type WeightsByNewtype = StorageDoubleMap<Chain, Identity, Netuid, Identity, u16, Vec<(u16, u16)>, ValueQuery>;

#[track_caller]
fn check_rows<Rows: RootRows>() {
	execute(&[1; 4], [1, 2], || {
		assert!(Rows::get(3).is_empty());
		Rows::put(3, vec![(1, 65_535)]);
		Rows::put(2, vec![(2, 65_535)]);
		Rows::remove(2);
		assert_eq!((Rows::get(3), Rows::get(2)), (vec![(1, 65_535)], vec![]));
	});
}

#[test]
fn rows_are_kept_in_either_place() {
	check_rows::<OwnRows<Test>>();
	check_rows::<RowsInMap<Weights>>();
	check_rows::<RowsInMap<WeightsByNewtype, Netuid>>();
}

#[test]
fn rows_in_a_map_are_where_upstream_has_them() {
	execute(&[1], [1], || {
		Weights::insert(0, 5, vec![(1, 7), (0, 3)]);
		Weights::insert(1, 5, vec![(4, 4)]);
		assert_eq!(RowsInMap::<Weights>::get(5), [(1, 7), (0, 3)]);
		RowsInMap::<Weights>::remove(5);
		assert_eq!((Weights::contains_key(0, 5), Weights::get(1, 5)), (false, vec![(4, 4)]));
	});
}

#[test]
fn clients_see_a_plain_list() {
	type Bounded = PlainVec<(u16, u16), ConstU32<3>>;
	assert_eq!(meta_type::<Bounded>(), meta_type::<Vec<(u16, u16)>>());
	assert_eq!(Bounded::type_info(), Vec::<(u16, u16)>::type_info());
	let row = vec![(1, 2), (3, 4)];
	assert_eq!(Bounded::truncate_from(row.clone()).encode(), row.encode());
	assert!(Bounded::decode(&mut &vec![(1u16, 2u16); 4].encode()[..]).is_err());
}
