// SPDX-License-Identifier: Apache-2.0

//! An S3 server in a process of its own, and the keys to its buckets in files.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use s3_server::{reader, secret, serve_if_asked, writer, Server};
use tempfile::TempDir;

/// Accounts at a server that ends with them.
pub struct Accounts {
	server: Server,
	keys: TempDir,
}

impl Accounts {
	/// One with an empty bucket for each of `names`, and a file of that name with its keys.
	pub fn of(names: &[&str]) -> Self {
		let server = Server::start(["--exact", "s3::serves", "--ignored", "--nocapture"]);
		let keys = tempfile::tempdir().expect("a folder can be made");
		for name in names {
			let account = server.account();
			let mut lines = format!("BUCKET_ACCOUNT_ID={account}\n");
			for (which, key) in [("READ", reader(&account)), ("WRITE", writer(&account))] {
				let secret = secret(&key);
				lines += &format!("BUCKET_{which}_ACCESS_KEY_ID={key}\nBUCKET_{which}_SECRET_ACCESS_KEY={secret}\n");
			}
			let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(keys.path().join(name));
			file.and_then(|mut file| file.write_all(lines.as_bytes())).expect("a file can be made");
		}
		Self { server, keys }
	}

	/// Where the server is.
	pub fn endpoint(&self) -> &str {
		self.server.endpoint()
	}

	/// The folder of the files.
	pub fn keys(&self) -> &Path {
		self.keys.path()
	}

	/// Names of the objects in the bucket of `name`.
	pub fn objects(&self, name: &str) -> Vec<String> {
		let keys = fs::read_to_string(self.keys.path().join(name)).expect("it has keys");
		let account = keys.lines().find_map(|line| line.strip_prefix("BUCKET_ACCOUNT_ID=")).expect("of an account");
		let entries = fs::read_dir(self.server.bucket(account)).expect("its bucket is there");
		entries.map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned()).collect()
	}
}

/// Whether a file has one of the server's secrets in it.
pub fn tells_a_secret(file: &Path) -> bool {
	let text = fs::read(file).expect("it can be read");
	let how_all_begin = secret("");
	String::from_utf8_lossy(&text).contains(&how_all_begin)
}

#[test]
#[ignore = "is the server of another test, in another process"]
fn serves() {
	serve_if_asked();
}
