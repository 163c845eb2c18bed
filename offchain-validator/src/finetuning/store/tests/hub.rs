// SPDX-License-Identifier: Apache-2.0

use std::time::Instant;

use serde_json::{json, Value};

use super::server::{Answer, Server};
use super::*;

/// The list of a repository, as the hub gives it.
fn list(files: Value) -> Answer {
	Answer::Body(json!({"id": "maker/model", "sha": COMMIT, "siblings": files}).to_string().into())
}

fn files(sizes: &[(&str, u64)]) -> Value {
	sizes.iter().map(|(name, size)| json!({"rfilename": name, "size": size})).collect()
}

/// A hub with this list and these files.
fn hub(
	list: impl Fn() -> Answer + Send + Sync + 'static,
	file: impl Fn(&str) -> Answer + Send + Sync + 'static,
) -> Server {
	Server::start(move |path| {
		let listing = format!("/api/models/maker/model/revision/{COMMIT}?blobs=true");
		match path.strip_prefix(&format!("/maker/model/resolve/{COMMIT}/")) {
			_ if path == listing => list(),
			Some(name) => file(name),
			None => Answer::Status(404),
		}
	})
}

/// What is fetched from it, in a folder for copies.
async fn fetched(server: &Server) -> (tempfile::TempDir, Fetched) {
	let folder = tempfile::tempdir().expect("a folder can be made");
	let store = Store::Hub(Hub::new(&server.endpoint).expect("a client"));
	let fetched = fetch(&store, &cache(folder.path())).await;
	(folder, fetched)
}

#[track_caller]
fn unreachable(fetched: &Fetched, words: &str) {
	match fetched {
		Fetched::Unreachable(why) if why.contains(words) => {},
		other => panic!("{other:?} does not say {words}"),
	}
}

/// Trap 14. Code and pickles stay where they are.
#[tokio::test]
async fn the_files_of_a_model_are_fetched_and_nothing_else_is_asked_for() {
	let listed = [("config.json", 2), ("model.safetensors", 7), ("pytorch_model.bin", 1 << 40), ("../evil.json", 1)];
	let server = hub(
		move || list(files(&listed)),
		|name| Answer::Body(if name == "config.json" { b"{}".into() } else { b"weights".into() }),
	);
	let (_folder, fetched) = fetched(&server).await;
	let Fetched::Repository(repository) = fetched else { panic!("{fetched:?}") };
	assert_eq!((repository.content, 9), contents(&repository.folder).expect("it can be read"));
	assert_eq!(fs::read(repository.folder.join("model.safetensors")).expect("a copy"), b"weights");
	assert_eq!(server.asked.lock().expect("nobody panics").len(), 3);
}

