// SPDX-License-Identifier: Apache-2.0

//! What a GPU computes, against the CPU. `scripts/gpu.sh` runs these, each in a process of its own.

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use tch::{Kind, Tensor};

use super::*;
use crate::gradient::recorded::drawn;
use crate::gradient::{aggregate, outer_step, Codec, Decoder, Layouts, Limits, Update};

const GPU: Processor = Processor::Cuda(0);

/// Must come first in each test.
fn open() {
	let folder = std::env::var_os("LIBTORCH_CUDA").map(PathBuf::from);
	cuda::check(&[GPU], folder.as_deref()).unwrap();
}

fn config() -> ModelConfig {
	let (hidden_size, intermediate_size, max_position_embeddings) = (256, 704, 256);
	let (vocab_size, num_attention_heads, num_key_value_heads) = (1_024, 8, 4);
	ModelConfig {
		vocab_size,
		hidden_size,
		num_attention_heads,
		num_key_value_heads,
		intermediate_size,
		max_position_embeddings,
		..config_of_tests()
	}
}

fn batches(count: usize) -> Vec<Batch> {
	let row = |seed: usize| (0..256).map(|at| ((seed * 7_919 + at * at * 31) % 1_024) as u32).collect::<Vec<_>>();
	(0..count).map(|place| Batch::new(&[row(2 * place), row(2 * place + 1)], &config(), None).unwrap()).collect()
}

fn params() -> Params {
	Params::init(&config(), 1).unwrap()
}

#[track_caller]
fn check_close(found: &[f64], expected: &[f64], tolerance: f64) {
	assert_eq!(found.len(), expected.len());
	for (found, expected) in found.iter().zip(expected) {
		assert!((found - expected).abs() < tolerance * expected, "{found} is not {expected}");
	}
}

#[test]
#[ignore = "needs a GPU"]
fn gpu_losses_are_those_of_the_cpu() {
	open();
	let (params, batches) = (params(), batches(6));
	let all: Vec<&Batch> = batches.iter().collect();
	let expected = params.losses(&all, 512).unwrap();
	let there = params.copy().on(GPU).unwrap();
	check_close(&there.losses(&all, 512).unwrap(), &expected, 1e-5);
	check_close(&there.losses(&all, 1 << 20).unwrap(), &expected, 1e-5);
	let mut trial = Trial::new(&there, Precision::Bf16).unwrap();
	trial.copy(&there).unwrap();
	let rounded = trial.losses(&there, &all, 1 << 20).unwrap();
	check_close(&rounded, &expected, 1e-2);
	check_close(&trial.losses(&there, &all, 512).unwrap(), &rounded, 1e-2);
}

#[test]
#[ignore = "needs a GPU"]
fn gpu_gradients_are_those_of_the_cpu() {
	open();
	let (params, batches) = (params(), batches(2));
	let expected = gradients(&params, &batches);
	let found = gradients(&params.copy().on(GPU).unwrap(), &batches);
	assert!((found.loss - expected.loss).abs() < 1e-5 * expected.loss);
	for ((name, found), (_, expected)) in found.named().zip(expected.named()) {
		let found = found.to_device(tch::Device::Cpu);
		assert!((&found - expected).norm().double_value(&[]) < 1e-4 * expected.norm().double_value(&[]), "{name}");
	}
}

/// Signs alone move the model: at most one in 10⁵ may differ.
#[test]
#[ignore = "needs a GPU"]
fn gpu_steps_are_those_of_the_cpu() {
	open();
	let params = params();
	let there = params.copy().on(GPU).unwrap();
	let before = params.copy();
	let layouts = Layouts::new(&config().parameter_shapes(), 64, 32).unwrap();
	let codec = Codec::new(layouts);
	let update = Update::new(&drawn(codec.layouts(), 3), codec.layouts(), &Limits::default()).unwrap();
	let stepped = |params: &Params, processor| {
		let mut trial = Trial::new(params, Precision::F32).unwrap();
		Decoder::new(&codec, processor).unwrap().step(&mut trial, params, &update, 1e-3).unwrap();
		let mut tensors = Vec::new();
		let keep = |_: &str, _: &Tensor, copy: &mut Tensor| -> Result<(), Infallible> {
			tensors.push(copy.to_device(tch::Device::Cpu));
			Ok(())
		};
		trial.write(params, keep).unwrap();
		tensors
	};
	let pairs = stepped(&params, Processor::Cpu).into_iter().zip(stepped(&there, GPU));
	let (mut all, mut other) = (0, 0);
	for (here, there) in pairs {
		all += here.numel();
		other += here.ne_tensor(&there).sum(Kind::Int64).int64_value(&[]);
	}
	assert!(other as f64 <= 1e-5 * all as f64, "{other} of {all} differ");
	assert_eq!(there.on(Processor::Cpu).unwrap(), before, "the original was written");
}

