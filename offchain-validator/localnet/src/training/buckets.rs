// SPDX-License-Identifier: Apache-2.0

//! Where the participants keep what they upload: in folders of the run, or at an S3 server.

use std::path::{Path, PathBuf};

use offchain_validator::bucket::{BucketError, KeysError, OwnKeys, DEFAULT_REGION, S3};

use super::cast;

/// Where buckets are.
#[derive(Debug)]
pub enum Buckets {
	/// In folders beside what else the run leaves behind.
	Local,
	/// At a server, each with an account of its own.
	S3 {
		/// The server's URL.
		endpoint: String,
		/// Folder with the keys of each member, in a file of its name.
		credentials: PathBuf,
	},
}

/// Why buckets at a server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BucketsError {
	#[error("--bucket-endpoint")]
	Endpoint(#[source] BucketError),
	#[error("--bucket-credentials: the keys of {member}")]
	Keys { member: String, source: KeysError },
	#[error("--bucket-endpoint: {mechanism} uses no buckets, leave it out")]
	Unused { mechanism: &'static str },
}

impl Buckets {
	/// Buckets at the server `endpoint`, if the folder `credentials` has the keys of every member.
	pub fn at(endpoint: String, credentials: PathBuf) -> Result<Self, BucketsError> {
		S3::at(&endpoint, DEFAULT_REGION).map_err(BucketsError::Endpoint)?;
		for member in cast::members() {
			let keys = OwnKeys::read(&credentials.join(&member.name));
			keys.map_err(|source| BucketsError::Keys { member: member.name, source })?;
		}
		Ok(Self::S3 { endpoint, credentials })
	}

	/// The flags by which the process of the member `name` finds its bucket and all others; `folder` is the run's.
	pub fn flags(&self, name: &str, folder: &Path) -> Vec<(&'static str, String)> {
		let path = |path: PathBuf| path.display().to_string();
		match self {
			Self::Local => vec![("bucket", format!("local:{name}")), ("bucket-root", path(folder.join("buckets")))],
			// A command line is seen by everybody at the machine: so keys stay in their file.
			Self::S3 { endpoint, credentials } => vec![
				("bucket", "s3".into()),
				("bucket-endpoint", endpoint.clone()),
				("bucket-credentials", path(credentials.join(name))),
			],
		}
	}
}

#[cfg(test)]
mod tests {
	use std::fs::{self, OpenOptions};
	use std::io::Write as _;
	use std::os::unix::fs::OpenOptionsExt as _;

	use offchain_validator::one_line;

	use super::*;

	const ENDPOINT: &str = "http://127.0.0.1:9000";

	#[test]
	fn every_member_has_keys_at_a_server_before_anything_is_started() {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let at = |endpoint: &str| Buckets::at(endpoint.into(), folder.path().into());
		let refused = |endpoint: &str| one_line(&at(endpoint).expect_err("it cannot be used"));
		for member in cast::members() {
			assert!(refused(ENDPOINT).starts_with(&format!("--bucket-credentials: the keys of {}: ", member.name)));
			let keys = ["READ", "WRITE"].map(|which| {
				format!("BUCKET_{which}_ACCESS_KEY_ID={which}\nBUCKET_{which}_SECRET_ACCESS_KEY=hush{which}\n")
			});
			let file = folder.path().join(&member.name);
			let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
			let text = format!("BUCKET_ACCOUNT_ID=0a1b\n{}", keys.concat());
			file.and_then(|mut file| file.write_all(text.as_bytes())).expect("a file can be made");
		}
		let buckets = at(ENDPOINT).expect("all keys are there");
		let flags = buckets.flags("miner-1", Path::new("run"));
		let (_, file) = flags.last().expect("there are some");
		assert!(fs::read_to_string(file).is_ok_and(|keys| keys.contains("hush")));
		assert!(flags.iter().all(|(_, value)| !value.contains("hush")), "{flags:?}");
		assert!(refused("127.0.0.1:9000").starts_with("--bucket-endpoint: "));
	}
}
