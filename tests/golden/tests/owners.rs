// SPDX-License-Identifier: Apache-2.0
//! Every recorded file is read by somebody: `OWNERS` says by whom.
//!
//! A reader names its file by its whole path, `"chain/root_epoch.json"`, to `golden::recording` or `golden::cases`, and no
//! other way leads to a file. So the sources tell who reads what, whichever packages and tests a run happens to include;
//! a reader that no test calls is dead code, which the lints forbid.

use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	path::Path,
};

use golden::{foreign_recordings, own_recordings, say, workspace};

/// The folders of the packages that may own a recording.
const PACKAGES: [(&str, &str); 2] =
	[("golden", "tests/golden/tests"), ("offchain-validator", "offchain-validator/src")];

/// Paths from `root` of all files below `folder`.
fn files(root: &Path, folder: &Path) -> BTreeSet<String> {
	let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
	let paths = entries.map(|entry| entry.expect("a readable folder").path());
	let name = |path: &Path| path.strip_prefix(root).expect("below the root").to_str().expect("UTF-8").to_owned();
	paths.flat_map(|path| if path.is_dir() { files(root, &path) } else { [name(&path)].into() }).collect()
}

/// All recordings of a folder: every file but the descriptions and the list of owners.
fn recordings(folder: &Path) -> BTreeSet<String> {
	let mut recordings = files(folder, folder);
	recordings.retain(|file| file != "OWNERS" && !file.ends_with(".md"));
	recordings
}

/// The owner of each file.
fn owners(folder: &Path) -> BTreeMap<String, String> {
	let list = fs::read_to_string(folder.join("OWNERS")).expect("a list of owners");
	let lines = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
	let mut owners = BTreeMap::new();
	for line in lines {
		let (file, owner) = line.split_once(' ').unwrap_or_else(|| panic!("{line:?}: must be a file and its owner"));
		assert_eq!(owners.insert(file.to_owned(), owner.to_owned()), None, "{file} is listed twice");
	}
	owners
}

/// Whether a line of the package's code names the file.
fn reads(package: &str, file: &str) -> bool {
	let (_, sources) =
		PACKAGES.iter().find(|(name, _)| *name == package).unwrap_or_else(|| panic!("who is {package}?"));
	let (root, quoted) = (workspace().join(sources), format!("\"{file}\""));
	let names_it =
		|text: String| text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(&quoted));
	files(&root, &root)
		.iter()
		.filter(|source| source.ends_with(".rs") && *source != "owners.rs")
		.any(|source| names_it(fs::read_to_string(root.join(source)).expect("a readable source")))
}

#[test]
fn every_recording_has_an_owner_that_reads_it() {
	let folder = own_recordings();
	let owners = owners(&folder);
	let listed: BTreeSet<String> = owners.keys().cloned().collect();
	let found = recordings(&folder);
	let unowned: Vec<_> = found.difference(&listed).collect();
	assert!(unowned.is_empty(), "OWNERS does not list {unowned:?}");
	let missing: Vec<_> = listed.difference(&found).collect();
	assert!(missing.is_empty(), "OWNERS lists {missing:?}, which are not there");
	for (file, owner) in &owners {
		assert!(reads(owner, file), "{owner} does not read {file}, which OWNERS says it owns");
	}
}

/// Another's folder may lack files. What it has and nobody reads is printed, and fails if the folder lists owners itself.
#[test]
fn every_recording_of_another_folder_is_read() {
	let Some(folder) = foreign_recordings() else { return };
	let known = owners(&own_recordings());
	let unread: Vec<_> = recordings(&folder).into_iter().filter(|file| !known.contains_key(file)).collect();
	for file in &unread {
		say(format_args!("unread: no test reads {file} of GOLDEN_DIR"));
	}
	assert!(unread.is_empty() || !folder.join("OWNERS").exists(), "GOLDEN_DIR holds {unread:?}, which no test reads");
}
