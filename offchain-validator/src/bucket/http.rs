// SPDX-License-Identifier: Apache-2.0

//! The HTTP client for S3 servers, any of which may be slow, broken or lying.
//!
//! No redirect is followed, so that no server sends us to a host of its choice, and no body is inflated. The head of an
//! answer must come soon, and hyper bounds it; a body must keep coming. The bodies of objects are bounded by who reads them,
//! all others here: the store reads those whole.

use std::error::Error;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use object_store::client::{
	HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use object_store::ClientOptions;
use reqwest::header::CONTENT_RANGE;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, Url};
use tokio::time::timeout;

use super::folder::is_exhausted;

/// For a connection to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// For the head of an answer to a request that has no body, and then for each next piece of the answer's body.
const SILENCE_LIMIT: Duration = Duration::from_secs(5);
/// For which a connection that nobody uses is kept.
const IDLE_LIMIT: Duration = Duration::from_secs(20);
/// Connections kept for each host. Each account has a host of its own.
const IDLE_PER_HOST: usize = 16;
/// Bytes of a body that is no object's: a list of a thousand objects has some 400 kB.
const MOST_BYTES: u64 = 4 << 20;

/// A client that all buckets share, with its connections. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Http {
	client: Client,
	silence_limit: Duration,
	/// Whether this machine could not open another socket, since somebody last asked.
	exhausted: Arc<AtomicBool>,
}

/// Why a request failed, with all causes: the store does not tell them.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failure(String);

impl Http {
	/// Makes a client.
	pub(super) fn new() -> reqwest::Result<Self> {
		let client = Client::builder()
			.http1_only() // One connection for each transfer is faster than one for all.
			.redirect(Policy::none())
			.referer(false)
			.no_gzip()
			.no_brotli()
			.no_deflate()
			.no_zstd()
			.connect_timeout(CONNECT_LIMIT)
			.pool_idle_timeout(IDLE_LIMIT)
			.pool_max_idle_per_host(IDLE_PER_HOST)
			.build()?;
		Ok(Self { client, silence_limit: SILENCE_LIMIT, exhausted: Arc::default() })
	}

	/// Whether a request has failed since the last call for our own lack of file descriptors. The store drops the causes of
	/// its errors, so the answer comes this way.
	pub(super) fn take_exhausted(&self) -> bool {
		self.exhausted.swap(false, Ordering::Relaxed)
	}

	fn note(&self, error: &(dyn Error + 'static)) {
		let mut causes = std::iter::successors(Some(error), |error| (*error).source());
		if causes.any(|cause| cause.downcast_ref::<io::Error>().is_some_and(is_exhausted)) {
			self.exhausted.store(true, Ordering::Relaxed);
		}
	}

	/// With another limit for silence.
	#[cfg(test)]
	pub(super) fn with_silence_limit(self, silence_limit: Duration) -> Self {
		Self { silence_limit, ..self }
	}
}

impl HttpConnector for Http {
	fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
		Ok(HttpClient::new(self.clone()))
	}
}

#[async_trait]
impl HttpService for Http {
	async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
		let (parts, body) = request.into_parts();
		// Objects alone are asked for without a query.
		let is_object = parts.method == Method::GET && parts.uri.query().is_none();
		let url = Url::parse(&parts.uri.to_string()).map_err(|error| failed(HttpErrorKind::Unknown, &error))?;
		let mut request = reqwest::Request::new(parts.method, url);
		*request.headers_mut() = parts.headers;
		let sends = body.content_length() > 0;
		if sends {
			*request.body_mut() = Some(reqwest::Body::wrap(body));
		}
		let asking = self.client.execute(request);
		let answer = match sends {
			true => asking.await, // Takes as long as its body: whoever sends that has a deadline.
			false => timeout(self.silence_limit, asking).await.map_err(silent)?,
		};
		let answer = answer.map_err(|error| {
			self.note(&error);
			of_request(&error)
		})?;
		check_range(&answer)?;
		let (status, headers) = (answer.status(), answer.headers().clone());
		let most = if is_object && status.is_success() { u64::MAX } else { MOST_BYTES };
		let mut response = HttpResponse::new(body_of(answer, most, self.silence_limit));
		*response.status_mut() = status;
		*response.headers_mut() = headers;
		Ok(response)
	}
}

/// At most `most` bytes of an answer's body, none of them later than `silence_limit` after the one before.
fn body_of(answer: Response, most: u64, silence_limit: Duration) -> HttpResponseBody {
	let frames = stream::try_unfold((answer, most), move |(mut answer, left)| async move {
		let chunk = timeout(silence_limit, answer.chunk()).await.map_err(silent)?;
		let Some(chunk) = chunk.map_err(|error| of_request(&error))? else { return Ok(None) };
		let left = left.checked_sub(chunk.len() as u64).ok_or_else(|| {
			HttpError::new(HttpErrorKind::Decode, Failure(format!("an answer of more than {most} bytes")))
		})?;
		Ok::<_, HttpError>(Some((Frame::<Bytes>::data(chunk), (answer, left))))
	});
	HttpResponseBody::new(StreamBody::new(frames))
}

/// Refuses ranges that the store would add one to beyond the last number there is.
fn check_range(answer: &Response) -> Result<(), HttpError> {
	let Some(range) = answer.headers().get(CONTENT_RANGE) else { return Ok(()) };
	let is_sane = |digits: &[u8]| digits.len() < 19;
	match range.as_bytes().split(|byte| !byte.is_ascii_digit()).all(is_sane) {
		true => Ok(()),
		false => Err(HttpError::new(HttpErrorKind::Decode, Failure("an answer with an absurd range".into()))),
	}
}

fn silent(_: tokio::time::error::Elapsed) -> HttpError {
	HttpError::new(HttpErrorKind::Timeout, Failure("the server fell silent".into()))
}

fn of_request(error: &reqwest::Error) -> HttpError {
	let kind = if error.is_timeout() {
		HttpErrorKind::Timeout
	} else if error.is_connect() {
		HttpErrorKind::Connect
	} else if error.is_decode() {
		HttpErrorKind::Decode
	} else {
		// All that we ask of a server can be asked again.
		HttpErrorKind::Interrupted
	};
	failed(kind, error)
}

fn failed(kind: HttpErrorKind, error: &(dyn Error + 'static)) -> HttpError {
	HttpError::new(kind, Failure(crate::one_line(error)))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_lack_of_file_descriptors_is_told_once() {
		let http = Http::new().unwrap();
		let note = |code| {
			let source = Box::new(io::Error::from_raw_os_error(code));
			http.note(&object_store::Error::Generic { store: "test", source });
		};
		note(111);
		assert!(!http.take_exhausted(), "the other side refused");
		note(24);
		assert!(http.take_exhausted() && !http.take_exhausted());
	}
}
