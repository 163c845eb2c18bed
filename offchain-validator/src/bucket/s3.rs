// SPDX-License-Identifier: Apache-2.0

//! The S3 server that buckets lie at, each in one that has the name of its account.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::{BackoffConfig, RetryConfig};
use reqwest::Url;

use super::http::Http;
use super::{Bucket, BucketError, Credentials};

/// What R2 calls its only region.
pub const DEFAULT_REGION: &str = "auto";
/// How often a request that failed is made again, as long as its own deadline lasts.
const RETRIES: usize = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// No retry begins later than that after its request.
const RETRY_LIMIT: Duration = Duration::from_secs(60);

/// How buckets at S3 servers are reached. Cheap to clone; all clones share their connections.
#[derive(Clone, Debug)]
pub struct S3 {
	server: Server,
	region: String,
	http: Http,
}

#[derive(Clone, Debug)]
enum Server {
	/// Cloudflare R2: a host for each account.
	R2,
	/// The operator's choice, for all accounts.
	At(String),
}

impl S3 {
	/// Cloudflare R2, where the bucket of an account is at `https://ACCOUNT.r2.cloudflarestorage.com/ACCOUNT`.
	pub fn r2(region: &str) -> Result<Self, BucketError> {
		Self::new(Server::R2, region)
	}

	/// The server at `endpoint`, such as `https://s3.example.org:9000`, where the bucket of an account is at `/ACCOUNT`.
	pub fn at(endpoint: &str, region: &str) -> Result<Self, BucketError> {
		let refused = |why| BucketError::Endpoint { why };
		let url = Url::parse(endpoint).map_err(|_| refused("it is no URL"))?;
		if !matches!(url.scheme(), "http" | "https") {
			return Err(refused("it begins with neither https:// nor http://"));
		}
		if !url.username().is_empty() || url.password().is_some() {
			return Err(refused("it has a user's name or password: keys have variables or a file of their own"));
		}
		if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
			return Err(refused("it has more than a scheme, a host and a port"));
		}
		Self::new(Server::At(url.as_str().trim_end_matches('/').into()), region)
	}

	fn new(server: Server, region: &str) -> Result<Self, BucketError> {
		let http = Http::new().map_err(|source| BucketError::Client { source: source.into() })?;
		Ok(Self { server, region: region.into(), http })
	}

	/// The bucket that `credentials` are for.
	pub(super) fn open(&self, credentials: &Credentials) -> Result<Bucket, BucketError> {
		let store = AmazonS3Builder::new()
			.with_endpoint(self.endpoint(credentials.account_id()))
			.with_allow_http(true)
			.with_virtual_hosted_style_request(false)
			.with_region(&self.region)
			.with_bucket_name(credentials.account_id())
			.with_access_key_id(credentials.access_key_id())
			.with_secret_access_key(credentials.secret_access_key())
			// Not every server has it, and the store panics at an answer that names objects it was not asked about.
			.with_disable_bulk_delete(true)
			.with_retry(retry())
			.with_http_connector(self.http.clone())
			.build();
		let store = store.map_err(|source| BucketError::Client { source: source.into() })?;
		Ok(Bucket::remote(Arc::new(store), self.http.clone()))
	}

	fn endpoint(&self, account: &str) -> String {
		match &self.server {
			Server::R2 => format!("https://{account}.r2.cloudflarestorage.com"),
			Server::At(endpoint) => endpoint.clone(),
		}
	}

	/// With another limit for silence.
	#[cfg(test)]
	pub(super) fn with_silence_limit(self, silence_limit: Duration) -> Self {
		Self { http: self.http.with_silence_limit(silence_limit), ..self }
	}
}

fn retry() -> RetryConfig {
	let backoff = BackoffConfig { init_backoff: FIRST_PAUSE, max_backoff: LONGEST_PAUSE, base: 2.0 };
	RetryConfig { backoff, max_retries: RETRIES, retry_timeout: RETRY_LIMIT }
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_account_has_a_host_at_r2_and_none_at_another_server() {
		let r2 = S3::r2(DEFAULT_REGION).unwrap();
		assert_eq!(r2.endpoint("0a1b"), "https://0a1b.r2.cloudflarestorage.com");
		let server = S3::at("http://127.0.0.1:9000/", "us-east-1").unwrap();
		assert_eq!(server.endpoint("0a1b"), "http://127.0.0.1:9000");
	}

	#[test]
	fn an_endpoint_is_a_scheme_a_host_and_a_port() {
		for endpoint in ["https://s3.example.org", "http://[::1]:9000", "https://s3.example.org:443/"] {
			assert!(S3::at(endpoint, DEFAULT_REGION).is_ok(), "{endpoint}");
		}
		for endpoint in [
			"",
			"s3.example.org",
			"ftp://s3.example.org",
			"file:///etc",
			"https://key:secret@s3.example.org",
			"https://s3.example.org/bucket",
			"https://s3.example.org?region=auto",
		] {
			assert!(matches!(S3::at(endpoint, DEFAULT_REGION), Err(BucketError::Endpoint { .. })), "{endpoint}");
		}
	}
}
