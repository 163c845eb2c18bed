// SPDX-License-Identifier: Apache-2.0
//! What clients ask a runtime of this family for, in upstream's records: field names, their order and their types are
//! what clients know, the values are this chain's.
//!
//! The price of stake is fixed, so there are no pools: whatever upstream's records say of pools and of what they are
//! paid is 0. So is what they say of proof of work, liquid alpha and other mechanisms that this chain has not. Nobody
//! has a name, and the owner of a subnet without one is the account of all zero bytes.

mod columns;
mod dynamic;
mod hyperparameters;
mod identity;
mod metagraph;
mod neurons;
mod stake;
mod state;
mod subnet;
mod swap;

pub use dynamic::DynamicInfo;
pub use hyperparameters::{
	HyperparamEntry, HyperparamValue, SubnetHyperparams, SubnetHyperparamsV2, SubnetHyperparamsV3,
};
pub use identity::{ChainIdentityV2, SubnetIdentityV3};
pub use metagraph::{Metagraph, SelectiveMetagraph};
pub use neurons::{NeuronInfo, NeuronInfoLite};
pub use stake::{StakeAvailability, StakeInfo};
pub use state::SubnetState;
pub use subnet::{SubnetInfo, SubnetInfov2};
pub use swap::{SimSwapResult, SubnetPrice};

use alloc::vec::Vec;

use codec::{Compact, Decode};
use sp_runtime::traits::TrailingZeroInput;

use crate::{Config, NetworksAdded, Pallet, ROOT_NETUID};

impl<T: Config> Pallet<T> {
	/// The root network and the subnets, ascending.
	fn network_netuids() -> Vec<u16> {
		let root = NetworksAdded::<T>::get(ROOT_NETUID).then_some(ROOT_NETUID);
		root.into_iter().chain(Self::subnet_netuids()).collect()
	}
}

/// The account of all zero bytes, which stands for nobody.
fn nobody<AccountId: Decode>() -> Option<AccountId> {
	AccountId::decode(&mut TrailingZeroInput::zeroes()).ok()
}

fn compact<Value: Copy>(values: &[Value]) -> Vec<Compact<Value>> {
	values.iter().map(|value| Compact(*value)).collect()
}
