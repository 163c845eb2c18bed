// SPDX-License-Identifier: Apache-2.0
//! The chains on which is measured: subnets, neurons, stake, rows and promises, as many as there can be.

use frame_support::storage::unhashed;
use sp_runtime::traits::{BlakeTwo256, Hash};
use yuma_consensus::{epoch::run_epoch, EpochInput};

use super::*;
use crate::{
	due_epochs::Queue, Active, BlockAtRegistration, Consensus, Dividends, Emission, Incentive, PruningScores, Rank,
	TotalHotkeyStake, Trust, ValidatorTrust,
};

/// The subnet that is worked on.
pub(super) const NETUID: u16 = 1;
/// The block in which its epoch is due, for a tempo of [`TEMPO`].
pub(super) const BLOCK: u32 = 97;
/// Of subnet 1.
pub(super) const TEMPO: u16 = 99;
/// Most uids of a subnet.
pub(super) const MOST_UIDS: u32 = Hyperparameter::MOST_UIDS as u32;
/// Uids of a subnet, unless it says otherwise.
pub(super) const UIDS: u32 = 256;
/// Uids with a permit, unless a subnet says otherwise.
pub(super) const VALIDATORS: u32 = 64;
/// Entries of all weight rows of a subnet together, and of all bond rows, unless it says otherwise.
pub(super) const ENTRIES: u32 = VALIDATORS * UIDS;
/// Items that belong to no pallet.
const OTHER_ITEMS: u32 = 1 << 15;
/// Rao on each hotkey.
pub(super) const STAKE: u64 = 1_000_000_000;

/// Adds what else the state of a chain in use holds. To be called last.
///
/// So many items that little of what an epoch reads is in a processor's caches: in a small state the same epoch takes half
/// the time. And hotkeys without a uid, until as many have stake as in all other measurements: the deeper a map, the longer
/// each of its items takes. What entries of rows cost is measured without either: a row is one item, and next to the rest it
/// would not be seen.
pub(super) fn add_other_items<T: Config>() {
	for number in 0..OTHER_ITEMS {
		unhashed::put_raw(BlakeTwo256::hash(&number.to_le_bytes()).as_ref(), &[0; 64]);
	}
	for number in TotalHotkeyStake::<T>::iter_keys().count() as u32..MOST_UIDS {
		let hotkey: T::AccountId = account("hotkey", ROOT_NETUID.into(), number);
		let coldkey: T::AccountId = account("coldkey", ROOT_NETUID.into(), number);
		Owner::<T>::insert(&hotkey, &coldkey);
		endow::<T>(&hotkey, &coldkey, ROOT_NETUID);
	}
}

/// Puts a [`STAKE`] of new rao on `hotkey`, its owner's.
fn endow<T: Config>(hotkey: &T::AccountId, owner: &T::AccountId, netuid: u16) {
	Pallet::<T>::increase_stake(hotkey, owner, netuid, STAKE);
	TotalIssuance::<T>::mutate(|issuance| *issuance += STAKE);
}

/// Gives new rao to `coldkey`, as much as it may stake.
pub(super) fn fund<T: Config>(coldkey: &T::AccountId, amount: u64) {
	let amount = amount.saturating_add(T::Currency::minimum_balance());
	T::Currency::mint_into(coldkey, amount).expect("the supply is not reached");
	TotalIssuance::<T>::mutate(|issuance| *issuance += amount);
}

/// Puts a new hotkey with `stake` rao on the next uid, or without on a taken one. Returns it and its coldkey.
pub(super) fn add_neuron<T: Config>(netuid: u16, stake: u64) -> (T::AccountId, T::AccountId) {
	let uid = SubnetworkN::<T>::get(netuid);
	let hotkey: T::AccountId = account("hotkey", netuid.into(), uid.into());
	let coldkey: T::AccountId = account("coldkey", netuid.into(), uid.into());
	Pallet::<T>::put_neuron(netuid, uid, &coldkey, &hotkey);
	if stake > 0 {
		fund::<T>(&coldkey, stake);
		Pallet::<T>::do_add_stake(coldkey.clone(), hotkey.clone(), netuid, stake).expect("it can pay");
	}
	(hotkey, coldkey)
}

/// Registers one more root validator with `stake` rao.
pub(super) fn add_validator<T: Config>(stake: u64) -> (T::AccountId, T::AccountId) {
	if !NetworksAdded::<T>::get(ROOT_NETUID) {
		Pallet::<T>::init_root_network(0);
	}
	add_neuron::<T>(ROOT_NETUID, stake)
}

