// SPDX-License-Identifier: Apache-2.0

//! Flags that say where objects are.

use std::path::PathBuf;

use anyhow::{bail, Context as _};
use clap::Args;
use offchain_validator::bucket::{BucketName, Buckets, OwnBucket, OwnKeys, DEFAULT_REGION, S3};
use offchain_validator::participant::ObjectsSettings;

#[derive(Args)]
#[command(next_help_heading = "Buckets, for templar and boltzmann")]
pub struct BucketArgs {
	/// Where this hotkey keeps its objects: s3, or local:NAME, a folder below --bucket-root. Published on the chain.
	///
	/// For s3 the account and its two pairs of keys are read from BUCKET_ACCOUNT_ID, BUCKET_READ_ACCESS_KEY_ID,
	/// BUCKET_READ_SECRET_ACCESS_KEY, BUCKET_WRITE_ACCESS_KEY_ID and BUCKET_WRITE_SECRET_ACCESS_KEY. The bucket has the name
	/// of the account. The pair that reads is published, so that others can.
	#[arg(long, value_name = "ADDRESS")]
	bucket: Option<String>,

	/// Folder below which local buckets lie, this hotkey's and all others.
	#[arg(long, value_name = "DIR")]
	bucket_root: Option<PathBuf>,

	/// File with the BUCKET_... values instead, a line NAME=VALUE each, which nobody else may read (mode 600).
	#[arg(long, value_name = "FILE")]
	bucket_credentials: Option<PathBuf>,

	/// The S3 server of all nodes' buckets [default: each account's host at Cloudflare R2].
	#[arg(long, value_name = "URL")]
	bucket_endpoint: Option<String>,

	/// Region to sign requests for.
	#[arg(long, value_name = "NAME", default_value = DEFAULT_REGION)]
	bucket_region: String,
}

impl BucketArgs {
	/// Checks what the user said.
	pub fn settings(&self) -> anyhow::Result<ObjectsSettings> {
		let own = self.own()?;
		if let (OwnBucket::Local(_), None) = (&own, &self.bucket_root) {
			bail!("--bucket local:NAME needs --bucket-root");
		}
		// Whoever keeps its own objects in a folder is at a network within one machine: nobody there can make it dial.
		let s3 = match (&self.bucket_endpoint, &own) {
			(Some(endpoint), _) => Some(S3::at(endpoint, &self.bucket_region).context("--bucket-endpoint")?),
			(None, OwnBucket::S3(_)) => Some(S3::r2(&self.bucket_region).context("--bucket s3")?),
			(None, OwnBucket::Local(_)) => None,
		};
		Ok(ObjectsSettings { own, buckets: Buckets::new(self.bucket_root.clone(), s3) })
	}

	fn own(&self) -> anyhow::Result<OwnBucket> {
		let bucket = self.bucket.as_deref().context("this mechanism needs --bucket")?;
		if bucket == "s3" {
			let keys = match &self.bucket_credentials {
				Some(file) => OwnKeys::read(file).context("--bucket-credentials")?,
				None => OwnKeys::from_environment().context("--bucket s3")?,
			};
			return Ok(OwnBucket::S3(keys));
		}
		let name = bucket.strip_prefix("local:").and_then(BucketName::new);
		let advice = || format!("--bucket {bucket}: use s3, or local:NAME with letters, digits, - and _");
		Ok(OwnBucket::Local(name.with_context(advice)?))
	}
}

#[cfg(test)]
mod tests {
	use clap::Parser;

	use super::*;

	#[derive(Parser)]
	struct Program {
		#[command(flatten)]
		bucket: BucketArgs,
	}

	#[track_caller]
	fn check_refused(arguments: &[&str], words: &str) {
		let program = Program::parse_from([&["program"], arguments].concat());
		let error = program.bucket.settings().expect_err("it cannot be used");
		assert!(format!("{error:#}").contains(words), "{error:#}");
	}

	#[test]
	fn a_local_bucket_needs_a_root_and_a_name() {
		check_refused(&[], "needs --bucket");
		check_refused(&["--bucket", "local:miner"], "needs --bucket-root");
		check_refused(&["--bucket", "local:../etc", "--bucket-root", "."], "use s3, or local:NAME");
		check_refused(&["--bucket", "r2"], "use s3, or local:NAME");
		let program = Program::parse_from(["program", "--bucket", "local:miner", "--bucket-root", "."]);
		assert!(program.bucket.settings().is_ok());
	}

	#[test]
	fn a_bucket_at_a_server_needs_keys_and_a_sound_endpoint() {
		check_refused(
			&["--bucket", "s3", "--bucket-credentials", "/nowhere"],
			"--bucket-credentials: cannot read /nowhere",
		);
		let local = ["--bucket", "local:miner", "--bucket-root", "."];
		check_refused(&[&local[..], &["--bucket-endpoint", "https://user:hush@host"]].concat(), "--bucket-endpoint: ");
	}
}