/// All nodes take the same step, whatever they compute on.
#[test]
#[ignore = "needs a GPU"]
fn gpu_outer_steps_are_those_of_the_cpu_to_the_last_bit() {
	open();
	let codec = Codec::new(Layouts::new(&config().parameter_shapes(), 64, 32).unwrap());
	let (mut here, mut there) = (params(), params().on(GPU).unwrap());
	for window in 0..100 {
		let peers = [drawn(codec.layouts(), window), drawn(codec.layouts(), window + 1_000)];
		let aggregated = aggregate(&codec, &peers.iter().collect::<Vec<_>>()).unwrap();
		for params in [&mut here, &mut there] {
			outer_step(params, &aggregated, 1e-3, 0.1).unwrap();
		}
	}
	assert_eq!(there.on(Processor::Cpu).unwrap(), here);
}

#[test]
#[ignore = "needs a GPU"]
fn gpu_memory_that_does_not_suffice_costs_one_job() {
	open();
	tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
		let device = Device::start(1, || Ok::<_, Infallible>(Gpu)).await.unwrap();
		let huge = |_: &mut Gpu| {
			let all = Tensor::f_zeros([1_i64 << 42], (Kind::Float, GPU.into()))?;
			Ok::<_, Fault>(all.numel())
		};
		assert!(matches!(device.try_run(huge).await, Ok(Err(Fault::Memory(_)))));
		assert!(device.try_run(|_| GPU.probe()).await.unwrap().is_ok());
	});
}

/// An index that no kernel should ever see breaks the device for the rest of the process.
#[test]
#[ignore = "needs a GPU"]
fn gpu_that_is_broken_ends_the_device() {
	open();
	tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
		let device = Device::start(1, || Ok::<_, Infallible>(Gpu)).await.unwrap();
		assert!(device.try_run(|_| GPU.probe()).await.unwrap().is_ok());
		let assert_in_a_kernel = |_: &mut Gpu| {
			let table = Tensor::f_ones([4, 4], (Kind::Float, GPU.into()))?;
			let place = Tensor::from_slice(&[1_i64 << 40]).f_to_device(GPU.into())?;
			let read = Tensor::f_embedding(&table, &place, -1, false, false)?;
			Ok::<_, Fault>(read.f_sum(Kind::Float)?.f_double_value(&[])?)
		};
		let stopped = device.try_run(assert_in_a_kernel).await.unwrap_err();
		assert!(stopped.to_string().contains("the device fails"), "{stopped}");
		assert_eq!(device.run(|_| ()).await, Err(stopped));
	});
}

struct Gpu;

impl Probe for Gpu {
	fn probe(&mut self) -> Result<(), Fault> {
		GPU.probe()
	}
}

#[test]
#[ignore = "needs a GPU"]
fn gpu_is_found_by_what_the_user_names() {
	let folder = std::env::var_os("LIBTORCH_CUDA").map(PathBuf::from);
	tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
		let compute = Compute { processors: vec![GPU], cuda_library: folder, ..Compute::cpu(NonZeroUsize::MIN) };
		let devices = Devices::start(&compute, |lane| Ok::<_, Infallible>(lane)).await.unwrap();
		assert_eq!(devices.run(|lane| lane.processor).await, Ok(GPU));
		let many = Compute { processors: vec![Processor::Cuda(99)], ..compute };
		let absent = Devices::start(&many, |lane| Ok::<_, Infallible>(lane)).await;
		assert!(matches!(absent, Err(DevicesError::Cuda(CudaError::Absent { .. }))));
	});
}
