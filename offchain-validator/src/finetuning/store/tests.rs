// SPDX-License-Identifier: Apache-2.0

mod folder;
mod hub;
pub(in crate::finetuning) mod server;

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use super::super::hparams;
use super::*;

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
	let limits = Limits { scoring: &scoring(1_000), deadline: Duration::from_secs(2), only: None };
	store.fetch(&address(), limits, cache, |_| true).await.expect("our side works")
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
