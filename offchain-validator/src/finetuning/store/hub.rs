// SPDX-License-Identifier: Apache-2.0

//! A hub as Hugging Face runs it, over HTTP.
//!
//! Addresses and requests are those of the hub's own client. Its downloads are not used: they name files on our disk by what
//! the server says, and take as many bytes as it sends. Here the list with its sizes comes first, then what says which
//! model it is, and each file ends where the list says. No token is sent, so models must be public.

use hf_hub::api::tokio::{Api, ApiBuilder, ApiRepo};
use hf_hub::{Cache as HubCache, Repo, RepoType};
use reqwest::{RequestBuilder, Response};
use serde::Deserialize;

use super::files::{checked, is_taken, Broken, Incoming};
use super::{Address, Cache, Failure, Limits, Listing, StoreError};

/// Bytes that a repository's list may have.
const MAX_LIST_BYTES: usize = 4 << 20;

/// A hub. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hub {
	api: Api,
}

/// What the hub tells of a repository; the rest is passed over.
#[derive(Deserialize)]
struct About {
	sha: String,
	siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
	rfilename: String,
	size: Option<u64>,
}

impl Hub {
	/// The hub at `endpoint`, such as `https://huggingface.co`.
	pub fn new(endpoint: &str) -> Result<Self, StoreError> {
		// The client's own cache stays unused.
		let builder = ApiBuilder::from_cache(HubCache::new("hub".into()));
		let endpoint = endpoint.trim_end_matches('/').to_owned();
		let api = builder.with_token(None).with_progress(false).with_endpoint(endpoint).build();
		Ok(Self { api: api.map_err(StoreError::Hub)? })
	}

	/// Copies a repository.
	pub(super) async fn fetch(
		&self,
		address: &Address,
		limits: Limits<'_>,
		cache: &Cache,
	) -> Result<Incoming, Failure> {
		let late = |_| Failure::Unreachable(format!("not read within {:?}", limits.deadline));
		tokio::time::timeout(limits.deadline, self.copy(address, limits, cache)).await.map_err(late)?
	}

	async fn copy(&self, address: &Address, limits: Limits<'_>, cache: &Cache) -> Result<Incoming, Failure> {
		let repo = Repo::with_revision(address.repository(), RepoType::Model, address.commit().into());
		let repo = self.api.repo(repo);
		let listing = checked(self.list(&repo, address).await?, limits)?;
		let mut incoming = Incoming::begin(cache).map_err(Failure::Ours)?;
		for (name, bytes) in &listing {
			let mut answer = answer(self.api.client().get(repo.url(name))).await?;
			let mut writer = incoming.file(name, *bytes).map_err(Failure::Ours)?;
			while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&error))? {
				writer.write(&chunk).map_err(|broken| of(broken, name))?;
			}
			incoming.finish(writer, limits).map_err(|broken| of(broken, name))?;
		}
		Ok(incoming)
	}

	/// The model's files, as the hub lists them.
	async fn list(&self, repo: &ApiRepo, address: &Address) -> Result<Listing, Failure> {
		let mut answer = answer(repo.info_request().query(&[("blobs", "true")])).await?;
		let mut body = Vec::new();
		while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&error))? {
			if body.len() + chunk.len() > MAX_LIST_BYTES {
				return Err(Failure::Refused(format!("its list of files has more than {MAX_LIST_BYTES} bytes")));
			}
			body.extend_from_slice(&chunk);
		}
		let no_list = |error: serde_json::Error| Failure::Unreachable(format!("no list of files: {error}"));
		let about: About = serde_json::from_slice(&body).map_err(no_list)?;
		if about.sha != address.commit() {
			return Err(Failure::Unreachable("the hub tells of another commit".into()));
		}
		let mut listing = Listing::new();
		for Sibling { rfilename, size } in about.siblings.into_iter().filter(|file| is_taken(&file.rfilename)) {
			let size =
				size.ok_or_else(|| Failure::Unreachable(format!("the hub does not tell the size of {rfilename}")))?;
			listing.insert(rfilename, size);
		}
		Ok(listing)
	}
}

/// The answer to a request, if the hub grants it.
async fn answer(request: RequestBuilder) -> Result<Response, Failure> {
	let answer = request.send().await.and_then(Response::error_for_status);
	answer.map_err(|error| failed(&error))
}

/// What the hub does not give to the public is not there; what else fails is no miner's doing.
fn failed(error: &reqwest::Error) -> Failure {
	match error.status().map(|status| status.as_u16()) {
		Some(401 | 403 | 404 | 410) => Failure::Missing,
		_ => Failure::Unreachable(crate::one_line(error)),
	}
}

/// A commit does not change, so a file that has not its size is the hub's fault.
fn of(broken: Broken, name: &str) -> Failure {
	match broken {
		Broken::Size => Failure::Unreachable(format!("{name} has not the size that the hub listed")),
		Broken::Model(why) => Failure::Refused(why),
		Broken::Ours(error) => Failure::Ours(error),
	}
}
