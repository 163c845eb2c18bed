// SPDX-License-Identifier: Apache-2.0

//! Gathering from an S3 server, against reading the same objects with plain concurrent reads of the object store's library.
//!
//! Both sides read the same objects from the same server, as many at once, with one HTTP client each, in turns. The plain side
//! knows its buckets beforehand; it checks nothing and has no deadline.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use http_body_util::BodyExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::client::{
	HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt as _};
use offchain_validator::bucket::{BucketAddress, BucketName, Buckets, Fetched, Kind, ObjectKey, OwnBucket, S3};
use offchain_validator::participant::{Objects, ObjectsSettings, AT_ONCE, VERSION};
use s3_server::Server;

const MINERS: u16 = 256;
const BYTES: usize = 2_000_000;
const WINDOW: u32 = 7;
const ROUNDS: usize = 9;
/// How many times the plain side's time ours may take.
const GOAL: f64 = 1.25;

/// An HTTP client that does nothing but pass on.
#[derive(Clone, Debug)]
struct Plain(reqwest::Client);

impl HttpConnector for Plain {
	fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
		Ok(HttpClient::new(self.clone()))
	}
}

#[async_trait]
impl HttpService for Plain {
	async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
		let failed = |error: reqwest::Error| HttpError::new(HttpErrorKind::Unknown, error);
		let (parts, body) = request.into_parts();
		let url = parts.uri.to_string().parse().expect("a URI is a URL");
		let mut request = reqwest::Request::new(parts.method, url);
		*request.headers_mut() = parts.headers;
		*request.body_mut() = Some(reqwest::Body::wrap(body));
		let answer = self.0.execute(request).await.map_err(failed)?;
		let (status, headers) = (answer.status(), answer.headers().clone());
		let mut response = HttpResponse::new(HttpResponseBody::new(reqwest::Body::from(answer).map_err(failed)));
		*response.status_mut() = status;
		*response.headers_mut() = headers;
		Ok(response)
	}
}

/// What every miner has uploaded, and where.
struct Network {
	server: Server,
	accounts: Vec<String>,
}

impl Network {
	/// Fills the buckets as miners do, through the server.
	async fn fill(server: Server) -> Self {
		let accounts: Vec<_> = (0..MINERS).map(|_| server.account()).collect();
		let network = Self { server, accounts };
		let client = Plain(reqwest::Client::new());
		let putting = (0..MINERS).map(|uid| {
			let store = network.store(uid, &s3_server::writer, &client);
			async move { store.put(&location(uid), content(uid).into()).await }
		});
		stream::iter(putting).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await.expect("the server takes it");
		network
	}

	/// The bucket of `uid`, as somebody with one of its keys opens it.
	fn store(&self, uid: u16, key: &dyn Fn(&str) -> String, client: &Plain) -> Arc<dyn ObjectStore> {
		let account = &self.accounts[usize::from(uid)];
		let key = key(account);
		let store = AmazonS3Builder::new()
			.with_endpoint(self.server.endpoint())
			.with_allow_http(true)
			.with_region("auto")
			.with_bucket_name(account)
			.with_access_key_id(&key)
			.with_secret_access_key(s3_server::secret(&key))
			.with_http_connector(client.clone())
			.build();
		Arc::new(store.expect("all is said"))
	}

	/// What the chain says of `uid`.
	fn address(&self, uid: u16) -> BucketAddress {
		let account = &self.accounts[usize::from(uid)];
		let key = s3_server::reader(account);
		let commitment = format!("{account:<32}{key:<32}{:<64}", s3_server::secret(&key));
		BucketAddress::parse(commitment.as_bytes()).expect("it is an address")
	}
}

fn location(uid: u16) -> Path {
	Path::from(ObjectKey { kind: Kind::Gradient, window: WINDOW, uid, version: VERSION }.to_string())
}

/// Bytes that differ between miners.
fn content(uid: u16) -> Bytes {
	(0..BYTES).map(|index| (index * 31 + usize::from(uid)) as u8).collect::<Vec<_>>().into()
}

/// The plain side: seconds.
async fn read_plainly(stores: &[Arc<dyn ObjectStore>]) -> f64 {
	let began = Instant::now();
	let reading =
		(0..MINERS).zip(stores).map(|(uid, store)| async move { store.get(&location(uid)).await?.bytes().await });
	let read: Vec<Bytes> = stream::iter(reading).buffer_unordered(AT_ONCE).try_collect().await.expect("all is there");
	let seconds = began.elapsed().as_secs_f64();
	assert!(read.len() == usize::from(MINERS) && read.iter().all(|bytes| bytes.len() == BYTES));
	seconds
}

/// Our side: seconds.
async fn gather(objects: &Objects, network: &Network) -> f64 {
	let began = Instant::now();
	let miners = (0..MINERS).map(|uid| (uid, network.address(uid)));
	let read = objects.fetch(Kind::Gradient, WINDOW, None, BYTES, miners).await.expect("our side is sound");
	let seconds = began.elapsed().as_secs_f64();
	let is_whole = |found: &Fetched| matches!(found, Fetched::Object { bytes, .. } if bytes.len() == BYTES);
	assert!(read.len() == usize::from(MINERS) && read.values().all(is_whole));
	seconds
}

fn median(mut numbers: Vec<f64>) -> f64 {
	numbers.sort_by(f64::total_cmp);
	numbers[numbers.len() / 2]
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn measure() -> ExitCode {
	let network = Network::fill(Server::start([""; 0])).await;
	let client = Plain(reqwest::Client::new());
	let stores: Vec<_> = (0..MINERS).map(|uid| network.store(uid, &s3_server::reader, &client)).collect();
	let folder = tempfile::tempdir().expect("a folder can be made");
	let s3 = S3::at(network.server.endpoint(), "auto").expect("it is an endpoint");
	let own = OwnBucket::Local(BucketName::new("validator").expect("it is a name"));
	let settings = ObjectsSettings { own, buckets: Buckets::new(Some(folder.path().into()), Some(s3)) };
	let objects = Objects::open(settings, MINERS, 100).expect("our bucket can be made");

	let (mut plain, mut ours) = (Vec::new(), Vec::new());
	for round in 0..=ROUNDS {
		let (theirs, mine) = (read_plainly(&stores).await, gather(&objects, &network).await);
		// The first round fills the system's caches.
		if round > 0 {
			plain.push(theirs);
			ours.push(mine);
		}
	}
	let (plain, ours) = (median(plain), median(ours));
	let ratio = ours / plain;
	println!("gather of {MINERS} objects of {BYTES} bytes: ours {ours:.3} s, plain {plain:.3} s, ratio {ratio:.3}");
	if let Some(file) = std::env::var_os("GATHER_JSON").map(PathBuf::from) {
		let figures = serde_json::json!({
			"objects": MINERS, "bytes": BYTES, "rounds": ROUNDS,
			"ours_seconds": ours, "plain_seconds": plain, "ratio": ratio, "goal": GOAL,
		});
		std::fs::write(file, format!("{figures:#}\n")).expect("the file can be written");
	}
	ExitCode::SUCCESS
}

fn main() -> ExitCode {
	s3_server::serve_if_asked();
	measure()
}
