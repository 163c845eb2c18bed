// SPDX-License-Identifier: Apache-2.0

//! The localnet from start to report: what it says is what the votes must pay.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use e2e::oracle::{emission, stored_row, Voter};
use e2e::programs::{node_on, Localnet};
use e2e::random::Random;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use serde_json::{json, Value};

/// What the example pays to subnets 1 to 5, by 1e9 rao per block; 6 to 10 get what 5 gets.
const NORMALIZED: [u64; 5] = [450_385_397, 225_192_698, 163_776_508, 121_351_381, 6_549_002];
const UNNORMALIZED: [u64; 5] = [300_401_089, 226_969_711, 206_942_972, 169_588_074, 16_016_358];

#[tokio::test]
async fn the_example_pays_the_published_figures() {
	let mut localnet = Localnet::start(&["--windows", "0", "--block-time", "250ms"]);
	assert!(localnet.ended().await.success(), "{}", localnet.told());
	assert_eq!(node_on(localnet.rpc_port), None, "the node outlived the run");

	let report = Report::read(&localnet);
	assert_eq!(report.block_emission(), 1_000_000_000);
	for (column, figures) in [("normalized", NORMALIZED), ("unnormalized", UNNORMALIZED)] {
		let column = report.emission(column);
		assert_eq!(column.keys().copied().collect::<Vec<_>>(), (1..=10).collect::<Vec<u16>>());
		for (netuid, rao) in &column {
			let expected = figures[usize::from(netuid - 1).min(4)];
			assert!(rao.abs_diff(expected) <= 1, "subnet {netuid} earns {rao}, not {expected}");
		}
	}
	let rows: Vec<_> = (0..3).map(|index| report.stored(index)).collect();
	assert_eq!(rows[0], (1..=4).map(|netuid| (netuid, 65_535)).collect());
	assert_eq!(rows[1], (1..=10).map(|netuid| (netuid, 65_535)).collect());
	assert_eq!(rows[2], [(1, 65_535), (2, 17_476), (3, 4_369)].into());
	report.check_money(3);
	check_page(&localnet);
}

#[tokio::test]
async fn random_votes_pay_what_exact_rationals_say() {
	let (subnets, voters) = random_votes(&mut Random::seeded());
	let folder = tempfile::tempdir().expect("a folder can be made");
	let file = folder.path().join("votes.json");
	let text = votes_file(&subnets, &voters).to_string();
	println!("votes: {text}");
	fs::write(&file, &text).expect("the file can be written");

	let votes = file.to_str().expect("the path is text");
	let mut localnet =
		Localnet::start(&["--windows", "0", "--block-time", "250ms", "--payouts", "2", "--votes", votes]);
	assert!(localnet.ended().await.success(), "{}", localnet.told());

	let report = Report::read(&localnet);
	for (index, voter) in voters.iter().enumerate() {
		assert_eq!(report.stored(index), stored_row(&voter.weights), "row of validator {}", index + 1);
	}
	for (column, normalize) in [("normalized", true), ("unnormalized", false)] {
		let exact = emission(&voters, report.block_emission(), normalize);
		let reported = report.emission(column);
		for netuid in exact.keys().chain(reported.keys()) {
			let rao = reported.get(netuid).copied().unwrap_or(0);
			let off =
				BigRational::from_integer(rao.into()) - exact.get(netuid).cloned().unwrap_or_else(BigRational::zero);
			assert!(off.abs() <= BigRational::one(), "{column}: subnet {netuid} earns {rao}, which is off by {off}");
		}
	}
	report.check_money(2);
}

/// Two to twelve subnets with gaps between them, one to eight validators who vote for some of them.
fn random_votes(random: &mut Random) -> (BTreeSet<u16>, Vec<Voter>) {
	let n_subnets = random.between(2, 12) as usize;
	let mut subnets = BTreeSet::new();
	while subnets.len() < n_subnets {
		subnets.insert(random.between(1, 60) as u16);
	}
	let voter = |random: &mut Random| {
		let stake = random.between(1, 9) * 10u64.pow(random.between(9, 13) as u32) + random.between(0, 999_999_999);
		let mut weights = BTreeMap::new();
		while weights.is_empty() {
			let voted = subnets.iter().filter(|_| !random.one_in(3)).copied().collect::<Vec<_>>();
			// 64ths are exact in binary: reading the file rounds nothing, so a tie is one to client and oracle alike.
			weights.extend(voted.into_iter().map(|netuid| (netuid, random.between(1, 6_400) as f64 / 64.0)));
		}
		Voter { stake, weights }
	};
	let voters = (0..random.between(1, 8)).map(|_| voter(random)).collect();
	(subnets, voters)
}

fn votes_file(subnets: &BTreeSet<u16>, voters: &[Voter]) -> Value {
	let validators = voters.iter().map(|voter| json!({"stake_rao": voter.stake, "weights": voter.weights}));
	json!({"subnets": subnets, "validators": validators.collect::<Vec<_>>()})
}

/// `report.json` of a run.
struct Report(Value);

impl Report {
	fn read(localnet: &Localnet) -> Self {
		let text = fs::read_to_string(localnet.report().join("report.json")).expect("the report is there");
		Self(serde_json::from_str(&text).expect("the report is JSON"))
	}

	fn block_emission(&self) -> u64 {
		self.0["root"]["block_emission"].as_u64().expect("a number")
	}

	/// A column of the emission, which must sum to the block emission exactly.
	fn emission(&self, column: &str) -> BTreeMap<u16, u64> {
		let column: BTreeMap<u16, u64> = by_netuid(&self.0["root"][column]);
		assert_eq!(column.values().sum::<u64>(), self.block_emission());
		column
	}

	fn stored(&self, index: usize) -> BTreeMap<u16, u16> {
		by_netuid(&self.0["votes"][index]["stored"])
	}

	/// All money is somewhere, and every payout was whole.
	fn check_money(&self, n_payouts: usize) {
		let issuance = |place: &str| self.0["issuance"][place].as_u64().expect("a number");
		assert_eq!(issuance("total"), issuance("balances") + issuance("stake") + issuance("pending"));
		let payouts = self.0["payouts"].as_array().expect("a list");
		assert_eq!(payouts.len(), n_payouts);
		for payout in payouts {
			assert_eq!(payout["rao"], self.block_emission());
		}
	}
}

fn by_netuid<T: TryFrom<u64>>(object: &Value) -> BTreeMap<u16, T> {
	let entries = object.as_object().expect("an object").iter();
	entries
		.map(|(netuid, value)| {
			let value = value.as_u64().and_then(|value| value.try_into().ok()).expect("a number");
			(netuid.parse().expect("a netuid"), value)
		})
		.collect()
}

/// The page has its two charts and loads nothing.
fn check_page(localnet: &Localnet) {
	let page = fs::read_to_string(localnet.report().join("report.html")).expect("the page is there");
	assert_eq!(page.matches("<svg").count(), 2);
	for outside in ["http://", "https://", "src=", "href=", "url(", "@import"] {
		assert!(!page.contains(outside), "the page has {outside}");
	}
}
