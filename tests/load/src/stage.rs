// SPDX-License-Identifier: Apache-2.0

//! Sets a fresh chain up for a scenario: subnets, neurons, stake, permits, and a root vote that has all subnets earn.

use crate::chain::{
	by_netuid, bytes, keypair, list, number, signed_by, subnets_call, variant, Call, Chain, ChainError, Heads, Keypair,
};
use crate::progress::Progress;
use crate::scenario::Scenario;

/// Accounts with money at genesis; the first is the chain's sudo key.
const COLDKEYS: [&str; 6] = ["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie"];
/// Registrations a block: they take a second or so where a subnet is large.
const BATCH: usize = 250;
/// Blocks within which the chain must have done what it was told.
const BLOCKS_TO_OBEY: u32 = 40;
/// Stake of the first validator; each further one has a little more, so that no two are equal.
const STAKE: u64 = 1_000_000_000_000;

/// Why a chain could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
	#[error(transparent)]
	Chain(#[from] ChainError),
	#[error("the chain did not do what it was told: {what} is {is}, not {asked}; does its runtime allow so many?")]
	Disobeyed { what: String, asked: u64, is: u64 },
}

/// Says what root is to do, and waits until it is done.
pub struct Stage<'a> {
	chain: &'a Chain,
	heads: Heads,
	scenario: Scenario,
	coldkeys: Vec<Keypair>,
	sudo_nonce: u64,
}

/// The keys that set rows, by uid; the same on every subnet.
pub fn validators(scenario: Scenario) -> Vec<Keypair> {
	(0..scenario.validators).map(|uid| keypair(&format!("//load//{uid}"))).collect()
}

impl<'a> Stage<'a> {
	/// On a chain whose sudo key has not been used.
	pub async fn new(chain: &'a Chain, scenario: Scenario) -> Result<Self, StageError> {
		let coldkeys = COLDKEYS.map(keypair).to_vec();
		Ok(Self { chain, heads: chain.heads().await?, scenario, coldkeys, sudo_nonce: 0 })
	}

	/// Does all of it; `validators` are those of the scenario.
	pub async fn set(mut self, validators: &[Keypair], progress: &Progress) -> Result<(), StageError> {
		self.open_subnets(progress).await?;
		self.register(validators, progress).await?;
		self.stake(validators, progress).await?;
		self.vote(validators).await
	}

	async fn open_subnets(&mut self, progress: &Progress) -> Result<(), StageError> {
		progress.step("opening subnets");
		let Scenario { neurons, validators, tempo, .. } = self.scenario;
		let parameters = [
			("MaxAllowedUids", neurons.into()),
			("MaxAllowedValidators", validators.into()),
			("Tempo", tempo.into()),
			("MaxRegistrationsPerBlock", 1_000),
			("TargetRegistrationsPerInterval", 1_000),
			// Every block, at a price that stays: registration is not to be what limits the run.
			("AdjustmentInterval", 1),
			("MaxBurn", 500_000),
			("WeightsSetRateLimit", 0u64),
		];
		for netuid in self.scenario.netuids() {
			let mut calls = Vec::new();
			if netuid > 1 {
				calls.push(subnets_call("create_network", vec![number(netuid), number(tempo)]));
				// Genesis has the first.
			}
			calls.extend(parameters.map(|(name, value)| {
				subnets_call("set_hyperparameter", vec![number(netuid), variant(name, number(value))])
			}));
			self.as_root(calls).await?;
		}
		for netuid in self.scenario.netuids() {
			self.until::<u16>("MaxAllowedUids", netuid, neurons.into()).await?;
		}
		Ok(())
	}

	async fn register(&mut self, validators: &[Keypair], progress: &Progress) -> Result<(), StageError> {
		progress.step("registering neurons");
		let Scenario { neurons, .. } = self.scenario;
		let all: Vec<(u16, u16)> =
			self.scenario.netuids().flat_map(|netuid| (0..neurons).map(move |uid| (netuid, uid))).collect();
		let mut done = 0;
		for batch in all.chunks(BATCH) {
			let call = |(netuid, uid): &(u16, u16)| {
				let hotkey = hotkey(validators, *uid);
				let register = subnets_call("burned_register", vec![number(*netuid), bytes(hotkey)]);
				signed_by(self.coldkey(*uid), register)
			};
			let calls = batch.iter().map(call).collect();
			self.as_root(calls).await?;
			if let Some((netuid, uid)) = batch.last() {
				self.until::<u16>("SubnetworkN", *netuid, u64::from(*uid) + 1).await?;
			}
			done += batch.len();
			progress.detail(format!("{done} of {}", all.len()));
		}
		Ok(())
	}

