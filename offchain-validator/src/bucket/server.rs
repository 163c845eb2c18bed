// SPDX-License-Identifier: Apache-2.0

//! The S3 server of the tests, in a process of its own that all of them share.

use std::sync::LazyLock;
use std::time::Duration;

use s3_server::{Answer, Asked, Proxy, Server, Step};

use super::{Buckets, OwnBucket, OwnKeys, S3};

static SERVER: LazyLock<Server> =
	LazyLock::new(|| Server::start(["--exact", "bucket::server::serves", "--ignored", "--nocapture"]));

/// The server.
pub(crate) fn server() -> &'static Server {
	&SERVER
}

/// A bucket at the server that nobody has used yet.
pub(crate) fn fresh() -> OwnBucket {
	OwnBucket::S3(OwnKeys::of_tests(&server().account()))
}

/// The way to buckets at `endpoint`.
pub(crate) fn buckets_at(endpoint: &str) -> Buckets {
	Buckets::new(None, Some(S3::at(endpoint, "auto").unwrap()))
}

/// The same without patience for one that falls silent.
pub(crate) fn hasty_buckets_at(endpoint: &str) -> Buckets {
	let s3 = S3::at(endpoint, "auto").unwrap().with_silence_limit(Duration::from_millis(500));
	Buckets::new(None, Some(s3))
}

/// A proxy before the server.
pub(crate) fn proxy(trick: impl Fn(&Asked, Answer) -> Vec<Step> + Send + Sync + 'static) -> Proxy {
	Proxy::start(server().endpoint(), trick)
}

#[test]
#[ignore = "is the server of the other tests, in another process"]
fn serves() {
	s3_server::serve_if_asked();
}