/// Creates subnets until there are `count`.
pub(super) fn add_subnets<T: Config>(count: u32) -> Vec<u16> {
	for netuid in 1..=count as u16 {
		if !NetworksAdded::<T>::get(netuid) {
			Pallet::<T>::do_create_network(netuid, 0).expect("there is room for it");
			give_owner::<T>(netuid);
		}
	}
	Pallet::<T>::subnet_netuids()
}

/// Has somebody own the subnet, who is not in it.
pub(super) fn give_owner<T: Config>(netuid: u16) {
	let (coldkey, hotkey): (T::AccountId, T::AccountId) = (account("owner", 0, 0), account("owner", 1, 0));
	Owner::<T>::insert(&hotkey, &coldkey);
	Pallet::<T>::do_set_subnet_owner(netuid, coldkey, hotkey).expect("the subnet is there");
}

/// A full subnet of as many neurons as there can be, each with a [`STAKE`] or none of them, that has twice that to pay for
/// `paid` of them. Returns all, each with its owner.
pub(super) fn payees<T: Config>(paid: u32, are_staked: bool) -> Vec<(T::AccountId, T::AccountId)> {
	let (staked, pending) = (if are_staked { MOST_UIDS } else { 0 }, 2 * STAKE * u64::from(paid));
	Subnet { neurons: MOST_UIDS, validators: 0, staked, pending, ..Subnet::SILENT }.create::<T>();
	let hotkeys = (0..MOST_UIDS as u16).filter_map(|uid| Keys::<T>::get(NETUID, uid));
	hotkeys.map(|hotkey| (hotkey.clone(), Owner::<T>::get(&hotkey).expect("it has an owner"))).collect()
}

/// Pays as the epoch does: after it has read all neurons, which are then at hand.
pub(super) fn read_and_pay<T: Config>(output: &EpochOutput) -> Paid {
	core::hint::black_box(Pallet::<T>::epoch_input(NETUID, BLOCK.into()));
	Pallet::<T>::pay(NETUID, output)
}

/// The part of an epoch on `input` that has to do with entries of rows: reads them, computes, and stores the result.
pub(super) fn run_on_rows<T: Config>(input: EpochInput) {
	let weights = Pallet::<T>::weights_by_uid(NETUID, &input.neurons, input.rules.owner);
	let bonds = Pallet::<T>::bonds_by_uid(NETUID, input.neurons.len() as u16);
	let output = run_epoch(&EpochInput { weights, bonds, ..input });
	Pallet::<T>::put_epoch_output(NETUID, &output);
}

/// Stored bonds of the subnet. There are no new ones on oneself.
pub(super) fn count_bonds<T: Config>() -> u32 {
	Bonds::<T>::iter_prefix_values(NETUID).map(|row| row.len() as u32).sum()
}

/// Each of `neurons` has so much stake, its owner's, on the subnet.
pub(super) fn assert_stakes<T: Config>(neurons: &[(T::AccountId, T::AccountId)], stake: u64) {
	assert!(neurons.iter().all(|(hotkey, owner)| Pallet::<T>::stake_of(hotkey, owner, NETUID) == stake));
}

/// What a subnet's epoch has to work on.
#[derive(Clone, Copy)]
pub(super) struct Subnet {
	pub(super) neurons: u32,
	/// Those with a permit, the last uids; they keep it.
	pub(super) validators: u32,
	/// Entries of all weight rows of validators together.
	pub(super) weights: u32,
	/// Entries of all their bond rows together.
	pub(super) bonds: u32,
	/// Those with stake, up to the last uid.
	pub(super) staked: u32,
	/// Other subnets on which each validator has as much stake.
	pub(super) pools: u32,
	/// Rao that are pending.
	pub(super) pending: u64,
	/// Whether each bond moves at a pace of its own, which depends on consensus on half of what is above it.
	pub(super) is_liquid: bool,
}

impl Subnet {
	/// Everything there can be, but nothing that is paid.
	pub(super) const FULL: Self = Self {
		neurons: UIDS,
		validators: VALIDATORS,
		weights: ENTRIES,
		bonds: ENTRIES,
		staked: UIDS,
		pools: 0,
		pending: 0,
		is_liquid: false,
	};
	/// A full subnet with permits, in which nobody has ever set weights.
	pub(super) const SILENT: Self = Self { weights: 0, bonds: 0, ..Self::FULL };