	/// Gives the validators stake, and waits for the epoch that gives them permits.
	async fn stake(&mut self, validators: &[Keypair], progress: &Progress) -> Result<(), StageError> {
		progress.step("waiting for permits");
		let add = |(uid, hotkey): (u16, &Keypair)| {
			let rao = STAKE + u64::from(uid) * STAKE / 100;
			let add = subnets_call("add_stake", vec![bytes(hotkey.public_key().0), number(1u16), number(rao)]);
			signed_by(self.coldkey(uid), add)
		};
		let calls = (0..).zip(validators).map(add).collect();
		self.as_root(calls).await?;
		for netuid in self.scenario.netuids() {
			let key = by_netuid("ValidatorPermit", netuid);
			let limit = BLOCKS_TO_OBEY + 2 * self.scenario.period();
			let asked = self.scenario.validators.into();
			self.until_value("ValidatorPermit", &key, limit, asked, |permits: Vec<bool>| {
				permits.into_iter().filter(|permit| *permit).count() as u64
			})
			.await?;
		}
		Ok(())
	}

	/// The first validator votes for all subnets alike.
	async fn vote(&mut self, validators: &[Keypair]) -> Result<(), StageError> {
		let hotkey = hotkey(validators, 0);
		let netuids = || self.scenario.netuids();
		let vote = vec![
			number(0u16),
			bytes(hotkey),
			list(netuids().map(number)),
			list(netuids().map(|_| number(u16::MAX))),
			number(0u16),
		];
		let calls = [("root_register", vec![bytes(hotkey)]), ("set_root_weights", vote)];
		let calls = calls.map(|(name, arguments)| signed_by(self.coldkey(0), subnets_call(name, arguments)));
		self.as_root(calls.into()).await?;
		let limit = BLOCKS_TO_OBEY + 2 * self.scenario.period();
		let key = by_netuid("PendingEmission", 1);
		// Emission is pending once the root epoch has counted the vote, in all blocks but those that pay it.
		self.until_value("emission", &key, limit, 1, |pending: u64| u64::from(pending > 0)).await
	}

	fn coldkey(&self, uid: u16) -> [u8; 32] {
		self.coldkeys[usize::from(uid) % self.coldkeys.len()].public_key().0
	}

	async fn as_root(&mut self, calls: Vec<Call>) -> Result<(), StageError> {
		self.chain.run_as_root(&self.coldkeys[0], self.sudo_nonce, calls).await?;
		self.sudo_nonce += 1;
		Ok(())
	}

	/// Waits until the value of `item` for `netuid` is `asked`.
	async fn until<Value>(&mut self, item: &str, netuid: u16, asked: u64) -> Result<(), StageError>
	where
		Value: codec::Decode + Into<u64>,
	{
		self.until_value(item, &by_netuid(item, netuid), BLOCKS_TO_OBEY, asked, Value::into).await
	}

	async fn until_value<Value: codec::Decode>(
		&mut self,
		what: &str,
		key: &[u8],
		blocks: u32,
		asked: u64,
		read: impl Fn(Value) -> u64,
	) -> Result<(), StageError> {
		let mut left = blocks;
		loop {
			let is = self.chain.value(key).await?.map_or(0, &read);
			if is == asked {
				return Ok(());
			}
			if left == 0 {
				return Err(StageError::Disobeyed { what: what.into(), asked, is });
			}
			left -= 1;
			self.heads.next().await?;
		}
	}
}

/// The hotkey of a uid: a validator's, or one that never signs.
fn hotkey(validators: &[Keypair], uid: u16) -> [u8; 32] {
	let miner = || sp_crypto_hashing::blake2_256(format!("miner {uid}").as_bytes());
	validators.get(usize::from(uid)).map_or_else(miner, |validator| validator.public_key().0)
}
