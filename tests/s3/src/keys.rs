// SPDX-License-Identifier: Apache-2.0

//! Who may do what at the server: each account has a key that writes to its bucket and one that reads from it.

use async_trait::async_trait;
use hyper::Method;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{s3_error, S3Result};

const WRITER: char = 'w';
const READER: char = 'r';

/// Name of the key with which `account` writes.
pub fn writer(account: &str) -> String {
	format!("{WRITER}{account}")
}

/// Name of the key with which the objects of `account` are read.
pub fn reader(account: &str) -> String {
	format!("{READER}{account}")
}

/// The secret of a key.
pub fn secret(key: &str) -> String {
	format!("secret+of/{key}")
}

/// Knows every key there can be.
pub(crate) struct Keys;

#[async_trait]
impl S3Auth for Keys {
	async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
		Ok(SecretKey::from(secret(access_key)))
	}
}

#[async_trait]
impl S3Access for Keys {
	async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
		let reads = cx.method() == Method::GET || cx.method() == Method::HEAD;
		let key = cx.credentials().map(|credentials| credentials.access_key.as_str()).unwrap_or_default();
		let account = cx.s3_path().get_bucket_name().unwrap_or_default();
		match key == writer(account) || (reads && key == reader(account)) {
			true => Ok(()),
			false => Err(s3_error!(AccessDenied)),
		}
	}
}