	/// As many neurons as there can be, without stake, of whom the last has a permit.
	pub(super) const LARGEST: Self = Self { neurons: MOST_UIDS, validators: 1, staked: 0, ..Self::SILENT };

	/// Creates it as subnet 1, its epoch due in [`BLOCK`].
	pub(super) fn create<T: Config>(self) {
		self.create_as::<T>(NETUID);
		Tempo::<T>::insert(NETUID, TEMPO);
		frame_system::Pallet::<T>::set_block_number(BLOCK.into());
	}

	/// Creates it, and returns all that its epoch reads, but for the rows.
	pub(super) fn create_input<T: Config>(self) -> EpochInput {
		self.create::<T>();
		let input = Pallet::<T>::epoch_input(NETUID, BLOCK.into());
		EpochInput { weights: Vec::new(), bonds: Vec::new(), ..input }
	}

	/// Creates it as subnet `netuid`, all of whose weights are newer than all neurons.
	pub(super) fn create_as<T: Config>(self, netuid: u16) {
		add_subnets::<T>(u32::from(netuid).max(self.pools + 1));
		self.add_neurons::<T>(netuid);
		let first = self.neurons - self.validators;
		ValidatorPermit::<T>::insert(netuid, (0..self.neurons).map(|uid| uid >= first).collect::<Vec<_>>());
		MaxAllowedUids::<T>::mutate(netuid, |most| *most = (*most).max(self.neurons as u16));
		MaxAllowedValidators::<T>::insert(netuid, self.validators as u16);
		for (uid, (weights, bonds)) in
			(first as u16..).zip(spread(self.weights, self.validators).zip(spread(self.bonds, self.validators)))
		{
			Weights::<T>::insert(netuid, uid, row(uid, weights));
			Bonds::<T>::insert(netuid, uid, row(uid, bonds));
		}
		if self.is_liquid {
			Yuma3On::<T>::insert(netuid, true);
			LiquidAlphaOn::<T>::insert(netuid, true);
			BondsPenalty::<T>::insert(netuid, u16::MAX / 2);
		}
		PendingEmission::<T>::insert(netuid, self.pending);
		PendingOwnerCut::<T>::insert(netuid, STAKE);
		TotalIssuance::<T>::mutate(|issuance| *issuance += self.pending + STAKE);
	}

	/// Adds the neurons of a subnet that has none. All at once: one by one each would have its columns read and written.
	fn add_neurons<T: Config>(self, netuid: u16) {
		for uid in 0..self.neurons {
			let hotkey: T::AccountId = account("hotkey", netuid.into(), uid);
			let coldkey: T::AccountId = account("coldkey", netuid.into(), uid);
			frame_system::Pallet::<T>::inc_sufficients(&hotkey);
			Owner::<T>::insert(&hotkey, &coldkey);
			Uids::<T>::insert(netuid, &hotkey, uid as u16);
			Keys::<T>::insert(netuid, uid as u16, &hotkey);
			BlockAtRegistration::<T>::insert(netuid, uid as u16, 0);
			if uid >= self.neurons.saturating_sub(self.staked) {
				endow::<T>(&hotkey, &coldkey, netuid);
			}
			if uid >= self.neurons - self.validators {
				let others = (1..).filter(|other| *other != netuid).take(self.pools as usize);
				others.for_each(|other| endow::<T>(&hotkey, &coldkey, other));
			}
		}
		SubnetworkN::<T>::insert(netuid, self.neurons as u16);
		fill_columns::<T>(netuid, self.neurons as usize);
	}
}

/// What the last epoch found of `n` neurons, all of whom have set weights in block 2.
fn fill_columns<T: Config>(netuid: u16, n: usize) {
	LastUpdate::<T>::insert(netuid, vec![2u64; n]);
	Active::<T>::insert(netuid, vec![true; n]);
	Rank::<T>::insert(netuid, vec![0u16; n]);
	Trust::<T>::insert(netuid, vec![0u16; n]);
	Consensus::<T>::insert(netuid, vec![0u16; n]);
	Incentive::<T>::insert(netuid, vec![0u16; n]);
	Dividends::<T>::insert(netuid, vec![0u16; n]);
	ValidatorTrust::<T>::insert(netuid, vec![0u16; n]);
	PruningScores::<T>::insert(netuid, vec![0u16; n]);
	Emission::<T>::insert(netuid, vec![0u64; n]);
}

