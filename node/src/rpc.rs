// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! The RPC methods that the SDK's standard set leaves to the node: the next nonce of an account, and fees.

use jsonrpsee::{server::RegisterMethodError, RpcModule};
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use root_weights_runtime::{opaque::Block, AccountId, Hash, Nonce};
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};

use crate::chain::{Client, Pool};

/// The methods that depend on the runtime's types.
pub fn methods(client: Arc<Client>, pool: Arc<Pool>) -> Result<RpcModule<()>, RegisterMethodError> {
	let mut module = RpcModule::new(());
	let system = System::<_, _, Block>::new(client.clone(), pool);
	module.merge(SystemApiServer::<Hash, AccountId, Nonce>::into_rpc(system))?;
	module.merge(TransactionPayment::new(client).into_rpc())?;
	Ok(module)
}
