// SPDX-License-Identifier: Apache-2.0

//! Why a node of Templar ends.

use crate::bucket::BucketError;
use crate::chain::ChainError;
use crate::clock::Window;
use crate::data::DatasetError;
use crate::gradient::LayoutError;
use crate::model::{DeviceStopped, DevicesError};
use crate::participant::ParticipantError;
use crate::shared_model::SharedModelError;
use crate::templar::engine::EngineError;

/// Why a node cannot go on. Nothing a peer does is among the reasons.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
	/// As for every participant.
	#[error("{0}")]
	Participant(#[from] ParticipantError),
	/// The chain did not answer, or refused.
	#[error("{0}")]
	Chain(#[from] ChainError),
	/// The folder of the buckets, or our own bucket, cannot be used.
	#[error("the bucket cannot be used")]
	Bucket(#[from] BucketError),
	/// The token shards cannot be used.
	#[error("the data cannot be used")]
	Data(#[from] DatasetError),
	/// The model cannot be cut into chunks.
	#[error("the model cannot be cut into chunks")]
	Layout(#[from] LayoutError),
	/// The model cannot be worked with.
	#[error("{0}")]
	Engine(#[from] EngineError),
	/// The data does not fit the model.
	#[error("{0}")]
	Text(#[from] SharedModelError),
	/// The device threads did not start.
	#[error("the device threads did not start")]
	Start(#[from] DevicesError<EngineError>),
	/// A device thread ended.
	#[error("{0}")]
	Device(#[from] DeviceStopped),
	/// A device computes otherwise than the first.
	#[error(
		"after the step of window {window} the devices hold different models: use devices of one kind, and start again"
	)]
	Diverged {
		/// The window.
		window: Window,
	},
	/// A task of ours was cut short.
	#[error("a task of this program was cut short")]
	Task(#[from] tokio::task::JoinError),
	/// Something of ours cannot be put into JSON.
	#[error("a record cannot be put into JSON")]
	Json(#[from] serde_json::Error),
}