#[tokio::test]
async fn what_is_not_public_is_missing() {
	for status in [401, 403, 404] {
		let server = hub(move || Answer::Status(status), |_| Answer::Status(404));
		assert_eq!(fetched(&server).await.1, Fetched::Missing);
	}
	let server = hub(|| list(files(&[("config.json", 2)])), |_| Answer::Status(404));
	let (folder, fetched) = fetched(&server).await;
	assert_eq!(fetched, Fetched::Missing);
	assert_empty(folder.path());
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_any_file_is_asked_for() {
	let server = hub(|| list(files(&[("a.safetensors", 1_001)])), |_| Answer::Status(500));
	refused(fetched(&server).await.1, "larger than 1000 bytes");
	assert_eq!(server.asked.lock().expect("nobody panics").len(), 1);
	let server = hub(|| Answer::Endless, |_| Answer::Status(500));
	refused(fetched(&server).await.1, "list of files has more than");
}

/// The names of the files that are asked for of an entry with this `config.json`; and what comes of it.
async fn asked_of_entry(config: Vec<u8>) -> (Vec<String>, Fetched) {
	let sizes = [("added_tokens.json", 7), ("config.json", config.len() as u64), ("model.safetensors", 7)];
	let server = hub(
		move || list(files(&sizes)),
		move |name| Answer::Body(if name == "config.json" { config.clone() } else { b"weights".into() }),
	);
	let folder = tempfile::tempdir().expect("a folder can be made");
	let store = Store::Hub(Hub::new(&server.endpoint).expect("a client"));
	let fetched = fetch_entry(&store, &cache(folder.path())).await;
	let asked = server.asked.lock().expect("nobody panics");
	let names = asked.iter().filter_map(|path| path.split_once("/resolve/")?.1.split_once('/'));
	(names.map(|(_, name)| name.to_owned()).collect(), fetched)
}

#[tokio::test]
async fn too_many_parameters_are_refused_before_the_weights_are_asked_for() {
	let (asked, fetched) = asked_of_entry(config(5)).await;
	refused(fetched, "238272 parameters are more than 200000");
	assert_eq!(asked, ["config.json"]);
	let (asked, fetched) = asked_of_entry(config(4)).await;
	assert!(matches!(fetched, Fetched::Repository(_)), "{fetched:?}");
	assert_eq!(asked, ["config.json", "added_tokens.json", "model.safetensors"]);
}

#[tokio::test]
async fn what_describes_no_model_is_refused_before_the_weights_are_asked_for() {
	for (config, words) in [(b"{}".to_vec(), "config.json"), (vec![b' '; 1 << 16], "config.json")] {
		let (asked, fetched) = asked_of_entry(config).await;
		refused(fetched, words);
		assert_eq!(asked, ["config.json"]);
	}
	let (asked, fetched) = asked_of_entry(vec![b' '; (1 << 16) + 1]).await;
	refused(fetched, "config.json has 65537 bytes: more than 65536");
	assert!(asked.is_empty());
}

#[tokio::test]
async fn a_file_that_has_not_its_size_is_the_hubs_fault() {
	let short: fn(&str) -> Answer = |_| Answer::Body(b"{".into());
	let long: fn(&str) -> Answer = |_| Answer::Body(b"{  }".into());
	let endless: fn(&str) -> Answer = |_| Answer::Endless;
	for file in [short, long, endless] {
		let server = hub(|| list(files(&[("config.json", 2)])), file);
		let (folder, fetched) = fetched(&server).await;
		unreachable(&fetched, "config.json has not the size");
		assert_empty(folder.path());
	}
	let server = hub(|| list(files(&[("config.json", 2)])), |_| Answer::Short(b"{}".into()));
	unreachable(&fetched(&server).await.1, "");
}

#[tokio::test]
async fn a_hub_that_talks_nonsense_takes_no_score_from_anybody() {
	for text in ["", "[]", "{\"sha\": 1}", "{\"sha\": \"another\", \"siblings\": []}"] {
		let server = hub(move || Answer::Body(text.into()), |_| Answer::Status(404));
		unreachable(&fetched(&server).await.1, "");
	}
	let server = hub(|| list(json!([{"rfilename": "config.json"}])), |_| Answer::Status(404));
	unreachable(&fetched(&server).await.1, "does not tell the size of config.json");
	let server = hub(|| Answer::Status(500), |_| Answer::Status(404));
	unreachable(&fetched(&server).await.1, "500");
}

#[tokio::test]
async fn a_hub_that_does_not_answer_is_not_waited_for() {
	let start = Instant::now();
	let silent = hub(|| Answer::Nothing, |_| Answer::Nothing);
	unreachable(&fetched(&silent).await.1, "not read within 2s");
	let half = hub(|| list(files(&[("config.json", 2)])), |_| Answer::Nothing);
	let (folder, fetched) = fetched(&half).await;
	unreachable(&fetched, "not read within 2s");
	assert_empty(folder.path());
	assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn nobody_publishes_at_a_hub() {
	let store = Store::Hub(Hub::new("http://127.0.0.1:9").expect("a client"));
	assert!(matches!(store.publish("own".into(), address()).await, Err(StoreError::ReadOnly)));
}
