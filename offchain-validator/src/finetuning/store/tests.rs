// SPDX-License-Identifier: Apache-2.0

mod folder;
mod hub;
pub(in crate::finetuning) mod server;

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use super::super::hparams;
use super::*;
use crate::model::description::{Description, Numbers};
use crate::model::ModelConfig;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn address() -> Address {
	format!("maker/model@{COMMIT}").parse().expect("an address")
}

/// Limits of so many bytes.
fn scoring(max_bytes: u64) -> Params {
	let scoring = hparams::tests::read("hparams/localnet-finetuning.json").expect("they hold").scoring;
	Params { max_hugging_face_bytes: max_bytes, ..scoring }
}

/// A cache in a folder of its own.
fn cache(folder: &Path) -> Cache {
	Cache::open(&folder.join("cache")).expect("a folder can be made")
}

/// What fetching at most 1,000 bytes in two seconds gives.
async fn fetch(store: &Store, cache: &Cache) -> Fetched {
	fetch_with(store, cache, &scoring(1_000), None).await
}

/// What fetching a model gives that is entered for a competition of at most 200,000 parameters.
async fn fetch_entry(store: &Store, cache: &Cache) -> Fetched {
	let scoring = scoring(1 << 20);
	fetch_with(store, cache, &scoring, scoring.competitions.first()).await
}

async fn fetch_with(store: &Store, cache: &Cache, scoring: &Params, competition: Option<&Competition>) -> Fetched {
	let limits = Limits { scoring, competition, deadline: Duration::from_secs(2), only: None };
	store.fetch(&address(), limits, cache, |_| true).await.expect("our side works")
}

/// What `config.json` says of a model of so many layers, each of 41,088 parameters, beside 32,832 others.
fn config(layers: usize) -> Vec<u8> {
	let hparams = hparams::tests::read("hparams/localnet-finetuning.json").expect("they hold");
	let model = ModelConfig { num_hidden_layers: layers, ..hparams.model };
	Description { model, numbers: Numbers::F32 }.write().expect("it is JSON")
}

/// Nothing was kept of what was fetched, nor of the attempt.
fn assert_empty(cache_of: &Path) {
	assert_eq!(fs::read_dir(cache_of.join("cache")).expect("it is there").count(), 0);
}

#[track_caller]
fn refused(fetched: Fetched, words: &str) {
	match fetched {
		Fetched::Refused(why) if why.contains(words) => {},
		other => panic!("{other:?} does not say {words}"),
	}
}

#[test]
fn addresses_cannot_lead_anywhere_else() {
	assert_eq!(address().to_string(), format!("maker/model@{COMMIT}"));
	for bad in ["", "maker", "maker@main", "../x/model", "maker/..", "maker//model", "a--b/model", "maker/mo:del"] {
		assert!(bad.parse::<Address>().is_err(), "{bad}");
		assert!(format!("{bad}@{COMMIT}").parse::<Address>().is_err(), "{bad}");
	}
	assert!("maker/model@main".parse::<Address>().is_err(), "a branch is no commit");
}

#[test]
fn what_says_which_model_it_is_is_fetched_first() {
	let scoring = scoring(1_000);
	let limits =
		Limits { scoring: &scoring, competition: scoring.competitions.first(), deadline: Duration::ZERO, only: None };
	let names = ["added_tokens.json", "config.json", "model.safetensors"];
	let listing = names.map(|name| (name.to_owned(), 1));
	let order = files::checked(listing.into(), limits).expect("they are small");
	assert_eq!(order.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), [names[1], names[0], names[2]]);
}

#[test]
fn copies_go_when_nobody_has_them_and_their_time_is_over() {
	let folder = tempfile::tempdir().expect("a folder can be made");
	let cache = cache(folder.path());
	let keep = |text: &str| {
		let content = Digest::of(text);
		cache.keep(cache.incoming().expect("a folder"), &content).expect("it can be kept");
		content
	};
	let (used, unused) = (keep("used"), keep("unused"));
	let (grace, now) = (Duration::from_secs(60), SystemTime::now());
	let clean = |after: Duration| cache.clean(&[used].into(), grace, now + after).expect("it can be read");
	assert_eq!(clean(Duration::ZERO), 0);
	assert_eq!(clean(grace * 2), 1);
	assert!(cache.get(&used).is_some() && cache.get(&unused).is_none());
}
