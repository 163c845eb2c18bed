// SPDX-License-Identifier: Apache-2.0

//! The one thread that owns everything of libtorch.
//!
//! A forward pass would block the async runtime, and tensors must not be shared between threads. Jobs go in over a
//! bounded channel, their answers come back over another; nothing else crosses. A job that fails is its caller's affair, unless
//! the device itself fails from then on: that, as a panic, ends the thread, with it the program, and whoever watches over that
//! starts it again.

use std::any::Any;
use std::fmt::Display;
use std::io;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Once, OnceLock};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::fault::Fault;

/// Jobs that may wait; whoever brings one more waits itself.
const WAITING_JOBS: usize = 16;

type Job<E> = Box<dyn FnOnce(&mut E) + Send>;

/// Handle of the thread on which an engine `E` lives. Cheap to clone; the thread ends with the last handle.
pub struct Device<E> {
	jobs: mpsc::Sender<Job<E>>,
	end: End,
}

/// The thread has ended, with this and every later job undone.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the model thread has stopped: {reason}")]
pub struct DeviceStopped {
	reason: String,
}

/// What lives on a device and can tell whether that still works.
pub trait Probe {
	/// Fails where whatever comes after would fail, too.
	fn probe(&mut self) -> Result<(), Fault>;
}

/// Why a device could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError<X> {
	/// The system gives no thread.
	#[error("starting the model thread failed")]
	Thread(#[source] io::Error),
	/// The engine could not be made.
	#[error("the engine could not be made")]
	Engine(#[source] X),
	/// Making the engine panicked.
	#[error(transparent)]
	Stopped(DeviceStopped),
}

/// Where a panic is kept, for all who still want an answer.
#[derive(Clone, Default)]
struct End(Arc<OnceLock<String>>);

impl<E: 'static> Device<E> {
	/// Starts a thread on which libtorch may use `threads` cores, and makes the engine there.
	pub async fn start<X: Send + 'static>(
		threads: usize,
		make_engine: impl FnOnce() -> Result<E, X> + Send + 'static,
	) -> Result<Self, StartError<X>> {
		let (jobs, queue) = mpsc::channel(WAITING_JOBS);
		let (made, is_made) = oneshot::channel();
		let end = End::default();
		let device = Self { jobs, end: end.clone() };
		let body = move || {
			// Only a backward pass needs more, and asks for it.
			let _no_grad = tch::no_grad_guard();
			let make = || {
				limit_threads(threads);
				make_engine()
			};
			match end.guard(make) {
				Some(Ok(engine)) => {
					// Fails when nobody waits any more; then there is no handle either, and `serve` ends at once.
					let _ = made.send(Ok(()));
					serve(engine, queue, &end);
				},
				Some(Err(error)) => drop(made.send(Err(error))),
				None => {}, // It panicked: `made` closes, the reason is kept.
			}
		};
		thread::Builder::new().name("model".into()).spawn(body).map_err(StartError::Thread)?;
		match is_made.await {
			Ok(Ok(())) => Ok(device),
			Ok(Err(error)) => Err(StartError::Engine(error)),
			Err(_) => Err(StartError::Stopped(device.end.reason())),
		}
	}

	/// Does one job on the thread and gives its answer. A caller that stops waiting before the job begins withdraws it.
	pub async fn run<T: Send + 'static>(
		&self,
		job: impl FnOnce(&mut E) -> T + Send + 'static,
	) -> Result<T, DeviceStopped> {
		let (answer, answered) = oneshot::channel();
		let end = self.end.clone();
		let job = move |engine: &mut E| {
			if answer.is_closed() {
				return;
			}
			if let Some(value) = end.guard(|| job(engine)) {
				drop(answer.send(value)); // Fails when nobody waits for it any more.
			}
		};
		// Either fails only when the thread has ended.
		self.jobs.send(Box::new(job)).await.map_err(|_| self.end.reason())?;
		answered.await.map_err(|_| self.end.reason())
	}
}

impl<E: Probe + 'static> Device<E> {
	/// As [`Self::run`], for a job that may fail. If it does, and the device fails from then on, that is the end: some errors
	/// leave a GPU of no more use to the program they happen in, whosever fault they are.
	pub async fn try_run<T: Send + 'static, X: Send + 'static>(
		&self,
		job: impl FnOnce(&mut E) -> Result<T, X> + Send + 'static,
	) -> Result<Result<T, X>, DeviceStopped> {
		let end = self.end.clone();
		let answer = self.run(move |engine| {
			let answer = job(engine);
			if answer.is_err() {
				end.check(engine);
			}
			answer
		});
		match (answer.await, self.end.0.get()) {
			(answer, None) => answer,
			(_, Some(_)) => Err(self.end.reason()),
		}
	}
}

impl<E> Clone for Device<E> {
	fn clone(&self) -> Self {
		Self { jobs: self.jobs.clone(), end: self.end.clone() }
	}
}

impl End {
	/// The answer of `work`, or none if it panicked, which is then the end.
	fn guard<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
		// Safe to go on after a panic: what it left half done is never used again.
		match catch_unwind(AssertUnwindSafe(work)) {
			Ok(value) => Some(value),
			Err(panic) => {
				// Kept before the caller's channel closes, so that it finds the reason there.
				let _ = self.0.set(message(&*panic));
				None
			},
		}
	}

	fn check(&self, engine: &mut impl Probe) {
		if let Err(fault) = engine.probe() {
			let _ = self.0.set(format!("the device fails: {fault}"));
		}
	}

	fn reason(&self) -> DeviceStopped {
		DeviceStopped { reason: self.0.get().cloned().unwrap_or_else(|| "nobody knows why".into()) }
	}
}

