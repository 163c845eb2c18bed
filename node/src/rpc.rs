// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! The RPC methods that the SDK's standard set leaves to the node: the next nonce of an account, fees, and manual sealing.

use jsonrpsee::{server::RegisterMethodError, RpcModule};
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use root_weights_runtime::{opaque::Block, AccountId, Hash, Nonce};
use sc_consensus_manual_seal::rpc::{ManualSeal, ManualSealApiServer};
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};

use crate::{
	chain::{Client, Pool},
	sealing::Requests,
};

/// The methods that depend on the runtime's types, and those that make blocks where `requests` are taken.
pub fn methods(
	client: Arc<Client>,
	pool: Arc<Pool>,
	requests: Option<Requests>,
) -> Result<RpcModule<()>, RegisterMethodError> {
	let mut module = RpcModule::new(());
	let system = System::<_, _, Block>::new(client.clone(), pool);
	module.merge(SystemApiServer::<Hash, AccountId, Nonce>::into_rpc(system))?;
	module.merge(TransactionPayment::new(client).into_rpc())?;
	if let Some(requests) = requests {
		module.merge(ManualSealApiServer::<Hash>::into_rpc(ManualSeal::new(requests)))?;
	}
	Ok(module)
}
