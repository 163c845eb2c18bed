// SPDX-License-Identifier: Apache-2.0

//! The miner: trains on the pages it is assigned, uploads a compressed gradient in time, keeps step with the others.
//!
//! Two more roles do no work. They are here to try an incentive mechanism against.

mod work;

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use mechanisms::Uid;
use tracing::{info, warn};

use crate::bucket::Kind;
use crate::chain;
use crate::clock::Window;
use crate::gradient;
use crate::journal::{Journal, MinedWindow};
use crate::participant::{Participant, ParticipantError, Settings};

use work::Work;

/// How a miner comes by what it uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
	/// It trains.
	Honest,
	/// It uploads again what the miner of this uid has uploaded.
	Copier(Uid),
	/// It uploads random numbers of the right shape.
	Noise,
}

/// The text is no role.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no role: use honest, noise or copy:UID")]
pub struct RoleError(String);

impl FromStr for Role {
	type Err = RoleError;

	fn from_str(text: &str) -> Result<Self, RoleError> {
		let copied = text.strip_prefix("copy:").and_then(|uid| uid.parse().ok());
		match (text, copied) {
			("honest", _) => Ok(Self::Honest),
			("noise", _) => Ok(Self::Noise),
			(_, Some(uid)) => Ok(Self::Copier(uid)),
			_ => Err(RoleError(text.into())),
		}
	}
}

impl fmt::Display for Role {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Honest => f.write_str("honest"),
			Self::Copier(uid) => write!(f, "copy:{uid}"),
			Self::Noise => f.write_str("noise"),
		}
	}
}

/// Runs until something fails.
pub async fn run(settings: Settings, role: Role) -> Result<Infallible, ParticipantError> {
	let folder = settings.state.clone();
	let mut participant = Participant::join(settings, chain::Role::Miner).await?;
	let mut journal = Journal::open(&folder).map_err(|source| ParticipantError::State { path: folder, source })?;
	participant.publish().await?;
	info!(%role, "mining");
	loop {
		let window = participant.clock.window()?.max(participant.start_window());
		catch_up(&mut participant, window).await?;
		// Catching up may have taken longer than the window.
		if participant.clock.window()? > window {
			continue;
		}
		participant.clock.begun(window).await?;
		let mined = mine(&participant, role, window).await?;
		info!(window, loss = mined.loss, batches = mined.batches, bytes = mined.bytes, "mined");
		if let Err(error) = journal.write(&mined) {
			warn!("no line in the journal for window {window}: {error}");
		}
		catch_up(&mut participant, window.saturating_add(1)).await?;
	}
}

/// Takes the outer step of every window before `window`.
async fn catch_up(participant: &mut Participant, window: Window) -> Result<(), ParticipantError> {
	while participant.next_window() < window {
		let view = participant.view(participant.next_window()).await?;
		participant.closed(&view).await?;
		let submissions = participant.submissions(&view, view.peers.gather.iter().copied()).await?;
		for (uid, submission) in submissions.iter().filter(|(_, submission)| submission.gradient().is_none()) {
			info!(window = view.window, uid, "not part of the step: {submission}");
		}
		participant.keep_step(&view, &submissions).await?;
	}
	Ok(())
}

/// One window's work, uploaded once the window is over and not before.
async fn mine(participant: &Participant, role: Role, window: Window) -> Result<MinedWindow, ParticipantError> {
	let work = match role {
		Role::Honest => work::train(participant, window).await?,
		Role::Noise => work::noise(participant, window),
		Role::Copier(_) => None,
	};
	participant.clock.ended(window).await?;
	let work = match role {
		Role::Copier(uid) => work::copy(participant, window, uid).await?,
		Role::Honest | Role::Noise => work,
	};
	let Some(Work { gradient, loss, batches }) = work else {
		return Ok(MinedWindow { window, loss: None, batches: 0, bytes: 0 });
	};
	let encoded = gradient::encode(&gradient, &participant.layouts);
	let bytes = encoded.len();
	participant.upload(Kind::Gradient, window, encoded.into()).await?;
	Ok(MinedWindow { window, loss, batches, bytes })
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn roles_read_as_they_print() {
		for text in ["honest", "noise", "copy:3"] {
			assert_eq!(text.parse::<Role>().map(|role| role.to_string()).expect("a role"), text);
		}
		for text in ["", "copy", "copy:", "copy:x", "copy:70000", "Honest"] {
			assert!(text.parse::<Role>().is_err(), "{text}");
		}
	}
}
