// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0
//! A running node: its flags, and what they come to on the chain at hand.
//!
//! A chain is either sealed by one node or kept by authorities in a network. Flags that mean something on chains of the
//! other kind only are refused before anything starts.

use clap::{Args, ValueEnum};
use sc_cli::{
	CliConfiguration, Error, ImportParams, PrometheusParams, Result, Role, RpcEndpoint, RpcParams, SharedParams,
};
use sc_network::config::{NetworkConfiguration, NodeKeyConfig};
use sc_service::{
	config::{KeystoreConfig, PrometheusConfig},
	BasePath, ChainSpec, TransactionPoolOptions,
};
use sc_transaction_pool::TransactionPoolType;
use std::{net::TcpListener, path::PathBuf, str::FromStr, time::Duration};

use super::{described, network::NetworkFlags, CHAIN_HELP, STATE_PRUNING_HELP};
use crate::{chain_spec, sealing::Sealing, service::Mode};

/// Time between two blocks of a sealed chain unless a flag says otherwise.
const DEFAULT_BLOCK_TIME: Duration = Duration::from_secs(1);
/// Folder of the keys that the subcommand `key insert` stores.
const KEYSTORE_FOLDER: &str = "keystore";

/// Flags of a running node.
#[derive(Debug, Args)]
#[command(
	mut_arg("chain", |arg| described(arg, CHAIN_HELP)),
	mut_arg("dev", |arg| described(arg, "Short for `--chain dev --tmp --rpc-cors all`")),
	mut_arg("state_pruning", |arg| described(arg, STATE_PRUNING_HELP)),
	mut_arg("prometheus_port", |arg| described(arg, PROMETHEUS_PORT_HELP)),
	mut_arg("prometheus_external", |arg| described(arg, "Serve metrics on all interfaces, not to this machine alone")),
	mut_arg("no_prometheus", |arg| described(arg, "Serve no metrics")),
)]
pub struct RunCmd {
	/// What makes a block due, on a chain that one node makes by itself [default: interval].
	#[arg(long, value_enum)]
	sealing: Option<SealingMode>,

	/// Time between two blocks with interval sealing, such as `250ms` or `12s` [default: 1s].
	#[arg(long, value_name = "DURATION")]
	block_time: Option<BlockTime>,

	/// Keep the chain in a temporary directory that goes when the node ends. Implied by `--dev`.
	#[arg(long, conflicts_with = "base_path")]
	tmp: bool,

	/// Name of the node, in its log and for its peers [default: a random one, or that of the authority].
	#[arg(long, value_name = "NAME")]
	name: Option<String>,

	#[command(flatten)]
	shared_params: SharedParams,

	#[command(flatten)]
	authority: AuthorityFlags,

	#[command(flatten)]
	network: NetworkFlags,

	#[command(flatten, next_help_heading = "RPC")]
	rpc_params: RpcParams,

	#[command(flatten, next_help_heading = "Metrics")]
	prometheus_params: PrometheusParams,

	#[command(flatten, next_help_heading = "Database and pool")]
	import_params: ImportParams,

	/// How many transactions may wait for a block.
	#[arg(long, value_name = "COUNT", default_value_t = 8192)]
	pool_limit: usize,

	/// How large the waiting transactions may be together, in KiB.
	#[arg(long, value_name = "COUNT", default_value_t = 20480)]
	pool_kbytes: usize,
}

const PROMETHEUS_PORT_HELP: &str = "TCP port of the metrics, at `/metrics` [default: 9615, or none if that is taken]";

/// Which authority the node is; none if no flag is given.
#[derive(Debug, Args)]
#[command(next_help_heading = "Authorities that take turns")]
#[group(multiple = false)]
struct AuthorityFlags {
	/// Author and vote with the keys in the keystore, which `key insert` puts there.
	#[arg(long)]
	validator: bool,

	/// Author and vote as Alice, whose keys everybody knows.
	#[arg(long)]
	alice: bool,

	/// Author and vote as Bob, whose keys everybody knows.
	#[arg(long)]
	bob: bool,

	/// Author and vote as Charlie, whose keys everybody knows.
	#[arg(long)]
	charlie: bool,
}

