// SPDX-License-Identifier: Apache-2.0

//! Which models are looked at in a step, and our copies of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use mechanisms::finetuning::digest::Digest;
use mechanisms::finetuning::state::Model;
use mechanisms::Uid;

use super::{Entry, Node, NodeError, Scores};
use crate::clock::Window;
use crate::finetuning::store::{Address, Fetched};
use crate::participant::WindowView;

/// Repositories that are fetched at once.
const AT_ONCE: usize = 4;

/// What was found of a model that was to be looked at.
#[derive(Clone, Debug)]
pub(super) enum Found {
	/// Our copy of it.
	Copy(Model, PathBuf),
	/// A copy of what this hotkey had first.
	CopiedFrom(String),
	/// There is none.
	Missing,
	/// It breaks a rule.
	Refused(String),
	/// The store cannot be read.
	Unreachable(String),
}

/// Fetches the models of a competition that are new to us, and those that we look at again.
pub(super) async fn gather(
	node: &Node,
	scores: &Scores,
	view: &WindowView,
	entries: &BTreeMap<Uid, Entry>,
	competition: &str,
) -> Result<BTreeMap<Uid, Found>, NodeError> {
	let entered: BTreeMap<Uid, &Entry> = entries
		.iter()
		.filter(|(_, entry)| entry.id.competition() == competition)
		.map(|(uid, entry)| (*uid, entry))
		.collect();
	let is_new = |uid: &Uid, entry: &Entry| scores.judged.get(uid) != Some(&entry.committed);
	let new: BTreeSet<Uid> = entered.iter().filter(|(uid, entry)| is_new(uid, entry)).map(|(uid, _)| *uid).collect();
	let wanted = scores.state.to_evaluate(competition, &new);
	let fetching = wanted.into_iter().filter(|uid| view.neurons.contains_key(uid)).map(|uid| {
		let known = scores.state.miner(uid).and_then(|miner| miner.model);
		let entry = entered.get(&uid).copied();
		async move { Ok::<_, NodeError>((uid, find(node, known, entry).await?)) }
	});
	let fetching: Vec<_> = fetching.collect();
	stream::iter(fetching).buffer_unordered(AT_ONCE).try_collect().await
}

/// Marks what another hotkey had first.
pub(super) fn mark_copies(
	scores: &mut Scores,
	window: Window,
	entries: &BTreeMap<Uid, Entry>,
	found: &mut BTreeMap<Uid, Found>,
) {
	let mut by_age: Vec<_> = found.iter_mut().collect();
	by_age.sort_by_key(|(uid, found)| match found {
		Found::Copy(model, _) => (model.block, **uid),
		_ => (u32::MAX, **uid),
	});
	for (uid, found) in by_age {
		let (Found::Copy(model, _), Some(entry)) = (&*found, entries.get(uid)) else { continue };
		if let Some(owner) = scores.origin(model.content, &entry.hotkey, model.block, window) {
			*found = Found::CopiedFrom(owner.into());
		}
	}
}

/// The model of an entry, if there is one; `known` is the one we looked at last.
async fn find(node: &Node, known: Option<Model>, entry: Option<&Entry>) -> Result<Found, NodeError> {
	let Some(entry) = entry else { return Ok(Found::Missing) };
	let committed = entry.id.hash();
	let model = |content: Digest| Model { block: entry.committed.block, committed, content };
	// The same hash is the same content, wherever it lies.
	let known = known.filter(|known| known.committed == committed);
	if let Some((content, folder)) = known.and_then(|known| Some((known.content, node.cache.get(&known.content)?))) {
		return Ok(Found::Copy(model(content), folder));
	}
	let answers = |content: &Digest| content.answers(&committed, &entry.hotkey);
	Ok(match node.fetch(&Address::from(&entry.id), answers).await? {
		Fetched::Repository(repository) => Found::Copy(model(repository.content), repository.folder),
		Fetched::Missing => Found::Missing,
		Fetched::Refused(why) => Found::Refused(why),
		Fetched::Unreachable(why) => Found::Unreachable(why),
	})
}

impl fmt::Display for Found {
	fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Copy(..) => formatter.write_str("fetched"),
			Self::CopiedFrom(hotkey) => write!(formatter, "a copy of what {hotkey} had first"),
			Self::Missing => formatter.write_str("no model"),
			Self::Refused(why) => write!(formatter, "refused: {why}"),
			Self::Unreachable(why) => write!(formatter, "unreachable: {why}"),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::finetuning::scores::Committed;

	fn entry(hotkey: &str, content: Digest, block: u32) -> (Entry, Found) {
		let committed = content.owned_by(hotkey);
		let text = format!("{hotkey}:model:{}:{committed}:toy", "a".repeat(40));
		let id = text.parse().expect("a model's id");
		let model = Model { block, committed, content };
		(Entry { id, committed: Committed { block, text }, hotkey: hotkey.into() }, Found::Copy(model, PathBuf::new()))
	}

	/// The uids whose model is another's, of miners with `(content, block)` each.
	fn copies(scores: &mut Scores, window: Window, miners: &[(&str, u32)]) -> Vec<Uid> {
		let both = (0..).zip(miners).map(|(uid, (content, block))| {
			let (entry, found) = entry(&format!("hotkey{uid}"), Digest::of(content), *block);
			((uid, entry), (uid, found))
		});
		let (entries, mut found): (BTreeMap<_, _>, BTreeMap<_, _>) = both.unzip();
		mark_copies(scores, window, &entries, &mut found);
		found.iter().filter(|(_, found)| matches!(found, Found::CopiedFrom(_))).map(|(uid, _)| *uid).collect()
	}

	#[test]
	fn who_committed_a_content_first_has_it() {
		let mut scores = Scores::default();
		assert_eq!(copies(&mut scores, 1, &[("a", 20), ("a", 10), ("b", 30)]), [0]);
		// The maker has gone on; the copier has still what it copied.
		assert_eq!(copies(&mut scores, 2, &[("a", 20), ("c", 40), ("b", 30)]), [0]);
	}
}
