// SPDX-License-Identifier: Apache-2.0
//! What the pallet tells, and why it refuses.

use frame_support::pallet_macros::pallet_section;

/// Everything that changes stake, weights or a subnet.
#[pallet_section]
mod events {
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A subnet was created.
		NetworkAdded {
			/// Its number.
			netuid: u16,
		},
		/// A subnet was removed; `burned` rao of pending emission left total issuance. What else it has goes in the blocks
		/// that follow, and its stake back to who staked it.
		NetworkRemoved {
			/// Its number.
			netuid: u16,
			/// Pending emission that nobody had earned yet.
			burned: u64,
		},
		/// Nothing of a removed subnet is left, all its stake is returned: its number may be given again.
		NetworkCleared {
			/// Its number.
			netuid: u16,
		},
		/// A subnet has a new owner.
		SubnetOwnerSet {
			/// The subnet.
			netuid: u16,
			/// Who owns it.
			coldkey: T::AccountId,
			/// On which the owner's cut is staked.
			hotkey: T::AccountId,
		},
		/// The part of emission that owners get has changed.
		SubnetOwnerCutSet {
			/// Per 65535.
			cut: u16,
		},
		/// A parameter of a subnet has a new value.
		HyperparameterSet {
			/// The subnet.
			netuid: u16,
			/// Which, and the value.
			parameter: Hyperparameter,
		},
		/// A hotkey took a uid.
		NeuronRegistered {
			/// The subnet.
			netuid: u16,
			/// The slot.
			uid: u16,
			/// The identity.
			hotkey: T::AccountId,
		},
		/// A hotkey lost its uid to another, and with it its rows and what others gave it.
		NeuronReplaced {
			/// The subnet.
			netuid: u16,
			/// The slot.
			uid: u16,
			/// Who held it.
			hotkey: T::AccountId,
		},
		/// A hotkey says where it serves its axon.
		AxonServed {
			/// The subnet.
			netuid: u16,
			/// Who.
			hotkey: T::AccountId,
		},
		/// A hotkey says where it serves its metrics.
		PrometheusServed {
			/// The subnet.
			netuid: u16,
			/// Who.
			hotkey: T::AccountId,
		},
		/// A coldkey added stake.
		StakeAdded {
			/// Who pays.
			coldkey: T::AccountId,
			/// Who gains weight.
			hotkey: T::AccountId,
			/// Where it is kept.
			netuid: u16,
			/// Rao.
			amount: u64,
		},
		/// A coldkey took stake back, or was given it back as the subnet is gone.
		StakeRemoved {
			/// Who is paid.
			coldkey: T::AccountId,
			/// Who loses weight.
			hotkey: T::AccountId,
			/// Where it was kept.
			netuid: u16,
			/// Rao.
			amount: u64,
		},
		/// Stake went from one hotkey, subnet or coldkey to another.
		StakeMoved {
			/// Who had it.
			origin_coldkey: T::AccountId,
			/// Who loses weight.
			origin_hotkey: T::AccountId,
			/// Where it was kept.
			origin_netuid: u16,
			/// Who has it now.
			destination_coldkey: T::AccountId,
			/// Who gains weight.
			destination_hotkey: T::AccountId,
			/// Where it is kept now.
			destination_netuid: u16,
			/// Rao.
			amount: u64,
		},
		/// A hotkey's owner keeps another part of what its nominators earn.
		TakeSet {
			/// The hotkey.
			hotkey: T::AccountId,
			/// Per 65535.
			take: u16,
		},
		/// A neuron set its weights.
		WeightsSet {
			/// The subnet.
			netuid: u16,
			/// The slot.
			uid: u16,
		},
		/// A neuron promised weights.
		WeightsCommitted {
			/// The subnet.
			netuid: u16,
			/// Who.
			hotkey: T::AccountId,
			/// What the weights must hash to.
			hash: H256,
		},
		/// A neuron set the weights that it had promised.
		WeightsRevealed {
			/// The subnet.
			netuid: u16,
			/// Who.
			hotkey: T::AccountId,
			/// What they hash to.
			hash: H256,
		},
		/// `amount` rao left total issuance.
		Burned {
			/// Rao.
			amount: u64,
		},
		/// A subnet's epoch ran: `paid` rao went to neurons and their nominators, `pending` stay. What each uid earned
		/// stands in [`Emission`].
		EpochRun {
			/// The subnet.
			netuid: u16,
			/// Rao paid as stake.
			paid: u64,
			/// Rao left over.
			pending: u64,
		},
		/// The owner of a subnet was paid.
		OwnerCutPaid {
			/// The subnet.
			netuid: u16,
			/// On which it is staked.
			hotkey: T::AccountId,
			/// Rao.
			amount: u64,
		},
		/// A subnet's epoch was due in this block, which had no room for it. It runs in one of the next blocks.
		EpochDeferred {
			/// The subnet.
			netuid: u16,
		},
	}
}

