// SPDX-License-Identifier: Apache-2.0

//! Each public client against a node of its own. What a script prints is shown with `--nocapture`, and when it fails.

mod rust;
mod stage;

use std::env;
use std::fs;

use clients::{metadata, scripts};
use subxt::config::RpcConfigFor;
use subxt_rpcs::methods::legacy::LegacyRpcMethods;
use subxt_rpcs::RpcClient;

use stage::{Stage, NETUID, SECOND_NETUID};

/// Code for the chain, made from the metadata that is checked in.
#[subxt::subxt(runtime_metadata_path = "metadata.scale")]
mod runtime {}
/// The macro does not tell cargo what it read, so that other metadata would leave the old code.
const _: &[u8] = include_bytes!("../../metadata.scale");

#[tokio::test]
async fn bittensor_11() {
	let stage = Stage::set().await;
	scripts::python("bittensor-11", "bittensor_11.py", &[&stage.endpoint(), &NETUID.to_string()]).await;
}

#[tokio::test]
async fn bittensor_10() {
	let stage = Stage::set().await;
	scripts::python("bittensor-10", "bittensor_10.py", &[&stage.endpoint(), &NETUID.to_string()]).await;
}

#[tokio::test]
async fn bittensor_9() {
	let stage = Stage::set().await;
	scripts::python("bittensor-9", "bittensor_9.py", &[&stage.endpoint(), &NETUID.to_string()]).await;
}

#[tokio::test]
async fn substrate_interface() {
	let stage = Stage::set().await;
	scripts::python("substrate-interface", "substrate_interface.py", &[&stage.endpoint(), &NETUID.to_string()]).await;
}

#[tokio::test]
async fn polkadot() {
	let stage = Stage::set().await;
	let arguments = [&*stage.endpoint(), &NETUID.to_string(), &SECOND_NETUID.to_string()];
	scripts::javascript("polkadot.mjs", &arguments).await;
}

#[tokio::test]
async fn subxt() {
	rust::run(&Stage::set().await).await;
}

#[tokio::test]
async fn metadata_is_what_the_node_serves() {
	let folder = tempfile::tempdir().expect("a folder can be made");
	let (node, _) = e2e::programs::Node::start(folder.path(), "250ms").await;
	let rpc = RpcClient::from_insecure_url(node.endpoint()).await.expect("the node answers");
	let rpc = LegacyRpcMethods::<RpcConfigFor<stage::Config>>::new(rpc);
	let served = rpc.state_get_metadata(None).await.expect("it serves metadata");
	let served = metadata::stripped(&served.into_raw());
	if env::var_os("RENEW_METADATA").is_some() {
		fs::write(metadata::file(), &served).expect("the file can be written");
	}
	assert!(
		fs::read(metadata::file()).expect("the file is there") == served,
		"the node serves other metadata: RENEW_METADATA=1 cargo test --workspace --test clients metadata"
	);
}