impl AuthorityFlags {
	/// The flag that was given.
	fn given(&self) -> Option<&'static str> {
		self.validator.then_some("--validator").or_else(|| self.well_known().map(|(flag, _)| flag))
	}

	/// The flag and the name of an authority whose keys everybody knows.
	fn well_known(&self) -> Option<(&'static str, &'static str)> {
		let flags =
			[(self.alice, "--alice", "Alice"), (self.bob, "--bob", "Bob"), (self.charlie, "--charlie", "Charlie")];
		flags.into_iter().find_map(|(is_given, flag, name)| is_given.then_some((flag, name)))
	}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SealingMode {
	/// A block every `--block-time`, final at once.
	Interval,
	/// A block as soon as a transaction is ready, final at once.
	Instant,
	/// A block for each `engine_createBlock` by RPC, final if that says so or by `engine_finalizeBlock`.
	Manual,
}

/// A time between two blocks: whole milliseconds, at least one.
#[derive(Clone, Copy, Debug)]
struct BlockTime(Duration);

/// Why a text is no block time.
#[derive(Debug, thiserror::Error)]
enum BlockTimeError {
	#[error("must be longer than zero")]
	Zero,
	#[error("expected a whole number and a unit, `ms` or `s`, such as `250ms` or `1s`")]
	Malformed,
}

impl FromStr for BlockTime {
	type Err = BlockTimeError;

	fn from_str(text: &str) -> std::result::Result<Self, BlockTimeError> {
		let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
		let number: u32 = number.parse().map_err(|_| BlockTimeError::Malformed)?;
		match unit {
			"ms" | "s" if number == 0 => Err(BlockTimeError::Zero),
			"ms" => Ok(Self(Duration::from_millis(number.into()))),
			"s" => Ok(Self(Duration::from_secs(number.into()))),
			_ => Err(BlockTimeError::Malformed),
		}
	}
}

/// Why flags make no sense together, or on their chain.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
	#[error(
		"`{flag}` has no effect on the chain `{chain}`, which one node makes by itself: leave it out, or use `--chain local`"
	)]
	Sealed { flag: &'static str, chain: String },
	#[error(
		"`{flag}` has no effect on the chain `{chain}`, whose authorities take turns: leave it out, or use \
		 `--chain localnet`"
	)]
	Networked { flag: &'static str, chain: String },
	#[error("`--block-time` has an effect with `--sealing interval` alone: leave one of them out")]
	BlockTime,
}

impl RunCmd {
	/// The id or path of the chain that is asked for.
	pub fn chain_id(&self) -> Result<String> {
		Ok(self.shared_params.chain_id(self.shared_params.is_dev()))
	}

	/// What the flags come to on the chain `spec`.
	pub fn resolve(&self, spec: &dyn ChainSpec) -> std::result::Result<Run<'_>, UsageError> {
		let chain = || spec.id().to_owned();
		let mode = if chain_spec::is_sealed(spec) {
			if let Some(flag) = self.authority.given().or_else(|| self.network.given()) {
				return Err(UsageError::Sealed { flag, chain: chain() });
			}
			Mode::Sealed(self.sealing()?)
		} else {
			let flags = [("--sealing", self.sealing.is_some()), ("--block-time", self.block_time.is_some())];
			if let Some((flag, _)) = flags.into_iter().find(|(_, is_given)| *is_given) {
				return Err(UsageError::Networked { flag, chain: chain() });
			}
			Mode::Networked
		};
		Ok(Run { flags: self, mode })
	}

	fn sealing(&self) -> std::result::Result<Sealing, UsageError> {
		match (self.sealing.unwrap_or(SealingMode::Interval), self.block_time) {
			(SealingMode::Interval, time) => Ok(Sealing::Interval(time.map_or(DEFAULT_BLOCK_TIME, |time| time.0))),
			(_, Some(_)) => Err(UsageError::BlockTime),
			(SealingMode::Instant, None) => Ok(Sealing::Instant),
			(SealingMode::Manual, None) => Ok(Sealing::Manual),
		}
	}
}

/// Flags that make sense on their chain.
#[derive(Debug)]
pub struct Run<'a> {
	flags: &'a RunCmd,
	mode: Mode,
}

impl Run<'_> {
	/// How the node takes part in its chain.
	pub fn mode(&self) -> Mode {
		self.mode
	}

	fn is_networked(&self) -> bool {
		self.mode == Mode::Networked
	}

	/// Blocks that nobody builds upon are there with peers, and where a request may name any parent.
	fn has_forks(&self) -> bool {
		matches!(self.mode, Mode::Networked | Mode::Sealed(Sealing::Manual))
	}
}