/// Does jobs until no handle is left, or one of them panics.
fn serve<E>(mut engine: E, mut queue: mpsc::Receiver<Job<E>>, end: &End) {
	while let Some(job) = queue.blocking_recv() {
		job(&mut engine);
		if end.0.get().is_some() {
			// Dropped here, jobs that wait tell their callers; so does one that is being sent this moment.
			queue.close();
			while queue.blocking_recv().is_some() {}
			// Dropping the engine may panic again, which must not hide the first reason.
			return drop(catch_unwind(AssertUnwindSafe(|| drop(engine))));
		}
	}
}

/// Must come before the first tensor. The pool for operations side by side belongs to the process and can be set once;
/// we run one operation at a time.
fn limit_threads(threads: usize) {
	static INTEROP: Once = Once::new();
	INTEROP.call_once(|| {
		if tch::get_num_interop_threads() != 1 {
			tch::set_num_interop_threads(1);
		}
	});
	tch::set_num_threads(i32::try_from(threads.max(1)).unwrap_or(i32::MAX));
}

fn message(panic: &(dyn Any + Send)) -> String {
	let text = panic.downcast_ref::<&str>().map(|text| text as &dyn Display);
	let text = text.or_else(|| panic.downcast_ref::<String>().map(|text| text as &dyn Display));
	text.map_or_else(|| "a panic without a message".into(), ToString::to_string)
}

#[cfg(test)]
mod tests {
	use std::convert::Infallible;
	use std::future::Future;

	use super::*;

	fn wait<T>(future: impl Future<Output = T>) -> T {
		tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
	}

	async fn counter() -> Device<u32> {
		Device::start(1, || Ok::<_, Infallible>(0)).await.unwrap()
	}

	#[test]
	fn jobs_share_one_engine_in_turn() {
		wait(async {
			let device = counter().await;
			for expected in 1..=3 {
				let job = |count: &mut u32| {
					*count += 1;
					(*count, thread::current().name().map(str::to_owned), tch::get_num_threads())
				};
				assert_eq!(device.clone().run(job).await, Ok((expected, Some("model".into()), 1)));
			}
		});
	}

	#[test]
	fn a_panic_ends_the_device_and_nobody_hangs() {
		wait(async {
			let device = counter().await;
			let stopped = Err(DeviceStopped { reason: "no memory left".into() });
			let (first, second) = tokio::join!(
				device.run(|count| if *count == 0 {
					panic!("no memory {}", "left")
				}),
				device.run(|_| ())
			);
			assert_eq!([first, second, device.run(|_| ()).await], [stopped.clone(), stopped.clone(), stopped]);
		});
	}

	/// Works until it is told not to.
	struct Frail {
		works: bool,
	}

	impl Probe for Frail {
		fn probe(&mut self) -> Result<(), Fault> {
			if self.works {
				Ok(())
			} else {
				Err(Fault::Refused("an illegal memory access was encountered".into()))
			}
		}
	}

	#[test]
	fn a_job_that_fails_ends_the_device_only_if_that_fails_with_it() {
		wait(async {
			let device = Device::start(1, || Ok::<_, Infallible>(Frail { works: true })).await.unwrap();
			assert_eq!(device.try_run(|_| Err::<(), _>("no memory")).await, Ok(Err("no memory")));
			assert_eq!(device.try_run(|_| Ok::<_, ()>(7)).await, Ok(Ok(7)));
			let stopped = DeviceStopped {
				reason: "the device fails: libtorch fails: an illegal memory access was encountered".into(),
			};
			let broken = device.try_run(|engine| {
				engine.works = false;
				Err::<(), _>("a kernel failed")
			});
			assert_eq!(broken.await, Err(stopped.clone()));
			assert_eq!(device.run(|_| 7).await, Err(stopped));
		});
	}

	#[test]
	fn nothing_is_tracked_on_the_thread() {
		wait(async {
			let device = counter().await;
			let tracks = |_: &mut u32| (tch::Tensor::from(1.0_f32).set_requires_grad(true) * 2.0).requires_grad();
			assert_eq!(device.run(tracks).await, Ok(false));
		});
	}

	#[test]
	fn nobody_does_what_nobody_waits_for() {
		wait(async {
			let device = counter().await;
			let (open, gate) = std::sync::mpsc::channel();
			let first = device.run(move |_| gate.recv());
			tokio::pin!(first);
			tokio::select! { // Each branch is begun, the last ends at once, and the second is given up.
				biased;
				_ = &mut first => unreachable!(),
				_ = device.run(|count| *count += 1) => unreachable!(),
				() = async {} => open.send(()).unwrap(),
			}
			assert_eq!(first.await, Ok(Ok(())));
			assert_eq!(device.run(|count| *count).await, Ok(0));
		});
	}

	#[test]
	fn an_engine_that_cannot_be_made_is_an_error() {
		wait(async {
			let failed = Device::<u32>::start(1, || Err("no file")).await;
			assert!(matches!(failed, Err(StartError::Engine("no file"))));
			let panicked = Device::<u32>::start(1, || -> Result<_, Infallible> { panic!("no libtorch") }).await;
			assert!(matches!(panicked, Err(StartError::Stopped(stopped)) if stopped.reason == "no libtorch"));
		});
	}

	#[test]
	fn an_engine_need_not_be_send() {
		wait(async {
			let device = Device::start(1, || Ok::<_, Infallible>(std::rc::Rc::new(7))).await.unwrap();
			assert_eq!(device.run(|seven| **seven).await, Ok(7));
		});
	}
}
