// SPDX-License-Identifier: Apache-2.0

//! Registers a hotkey, which is the coldkey's affair and needs no hotkey's secret.

use anyhow::Context as _;
use clap::Args;
use offchain_validator::chain::metagraph::Neuron;
use offchain_validator::chain::{calls, metagraph, Chain, Role};

use super::key::{account, signer};

/// Rao of one TAO.
const TAO: f64 = 1e9;

#[derive(Args)]
pub struct RegisterArgs {
	/// WebSocket address of a node.
	#[arg(long, value_name = "URL", env = "CHAIN_ENDPOINT", default_value = "ws://127.0.0.1:9944")]
	endpoint: String,

	/// The subnet.
	#[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
	netuid: u16,

	/// Who pays and owns: @FILE with the coldkey's secret phrase, or a development key such as //Ferdie.
	#[arg(long, value_name = "KEY", env = "COLDKEY")]
	coldkey: String,

	/// The hotkey, in ss58, or a development key such as //Alice.
	#[arg(long, value_name = "ADDRESS")]
	hotkey: String,

	/// TAO to stake on it.
	#[arg(long, value_name = "TAO", default_value_t = 0.0, value_parser = stake)]
	stake: f64,
}

fn stake(text: &str) -> Result<f64, String> {
	let tao: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
	if (0.0..=21e6).contains(&tao) {
		Ok(tao)
	} else {
		Err("must be at least 0 and at most 21000000".into())
	}
}

pub async fn run(arguments: RegisterArgs) -> anyhow::Result<()> {
	let RegisterArgs { endpoint, netuid, coldkey, hotkey, stake } = arguments;
	let (coldkey, hotkey) = (signer(&coldkey).context("--coldkey")?, account(&hotkey).context("--hotkey")?);
	let chain = Chain::connect_as(Role::Registrar, &endpoint).await?;
	if metagraph::neuron(&chain.at_finalized().await?, netuid, hotkey).await?.is_none() {
		chain.submit(calls::burned_register(netuid, hotkey), &coldkey).await?;
	}
	let rao = (stake * TAO).round() as u64;
	if rao > 0 {
		chain.submit(calls::add_stake(hotkey, netuid, rao), &coldkey).await?;
	}
	let neuron = metagraph::neuron(&chain.at_finalized().await?, netuid, hotkey).await?;
	let Neuron { uid, stake, .. } = neuron.context("the chain does not list the hotkey it registered")?;
	let staked = stake as f64 / TAO;
	offchain_validator::print(format!("{hotkey} has uid {uid} on subnet {netuid} and {staked} TAO of stake\n"))
		.context("could not print the result")
}
