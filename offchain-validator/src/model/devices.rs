// SPDX-License-Identifier: Apache-2.0

//! Several threads with an engine each, all with the same model.
//!
//! What changes the model is done by all of them, what only reads it by any. Engines that begin alike and do the same jobs in
//! the same order stay alike; the first is the one that speaks for all.

use std::future::Future;

use futures::future::try_join_all;
use futures::{Stream, StreamExt as _};
use tokio::sync::Mutex;

use super::compute::{Compute, Lane};
use super::cuda::{self, CudaError};
use super::device::{Device, DeviceStopped, Probe, StartError};

/// Handles of the threads. Cheap to clone.
pub struct Devices<E> {
	first: Device<E>,
	others: Vec<Device<E>>,
}

/// Why devices could not be started.
#[derive(Debug, thiserror::Error)]
pub enum DevicesError<X> {
	/// None is named.
	#[error("no device is named")]
	None,
	/// A GPU cannot be used.
	#[error("{0}")]
	Cuda(#[from] CudaError),
	/// A thread did not start, or its engine could not be made.
	#[error("{0}")]
	Start(#[from] StartError<X>),
}

impl<E: 'static> Devices<E> {
	/// Starts a thread for each processor and makes its engine there.
	pub async fn start<X: Send + 'static>(
		compute: &Compute,
		make_engine: impl Fn(Lane) -> Result<E, X> + Clone + Send + 'static,
	) -> Result<Self, DevicesError<X>> {
		cuda::check(&compute.processors, compute.cuda_library.as_deref())?;
		let mut started = Vec::new();
		// One after the other: the first to read a file leaves it in memory for the next.
		for lane in compute.lanes() {
			let make_engine = make_engine.clone();
			started.push(Device::start(compute.threads.get(), move || make_engine(lane)).await?);
		}
		let mut started = started.into_iter();
		let first = started.next().ok_or(DevicesError::None)?;
		Ok(Self { first, others: started.collect() })
	}

	/// How many there are.
	pub fn count(&self) -> usize {
		1 + self.others.len()
	}

	/// All of them, the first one first.
	pub fn iter(&self) -> impl Iterator<Item = &Device<E>> {
		std::iter::once(&self.first).chain(&self.others)
	}

	/// Does one job on the first, as [`Device::run`] does.
	pub async fn run<T: Send + 'static>(
		&self,
		job: impl FnOnce(&mut E) -> T + Send + 'static,
	) -> Result<T, DeviceStopped> {
		self.first.run(job).await
	}

	/// Does one job on each, at the same time; gives their answers, the first one's first.
	pub async fn run_all<T: Send + 'static>(
		&self,
		job: impl FnOnce(&mut E) -> T + Clone + Send + 'static,
	) -> Result<Vec<T>, DeviceStopped> {
		try_join_all(self.iter().map(|device| device.run(job.clone()))).await
	}
}

impl<E: Probe + 'static> Devices<E> {
	/// Does one job that may fail on the first, as [`Device::try_run`] does.
	pub async fn try_run<T: Send + 'static, X: Send + 'static>(
		&self,
		job: impl FnOnce(&mut E) -> Result<T, X> + Send + 'static,
	) -> Result<Result<T, X>, DeviceStopped> {
		self.first.try_run(job).await
	}

	/// Does `job` on `tasks`, in their order, for as long as `may_begin` says so: each device takes the next one when it is done
	/// with its last. Gives the answers, in whatever order they came; the first error ends it.
	pub async fn share<T, A, X, F>(
		&self,
		tasks: impl Stream<Item = T> + Unpin,
		may_begin: impl Fn() -> bool,
		job: impl Fn(Device<E>, T) -> F,
	) -> Result<Vec<A>, X>
	where
		F: Future<Output = Result<A, X>>,
	{
		let tasks = Mutex::new(tasks);
		let worker = async |device: &Device<E>| {
			let mut answers = Vec::new();
			while may_begin() {
				let Some(task) = tasks.lock().await.next().await else { break };
				answers.push(job(device.clone(), task).await?);
			}
			Ok(answers)
		};
		Ok(try_join_all(self.iter().map(worker)).await?.into_iter().flatten().collect())
	}
}

impl<E> Clone for Devices<E> {
	fn clone(&self) -> Self {
		Self { first: self.first.clone(), others: self.others.clone() }
	}
}

#[cfg(test)]
mod tests {
	use std::cell::Cell;
	use std::collections::BTreeSet;
	use std::convert::Infallible;
	use std::num::NonZeroUsize;
	use std::sync::{Arc, Barrier};

	use futures::stream;

	use super::super::compute::Processor;
	use super::super::fault::Fault;
	use super::*;

	/// Counts what it did.
	struct Counter(u32);

	impl Probe for Counter {
		fn probe(&mut self) -> Result<(), Fault> {
			Ok(())
		}
	}

	async fn devices(count: usize) -> Devices<Counter> {
		let mut compute = Compute::cpu(NonZeroUsize::MIN);
		compute.processors = vec![Processor::Cpu; count];
		Devices::start(&compute, |_| Ok::<_, Infallible>(Counter(0))).await.unwrap()
	}

	fn wait<T>(future: impl Future<Output = T>) -> T {
		tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
	}

	#[test]
	fn what_all_do_each_does_once() {
		wait(async {
			let devices = devices(3).await;
			let job = |counter: &mut Counter| {
				counter.0 += 1;
				counter.0
			};
			assert_eq!(devices.run_all(job).await, Ok(vec![1, 1, 1]));
			assert_eq!(devices.run(job).await, Ok(2));
			assert_eq!(devices.run_all(job).await, Ok(vec![3, 2, 2]));
		});
	}

	/// Two tasks that wait for each other are only ever done side by side.
	#[test]
	fn devices_work_side_by_side_and_every_task_is_done_once() {
		wait(async {
			let devices = devices(2).await;
			let meet = Arc::new(Barrier::new(2));
			let job = |device: Device<Counter>, task: u32| {
				let meet = meet.clone();
				async move {
					let met = device.run(move |_| {
						meet.wait();
					});
					met.await.map(|()| task)
				}
			};
			let done = devices.share(stream::iter(0..8), || true, job).await.unwrap();
			assert_eq!(done.into_iter().collect::<BTreeSet<_>>(), (0..8).collect());
		});
	}

	#[test]
	fn nothing_is_begun_when_the_time_is_over() {
		wait(async {
			let left = Cell::new(3);
			let may_begin = || left.replace(left.get().max(1) - 1) > 0;
			let job = async |device: Device<Counter>, task: u32| device.run(move |_| task).await;
			let done = devices(1).await.share(stream::iter(0..8), may_begin, job).await;
			assert_eq!(done, Ok(vec![0, 1, 2]));
		});
	}

	#[test]
	fn no_device_at_all_is_an_error() {
		wait(async {
			let compute = Compute { processors: Vec::new(), ..Compute::cpu(NonZeroUsize::MIN) };
			let none = Devices::start(&compute, |_| Ok::<_, Infallible>(Counter(0))).await;
			assert!(matches!(none, Err(DevicesError::None)));
		});
	}
}
