// SPDX-License-Identifier: Apache-2.0

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::*;

/// A store, and a folder for copies beside it.
struct Place {
	folder: TempDir,
	store: Store,
	cache: Cache,
}

fn place() -> Place {
	let folder = tempfile::tempdir().expect("a folder can be made");
	let store = Store::Folder(Folder::open(&folder.path().join("store")).expect("a folder can be made"));
	let cache = cache(folder.path());
	Place { folder, store, cache }
}

impl Place {
	fn repository(&self) -> PathBuf {
		self.folder.path().join("store/models--maker--model")
	}

	/// The commit's folder, as somebody makes it who does not publish as we do.
	fn commit(&self) -> PathBuf {
		let commit = self.repository().join("snapshots").join(COMMIT);
		fs::create_dir_all(&commit).expect("a folder can be made");
		commit
	}

	async fn fetch(&self) -> Fetched {
		fetch(&self.store, &self.cache).await
	}
}

fn write(path: &Path, bytes: &[u8]) {
	fs::write(path, bytes).expect("it can be written");
}

#[tokio::test]
async fn what_is_published_is_fetched() {
	let place = place();
	let own = place.folder.path().join("own");
	fs::create_dir(&own).expect("a folder can be made");
	write(&own.join("config.json"), b"{}");
	write(&own.join("model.safetensors"), b"weights");
	write(&own.join("diary.txt"), b"nobody's business");
	assert_eq!(place.fetch().await, Fetched::Missing);
	place.store.publish(own.clone(), address()).await.expect("it can be published");
	let Fetched::Repository(repository) = place.fetch().await else { panic!("it is published") };
	assert_eq!((repository.content, 9), contents(&own).expect("it can be read"));
	assert_eq!(place.cache.get(&repository.content), Some(repository.folder.clone()));
	assert_eq!(fs::read(repository.folder.join("model.safetensors")).expect("a copy"), b"weights");
	assert!(!place.commit().join("diary.txt").exists(), "only a model's files are published");
}

#[tokio::test]
async fn content_that_does_not_answer_to_its_hash_is_refused_and_not_kept() {
	let place = place();
	write(&place.commit().join("config.json"), b"{}");
	let limits = Limits { scoring: &scoring(1_000), competition: None, deadline: Duration::from_secs(2), only: None };
	let claimed = |content: &Digest| *content == Digest::of("else");
	let fetched = place.store.fetch(&address(), limits, &place.cache, claimed).await;
	refused(fetched.expect("our side works"), "does not answer to the hash");
	assert_empty(place.folder.path());
}

/// Trap 14. Code and pickles stay where they are.
#[tokio::test]
async fn only_the_files_of_a_model_are_copied_and_counted() {
	let place = place();
	let commit = place.commit();
	write(&commit.join("model.safetensors"), b"weights");
	write(&commit.join("pytorch_model.bin"), &[0; 2_000]);
	write(&commit.join("model.py"), &[0; 2_000]);
	write(&commit.join(".hidden.json"), &[0; 2_000]);
	write(&commit.join("bl ank.json"), &[0; 2_000]);
	fs::create_dir(commit.join("folder")).expect("a folder can be made");
	write(&commit.join("folder/a.json"), &[0; 2_000]);
	let Fetched::Repository(repository) = place.fetch().await else { panic!("it keeps within its limits") };
	assert_eq!(fs::read_dir(repository.folder).expect("a copy").count(), 1);
}

#[tokio::test]
async fn too_many_bytes_or_files_are_refused_before_any_is_copied() {
	let place = place();
	write(&place.commit().join("a.safetensors"), &[0; 600]);
	write(&place.commit().join("b.safetensors"), &[0; 401]);
	refused(place.fetch().await, "larger than 1000 bytes");
	assert_empty(place.folder.path());
	for number in 0..257 {
		write(&place.commit().join(format!("{number}.json")), b"");
	}
	refused(place.fetch().await, "files are more than 256");
}

#[tokio::test]
async fn too_many_parameters_are_refused() {
	let place = place();
	let commit = place.commit();
	write(&commit.join("added_tokens.json"), b"{}");
	write(&commit.join("model.safetensors"), b"weights");
	refused(fetch_entry(&place.store, &place.cache).await, "it has no config.json");
	write(&commit.join("config.json"), &config(5));
	refused(fetch_entry(&place.store, &place.cache).await, "238272 parameters are more than 200000");
	assert_empty(place.folder.path());
	write(&commit.join("config.json"), &config(4));
	assert!(matches!(fetch_entry(&place.store, &place.cache).await, Fetched::Repository(_)));
}

#[tokio::test]
async fn links_folders_and_pipes_are_not_followed() {
	let place = place();
	let commit = place.commit();
	let outside = place.folder.path().join("outside");
	write(&outside, b"a secret");
	let model = commit.join("model.safetensors");
	symlink(&outside, &model).expect("a link can be made");
	refused(place.fetch().await, "model.safetensors is a link");
	fs::remove_file(&model).expect("it is there");
	fs::create_dir(&model).expect("a folder can be made");
	refused(place.fetch().await, "is a folder");
	fs::remove_dir(&model).expect("it is there");
	assert!(Command::new("mkfifo").arg(&model).status().expect("it is a part of every system").success());
	refused(place.fetch().await, "is a device or a pipe");
	assert_empty(place.folder.path());
}

#[tokio::test]
async fn a_repository_that_lies_elsewhere_is_refused() {
	let place = place();
	let elsewhere = place.folder.path().join("elsewhere");
	fs::rename(place.commit().parent().and_then(Path::parent).expect("it has one"), &elsewhere).expect("it can move");
	symlink(&elsewhere, place.repository()).expect("a link can be made");
	refused(place.fetch().await, "is a link");
}

#[tokio::test]
async fn of_our_own_commits_the_newest_two_stay() {
	let place = place();
	let own = place.folder.path().join("own");
	fs::create_dir(&own).expect("a folder can be made");
	let commits: Vec<String> = (0..4).map(|digit| digit.to_string().repeat(40)).collect();
	for commit in &commits {
		write(&own.join("config.json"), commit.as_bytes());
		let address = format!("maker/model@{commit}").parse().expect("an address");
		place.store.publish(own.clone(), address).await.expect("it can be published");
		// Else two could have the same time.
		tokio::time::sleep(Duration::from_millis(20)).await;
	}
	let left = fs::read_dir(place.repository().join("snapshots")).expect("it is there");
	let mut left: Vec<_> = left.map(|entry| entry.expect("an entry").file_name()).collect();
	left.sort();
	assert_eq!(left, [commits[2].as_str(), commits[3].as_str()]);
}
