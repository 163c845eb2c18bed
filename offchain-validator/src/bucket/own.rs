// SPDX-License-Identifier: Apache-2.0

//! Our own bucket, and the keys to it, which come from variables or a file and are never printed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{BucketAddress, BucketName, Credentials};

const ACCOUNT_ID: &str = "BUCKET_ACCOUNT_ID";
const READ_ACCESS_KEY_ID: &str = "BUCKET_READ_ACCESS_KEY_ID";
const READ_SECRET_ACCESS_KEY: &str = "BUCKET_READ_SECRET_ACCESS_KEY";
const WRITE_ACCESS_KEY_ID: &str = "BUCKET_WRITE_ACCESS_KEY_ID";
const WRITE_SECRET_ACCESS_KEY: &str = "BUCKET_WRITE_SECRET_ACCESS_KEY";
const NAMES: [&str; 5] =
	[ACCOUNT_ID, READ_ACCESS_KEY_ID, READ_SECRET_ACCESS_KEY, WRITE_ACCESS_KEY_ID, WRITE_SECRET_ACCESS_KEY];
/// Far more than five lines need.
const MAX_FILE_BYTES: u64 = 16 << 10;

/// Where a participant keeps its own objects, with what it takes to write there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnBucket {
	/// A folder below that of all buckets.
	Local(BucketName),
	/// A bucket at an S3 server.
	S3(OwnKeys),
}

/// Two pairs of keys to one bucket: one that everybody learns, to read with, and one of ours alone, to write with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnKeys {
	read: Credentials,
	write: Credentials,
}

/// Why there are no keys. Tells no value.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
	/// Something is not said.
	#[error("{0} is not set, or is empty: {all} are needed, as variables or in a file", all = NAMES.join(", "))]
	Missing(&'static str),
	/// A value cannot be what it should be.
	#[error(
		"BUCKET_ACCOUNT_ID and the names of keys are up to 32 letters and digits, secrets up to 64 characters without \
		 blanks: the {0} pair is not of that form"
	)]
	Malformed(&'static str),
	/// Everybody could write.
	#[error("both pairs of keys are the same, but one is published: make one that can only read for BUCKET_READ_...")]
	SamePairs,
	/// The file cannot be read.
	#[error("cannot read {}", file.display())]
	File {
		/// The file.
		file: PathBuf,
		#[source]
		source: io::Error,
	},
	/// Other users of the machine can read the file.
	#[error("{file} is open to other users: run `chmod 600 {file}`", file = file.display())]
	Open {
		/// The file.
		file: PathBuf,
	},
	/// A line of the file says nothing we know.
	#[error("line {line} of {} is not NAME=VALUE, with a name twice or none of {}", file.display(), NAMES.join(", "))]
	Line {
		/// The file.
		file: PathBuf,
		/// Its number, from one.
		line: usize,
	},
}

impl OwnBucket {
	/// What others must know of it.
	pub fn address(&self) -> BucketAddress {
		match self {
			Self::Local(name) => BucketAddress::Local(name.clone()),
			Self::S3(keys) => BucketAddress::S3(keys.read.clone()),
		}
	}
}

impl OwnKeys {
	/// Keys as the environment has them.
	pub fn from_environment() -> Result<Self, KeysError> {
		Self::from_values(|name| std::env::var(name).ok())
	}

	/// Keys as a file of the same names has them, a line `NAME=VALUE` each. Lines that begin with `#` are passed over.
	pub fn read(file: &Path) -> Result<Self, KeysError> {
		let values = read_lines(file)?;
		Self::from_values(|name| values.get(name).cloned())
	}

	/// Keys to the bucket of `account` at the server of our tests.
	#[cfg(test)]
	pub(crate) fn of_tests(account: &str) -> Self {
		let pair = |key: String| Credentials::new(account, &key, &s3_server::secret(&key)).unwrap();
		Self { read: pair(s3_server::reader(account)), write: pair(s3_server::writer(account)) }
	}

	/// To write with.
	pub(super) fn write(&self) -> &Credentials {
		&self.write
	}

	pub(super) fn from_values(value: impl Fn(&str) -> Option<String>) -> Result<Self, KeysError> {
		let value = |name| value(name).filter(|value| !value.is_empty()).ok_or(KeysError::Missing(name));
		let account = value(ACCOUNT_ID)?;
		let pair = |which, id, secret| {
			Credentials::new(&account, &value(id)?, &value(secret)?).ok_or(KeysError::Malformed(which))
		};
		let read = pair("reading", READ_ACCESS_KEY_ID, READ_SECRET_ACCESS_KEY)?;
		let write = pair("writing", WRITE_ACCESS_KEY_ID, WRITE_SECRET_ACCESS_KEY)?;
		if read.access_key_id() == write.access_key_id() || read.secret_access_key() == write.secret_access_key() {
			return Err(KeysError::SamePairs);
		}
		Ok(Self { read, write })
	}
}

fn read_lines(path: &Path) -> Result<BTreeMap<&'static str, String>, KeysError> {
	let failed = |source| KeysError::File { file: path.into(), source };
	let file = File::open(path).map_err(failed)?;
	let about = file.metadata().map_err(failed)?;
	if !about.is_file() || about.len() > MAX_FILE_BYTES {
		return Err(failed(io::Error::other("it is no file of a few lines")));
	}
	if about.mode() & 0o077 != 0 {
		return Err(KeysError::Open { file: path.into() });
	}
	let mut text = String::new();
	file.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(failed)?;
	let mut values = BTreeMap::new();
	for (index, line) in text.lines().map(str::trim).enumerate() {
		if line.is_empty() || line.starts_with('#') {
			continue;
		}
		let known = line.split_once('=').and_then(|(name, value)| {
			let name = NAMES.into_iter().find(|known| *known == name.trim())?;
			values.insert(name, value.trim().to_owned()).is_none().then_some(())
		});
		known.ok_or_else(|| KeysError::Line { file: path.into(), line: index + 1 })?;
	}
	Ok(values)
}