/// Subnet 1 with `count` neurons, who have everything that a neuron may have.
pub(super) fn add_neurons_of_everything<T: Config>(count: u32) {
	Subnet { neurons: count, validators: 0, staked: 0, ..Subnet::SILENT }.create::<T>();
	for uid in 0..count as u16 {
		let hotkey = Keys::<T>::get(NETUID, uid).expect("it is there");
		Weights::<T>::insert(NETUID, uid, row(uid, UIDS));
		Bonds::<T>::insert(NETUID, uid, row(uid, UIDS));
		Axons::<T>::insert(NETUID, &hotkey, AxonInfo::default());
		Prometheus::<T>::insert(NETUID, &hotkey, PrometheusInfo::default());
		WeightCommits::<T>::insert(NETUID, &hotkey, VecDeque::from([(H256::zero(), 0, 0, 0)]));
	}
}

/// Removes subnet 1.
pub(super) fn remove_subnet<T: Config>() {
	let owner = SubnetOwner::<T>::get(NETUID).expect("it has one");
	Pallet::<T>::do_dissolve_network(owner, NETUID).expect("it is there");
}

/// The subnets whose epochs are due, or that are leaving.
pub(super) fn queue_of<T: Config>(netuids: Vec<u16>) -> Queue<T> {
	Queue::<T>::truncate_from(netuids)
}

/// Parts of `entries`, as even as can be.
pub(super) fn spread(entries: u32, rows: u32) -> impl Iterator<Item = u32> {
	let up_to = move |row: u32| (u64::from(entries) * u64::from(row) / u64::from(rows.max(1))) as u32;
	(0..rows).map(move |row| up_to(row + 1) - up_to(row))
}

/// A row on the first `length` uids, in whose columns no order is to be found.
pub(super) fn row(uid: u16, length: u32) -> Vec<(u16, u16)> {
	let weight = |column: u16| (u32::from(uid) * 257 + u32::from(column)).wrapping_mul(0x9E37_79B1) >> 16;
	(0..length as u16).map(|column| (column, weight(column) as u16 | 1)).collect()
}

/// All the subnets there can be, of which `count` earn.
pub(super) fn share_emission<T: Config>(netuids: &[u16], count: u32) {
	let part = u64::MAX / u64::from(count.max(1));
	let mut shares: Vec<(u16, u64)> = netuids.iter().take(count as usize).map(|netuid| (*netuid, part)).collect();
	if let Some((_, last)) = shares.last_mut() {
		*last += u64::MAX % u64::from(count);
	}
	EmissionShares::<T>::put(PlainVec::truncate_from(shares));
}

/// A newcomer's coldkey, who can pay for anything, and hotkey.
pub(super) fn newcomer<T: Config>() -> (T::AccountId, T::AccountId) {
	let coldkey: T::AccountId = account("newcomer", 0, 0);
	fund::<T>(&coldkey, 1_000 * STAKE);
	(coldkey, account("newcomer", 1, 0))
}

/// A row of `e` entries in the order that is longest to sort, and the longest salt.
pub(super) fn promised_row(e: u32) -> (Vec<u16>, Vec<u16>, Vec<u16>) {
	let dests = (0..MOST_UIDS as u16).rev().take(e as usize).collect();
	let weights = row(1, e).into_iter().map(|(_, weight)| weight).collect();
	(dests, weights, vec![7; MAX_SALT as usize])
}

/// A full subnet where weights are promised, and a hotkey that has promised as many rows as it may, the last of them one
/// of `e` entries that it may reveal now.
pub(super) fn promise_rows<T: Config>(e: u32) -> T::AccountId {
	Subnet::LARGEST.create::<T>();
	CommitRevealWeightsEnabled::<T>::insert(NETUID, true);
	let hotkey = Keys::<T>::get(NETUID, MOST_UIDS as u16 - 1).expect("the subnet is full");
	let (dests, weights, salt) = promised_row(e);
	let hash = Pallet::<T>::commitment(&hotkey, NETUID, &dests, &weights, &salt, 0);
	let mut waiting: VecDeque<_> = (1..MAX_BATCH as u8).map(|n| (H256::repeat_byte(n), 0, BLOCK.into(), 1)).collect();
	waiting.push_back((hash, 0, BLOCK.into(), 1));
	WeightCommits::<T>::insert(NETUID, &hotkey, waiting);
	SubnetEpochIndex::<T>::insert(NETUID, 1);
	hotkey
}