/// Every reason for a refusal. The order is part of what clients see: [`crate::refusal`].
#[pallet_section]
mod errors {
	#[pallet::error]
	#[derive(PartialEq)]
	pub enum Error<T> {
		/// There is no subnet of this number.
		SubnetNotExists,
		/// There is a subnet of this number already.
		SubnetExists,
		/// There are as many subnets as there can be.
		TooManySubnets,
		/// The subnet of this number was removed, and not all of it is gone.
		SubnetBeingRemoved,
		/// The root network takes no part in this; it has calls of its own.
		IsRoot,
		/// The coldkey does not own the subnet.
		NotSubnetOwner,
		/// Root alone may change this parameter.
		NotForOwners,
		/// The value is beyond what the parameter may be.
		ParameterOutOfBounds,
		/// The hotkey holds a uid of this subnet already.
		HotKeyAlreadyRegisteredInSubNet,
		/// The hotkey holds no uid of this subnet.
		HotKeyNotRegisteredInSubNet,
		/// The hotkey was never registered anywhere.
		HotKeyAccountNotExists,
		/// The hotkey is owned by another coldkey.
		NonAssociatedColdKey,
		/// The subnet takes no registrations now.
		SubNetRegistrationDisabled,
		/// The subnet has taken as many registrations in this block as it does.
		TooManyRegistrationsThisBlock,
		/// The subnet has taken as many registrations as it does before it adjusts their price.
		TooManyRegistrationsThisInterval {
			/// Blocks to wait.
			blocks_left: u16,
		},
		/// The subnet is full and nobody in it may be replaced.
		NoNeuronIdAvailable,
		/// The root network is full and every validator there has at least as much stake.
		StakeTooLowForRoot,
		/// The last announcement of an address is too recent.
		ServingRateLimitExceeded {
			/// Blocks to wait.
			blocks_left: u16,
		},
		/// No such kind of address: 4 or 6, and not all zero.
		InvalidIpAddress,
		/// The balance does not cover the amount.
		NotEnoughBalance,
		/// The stake does not cover the amount.
		NotEnoughStake,
		/// An amount of zero.
		AmountTooLow,
		/// The price is above, or below, the limit: it is 1, which is 10⁹.
		SlippageTooHigh,
		/// Stake would move to where it is.
		SameStake,
		/// Not less than the present take.
		DelegateTakeTooHigh,
		/// Not more than the present take.
		DelegateTakeTooLow,
		/// The last change of the take is too recent.
		TakeIncreaseTooSoon {
			/// Blocks to wait.
			blocks_left: u16,
		},
		/// A subnet has one mechanism, number 0.
		MechanismDoesNotExist,
		/// Lists that belong together differ in length.
		InputLengthsUnequal,
		/// A batch of nothing, or of more than it may have.
		BatchSizeOutOfBounds,
		/// A batch names a subnet twice.
		DuplicateNetuid {
			/// Which.
			netuid: u16,
		},
		/// `dests` and `weights` differ in length.
		WeightVecNotEqualSize,
		/// More entries than the subnet has uids.
		UidsLengthExceedUidsInSubNet,
		/// The hotkey has no validator permit, and these are not weights on itself alone.
		NeuronNoValidatorPermit,
		/// A uid is named twice.
		DuplicateUids {
			/// Which.
			uid: u16,
		},
		/// A uid that the subnet does not have.
		UidVecContainInvalidOne {
			/// Which.
			uid: u16,
		},
		/// Fewer entries than the subnet requires.
		WeightVecLengthIsLow {
			/// How many it requires.
			minimum: u16,
		},
		/// An entry is a larger part of the row than the subnet allows.
		MaxWeightExceeded {
			/// The uid that gets it.
			uid: u16,
		},
		/// The last weights or commitment are too recent.
		SettingWeightsTooFast {
			/// Blocks to wait.
			blocks_left: u16,
		},
		/// The version key is older than the subnet requires.
		IncorrectWeightVersionKey,
		/// Weights are committed and revealed on this subnet.
		CommitRevealEnabled,
		/// Weights are set in the open on this subnet.
		CommitRevealDisabled,
		/// As many commitments wait for their reveal as may.
		TooManyUnrevealedCommits,
		/// Nothing is committed with this hash; the hash is of the hotkey, subnet, uids, weights, salt and version key.
		NoWeightsCommitFound,
		/// The epoch after which it may be revealed has not run yet.
		RevealTooEarly {
			/// Epochs to wait.
			epochs_left: u16,
		},
		/// The epoch in which it was to be revealed is over.
		ExpiredWeightCommit,
		/// A salt of more numbers than it may have.
		SaltTooLong,
		/// The stake that is there has so few shares, after it has earned many times itself, that the amount buys too little.
		PoolTooCoarse,
		/// So many uids with so many validators are more than an epoch can go through: their product is bounded.
		EpochTooLarge,
	}
}