#[cfg(test)]
mod tests {
	use std::fs;
	use std::os::unix::fs::PermissionsExt as _;

	use super::*;
	use crate::one_line;

	const VALUES: [(&str, &str); 5] = [
		(ACCOUNT_ID, "0a1b"),
		(READ_ACCESS_KEY_ID, "reader"),
		(READ_SECRET_ACCESS_KEY, "told-to-everybody"),
		(WRITE_ACCESS_KEY_ID, "writer"),
		(WRITE_SECRET_ACCESS_KEY, "hush+hush/hush="),
	];

	fn keys(changes: &[(&str, &str)]) -> Result<OwnKeys, KeysError> {
		let mut values = BTreeMap::from(VALUES);
		values.extend(changes.iter().copied());
		OwnKeys::from_values(|name| values.get(name).map(ToString::to_string))
	}

	fn from_file(text: &str, mode: u32) -> Result<OwnKeys, KeysError> {
		let file = tempfile::NamedTempFile::new().unwrap();
		fs::write(file.path(), text).unwrap();
		fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
		OwnKeys::read(file.path())
	}

	fn lines() -> String {
		VALUES.map(|(name, value)| format!("{name}={value}\n")).concat()
	}

	#[test]
	fn the_pair_that_reads_is_what_others_learn() {
		let own = OwnBucket::S3(keys(&[]).unwrap());
		let commitment = own.address().commitment();
		assert_eq!(commitment, format!("{:<32}{:<32}{:<64}", "0a1b", "reader", "told-to-everybody"));
		assert_eq!(BucketAddress::parse(commitment.as_bytes()), Some(own.address()));
	}

	#[test]
	fn a_file_says_the_same_as_variables() {
		let text = format!("# our bucket\n\n{}", lines().replace('=', " = ").replacen(" = ", "=", 1));
		assert!(from_file(&text, 0o600).is_err(), "blanks within a secret");
		assert_eq!(from_file(&format!("# our bucket\n\n{}", lines()), 0o600).unwrap(), keys(&[]).unwrap());
		assert_eq!(from_file(&lines(), 0o400).unwrap(), keys(&[]).unwrap());
	}

	#[test]
	fn a_file_that_others_can_read_is_refused() {
		for mode in [0o644, 0o640, 0o604, 0o602, 0o660] {
			assert!(matches!(from_file(&lines(), mode), Err(KeysError::Open { .. })), "{mode:o}");
		}
	}

	#[test]
	fn a_file_of_another_kind_is_told_without_its_content() {
		for (text, line) in [("hush", 1), ("HUSH=hush", 1), (&format!("{}BUCKET_ACCOUNT_ID=again", lines())[..], 6)] {
			let error = from_file(text, 0o600).unwrap_err();
			assert!(matches!(error, KeysError::Line { line: found, .. } if found == line), "{error}");
			assert!(!error.to_string().contains("hush"), "{error}");
		}
		let large = format!("#{}", " ".repeat(MAX_FILE_BYTES as usize));
		assert!(matches!(from_file(&large, 0o600), Err(KeysError::File { .. })));
		assert!(matches!(OwnKeys::read(Path::new("/")), Err(KeysError::File { .. })));
		assert!(matches!(OwnKeys::read(Path::new("/nowhere")), Err(KeysError::File { .. })));
	}

	#[test]
	fn what_is_missing_or_malformed_is_named() {
		for (name, _) in VALUES {
			assert!(matches!(keys(&[(name, "")]), Err(KeysError::Missing(missing)) if missing == name));
		}
		let long = "x".repeat(65);
		for (name, value) in [
			(ACCOUNT_ID, "evil.example/"),
			(ACCOUNT_ID, &long),
			(READ_ACCESS_KEY_ID, "a b"),
			(WRITE_ACCESS_KEY_ID, "a/b"),
			(READ_SECRET_ACCESS_KEY, &long),
			(WRITE_SECRET_ACCESS_KEY, "a b"),
		] {
			assert!(matches!(keys(&[(name, value)]), Err(KeysError::Malformed(_))), "{name}={value}");
		}
	}

	#[test]
	fn keys_that_write_are_never_published() {
		for change in [(READ_ACCESS_KEY_ID, "writer"), (READ_SECRET_ACCESS_KEY, "hush+hush/hush=")] {
			assert!(matches!(keys(&[change]), Err(KeysError::SamePairs)));
		}
	}

	#[test]
	fn nothing_prints_a_key() {
		let printed = format!("{:?}", OwnBucket::S3(keys(&[]).unwrap()));
		assert!(printed.contains("0a1b"), "{printed}");
		let errors = [
			keys(&[(WRITE_SECRET_ACCESS_KEY, "hush hush")]),
			keys(&[(READ_SECRET_ACCESS_KEY, "hush+hush/hush=")]),
			from_file(&lines(), 0o644),
		];
		let told = errors.map(|error| one_line(&error.unwrap_err())).concat();
		for secret in ["hush", "everybody", "writer"] {
			assert!(!printed.contains(secret) && !told.contains(secret), "{printed} {told}");
		}
	}
}