impl CliConfiguration for Run<'_> {
	fn shared_params(&self) -> &SharedParams {
		&self.flags.shared_params
	}

	fn import_params(&self) -> Option<&ImportParams> {
		Some(&self.flags.import_params)
	}

	fn base_path(&self) -> Result<Option<BasePath>> {
		if self.flags.tmp {
			return Ok(Some(BasePath::new_temp_dir()?));
		}
		self.flags.shared_params.base_path()
	}

	/// Who seals by itself is an authority: the pool of a mere full node refuses transactions that are not passed on.
	fn role(&self, _is_dev: bool) -> Result<Role> {
		let is_authority = !self.is_networked() || self.flags.authority.given().is_some();
		Ok(if is_authority { Role::Authority } else { Role::Full })
	}

	fn node_name(&self) -> Result<String> {
		let authority = self.flags.authority.well_known().map(|(_, name)| name.to_owned());
		Ok(self.flags.name.clone().or(authority).unwrap_or_else(sc_cli::generate_node_name))
	}

	fn dev_key_seed(&self, _is_dev: bool) -> Result<Option<String>> {
		Ok(self.flags.authority.well_known().map(|(_, name)| format!("//{name}")))
	}

	/// Keys that everybody knows are not worth a file, and would stay in it when the next start names another authority.
	fn keystore_config(&self, config_dir: &PathBuf) -> Result<KeystoreConfig> {
		if self.flags.authority.validator {
			return Ok(KeystoreConfig::Path { path: config_dir.join(KEYSTORE_FOLDER), password: None });
		}
		Ok(KeystoreConfig::InMemory)
	}

	fn node_key(&self, net_config_dir: &PathBuf) -> Result<NodeKeyConfig> {
		if self.is_networked() {
			return self.flags.network.node_key(net_config_dir);
		}
		Ok(NodeKeyConfig::default())
	}

	fn network_config(
		&self,
		chain_spec: &Box<dyn ChainSpec>,
		_is_dev: bool,
		_is_validator: bool,
		net_config_dir: PathBuf,
		client_id: &str,
		node_name: &str,
		node_key: NodeKeyConfig,
		default_listen_port: u16,
	) -> Result<NetworkConfiguration> {
		let mut config = NetworkConfiguration::new(node_name, client_id, node_key, Some(net_config_dir));
		if self.is_networked() {
			self.flags.network.apply(&**chain_spec, default_listen_port, &mut config);
		}
		Ok(config)
	}

	fn transaction_pool(&self, _is_dev: bool) -> Result<TransactionPoolOptions> {
		let may_retry_at_once = true; // Nobody attacks a dev chain, but people do try twice.
		Ok(TransactionPoolOptions::new_with_params(
			self.flags.pool_limit,
			self.flags.pool_kbytes.saturating_mul(1024),
			None,
			if self.has_forks() { TransactionPoolType::ForkAware } else { TransactionPoolType::SingleState },
			may_retry_at_once,
			false,
		))
	}

	fn rpc_addr(&self, default_listen_port: u16) -> Result<Option<Vec<RpcEndpoint>>> {
		// Only forbids `--rpc-external`, which protects the keys of authorities.
		let is_validator = self.is_networked() && self.flags.authority.given().is_some();
		let mut endpoints = self.flags.rpc_params.rpc_addr(self.is_dev()?, is_validator, default_listen_port)?;
		// On a port other than the one asked for nobody would find the node, or they would find the wrong one.
		endpoints.iter_mut().flatten().for_each(|endpoint| endpoint.retry_random_port = false);
		Ok(endpoints)
	}

	fn rpc_max_connections(&self) -> Result<u32> {
		Ok(self.flags.rpc_params.rpc_max_connections)
	}

	/// A port that was asked for and is taken is an error; the usual one is often taken by another node.
	fn prometheus_config(
		&self,
		default_listen_port: u16,
		chain_spec: &Box<dyn ChainSpec>,
	) -> Result<Option<PrometheusConfig>> {
		let params = &self.flags.prometheus_params;
		let Some(config) = params.prometheus_config(default_listen_port, chain_spec.id().into()) else {
			return Ok(None);
		};
		match TcpListener::bind(config.port) {
			Ok(_) => Ok(Some(config)),
			Err(_) if params.prometheus_port.is_none() => Ok(None),
			Err(reason) => Err(Error::Input(format!(
				"metrics cannot be served at {}: {reason}; name another port by `--prometheus-port`",
				config.port
			))),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cli::Cli;
	use clap::Parser;

	#[track_caller]
	fn resolved(arguments: &[&str]) -> std::result::Result<Mode, UsageError> {
		let cli = Cli::try_parse_from([&["root-weights-node"], arguments].concat()).expect("the flags are well formed");
		let spec = chain_spec::load(&cli.run.chain_id().expect("an id")).expect("the chain is known");
		cli.run.resolve(&spec).map(|run| run.mode())
	}

	#[track_caller]
	fn check_sealing(arguments: &[&str], expected: Sealing) {
		assert_eq!(resolved(arguments), Ok(Mode::Sealed(expected)));
	}

	#[track_caller]
	fn check_refused(arguments: &[&str], reasons: &[&str]) {
		let arguments = [&["root-weights-node"], arguments].concat();
		let error = match Cli::try_parse_from(arguments.clone()) {
			Err(error) => error.to_string(),
			Ok(_) => resolved(&arguments[1..]).expect_err("the flags do not fit").to_string(),
		};
		assert!(reasons.iter().all(|reason| error.contains(reason)), "{error}");
	}

	#[test]
	fn default_is_a_block_every_second() {
		check_sealing(&["--chain", "localnet"], Sealing::Interval(Duration::from_secs(1)));
	}

	#[test]
	fn block_time_is_read_with_its_unit() {
		check_sealing(&["--dev", "--block-time", "250ms"], Sealing::Interval(Duration::from_millis(250)));
		check_sealing(&["--dev", "--block-time", "12s"], Sealing::Interval(Duration::from_secs(12)));
	}

	#[test]
	fn sealing_is_chosen_by_flag() {
		check_sealing(&["--dev", "--sealing", "instant"], Sealing::Instant);
		check_sealing(&["--dev", "--sealing", "manual"], Sealing::Manual);
	}

	#[test]
	fn block_time_of_zero_is_refused() {
		check_refused(&["--dev", "--block-time", "0s"], &["must be longer than zero"]);
		check_refused(&["--dev", "--block-time", "0ms"], &["must be longer than zero"]);
	}

	#[test]
	fn malformed_block_time_is_refused_with_an_example() {
		for text in ["", "1", "s", "1h", "-1s", "0.5s", "1 s", "99999999999s"] {
			check_refused(&["--dev", &format!("--block-time={text}")], &["such as `250ms`"]);
		}
	}

	#[test]
	fn block_time_without_an_interval_is_refused() {
		for sealing in ["instant", "manual"] {
			check_refused(&["--dev", "--sealing", sealing, "--block-time", "1s"], &["--block-time", "interval"]);
		}
	}

	#[test]
	fn a_chain_of_authorities_has_a_network() {
		for arguments in [&["--alice"][..], &["--validator", "--port", "30334"], &["--name", "watcher"], &[]] {
			assert_eq!(resolved(&[&["--chain", "local"], arguments].concat()), Ok(Mode::Networked));
		}
	}

	#[test]
	fn flags_for_peers_are_refused_where_one_node_seals() {
		let peer = "/ip4/127.0.0.1/tcp/1/p2p/12D3KooWEBo1HUPQJwiBmM5kSeg4XgiVxEArArQdDarYEsGxMfbS";
		for flags in [
			&["--alice"][..],
			&["--bob"],
			&["--charlie"],
			&["--validator"],
			&["--port", "1"],
			&["--listen-addr", "/ip4/127.0.0.1/tcp/1"],
			&["--public-addr", "/ip4/127.0.0.1/tcp/1"],
			&["--bootnodes", peer],
			&["--reserved-nodes", peer],
			&["--no-mdns"],
			&["--node-key", "00"],
			&["--node-key-file", "key"],
		] {
			let refused = [&format!("`{}`", flags[0]), "`localnet`", "`--chain local`"];
			check_refused(&[&["--chain", "localnet"], flags].concat(), &refused);
		}
	}

	#[test]
	fn sealing_is_refused_where_authorities_take_turns() {
		for flags in [["--sealing", "manual"], ["--block-time", "2s"]] {
			check_refused(&[&["--chain", "local"][..], &flags].concat(), &[flags[0], "`local`", "`--chain localnet`"]);
		}
	}

	#[test]
	fn contradictions_are_refused() {
		check_refused(&["--chain", "local", "--alice", "--bob"], &["--alice", "--bob"]);
		check_refused(&["--chain", "local", "--reserved-only"], &["--reserved-nodes"]);
		check_refused(&["--chain", "local", "--port", "1", "--listen-addr", "/ip4/127.0.0.1/tcp/1"], &["--port"]);
	}
}
