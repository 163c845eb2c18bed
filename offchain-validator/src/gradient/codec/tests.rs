// SPDX-License-Identifier: Apache-2.0

use proptest::prelude::*;
use serde_json::Value;

use super::super::aggregate::dense;
use super::super::recorded::{compressed, floats, integer, numbers, sizes};
use super::*;

/// One parameter `p`, and its codec.
fn codec(shape: &[usize], target_chunk: usize, topk: usize) -> Codec {
	Codec::new(Layouts::new(&[("p".into(), shape.into())], target_chunk, topk).unwrap())
}

fn layout(codec: &Codec) -> Layout {
	codec.layouts().get("p").unwrap().clone()
}

fn parameter(values: &[f32], layout: &Layout) -> Tensor {
	Tensor::from_slice(values).reshape(layout.shape().iter().map(|side| *side as i64).collect::<Vec<_>>())
}

#[track_caller]
fn check_close(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
	assert_eq!(found.len(), expected.len(), "{what}");
	for (found, expected) in found.iter().zip(expected) {
		assert!((found - expected).abs() <= tolerance, "{what}: {found} is not {expected}");
	}
}

fn all(tensor: &Tensor) -> Vec<f32> {
	elements(tensor, 0..tensor.numel())
}

#[test]
fn bases_are_as_recorded() {
	for case in golden::cases::<Value>("mechanisms/dct_basis.json") {
		let basis = basis(integer(&case["n"]));
		check_close("forward", &all(&basis), &floats(&case["forward"]), 1e-6);
		check_close("inverse", &all(&basis.transpose(0, 1)), &floats(&case["inverse"]), 1e-6);
	}
}

#[test]
fn bases_are_orthonormal() {
	for n in [1, 2, 3, 7, 25, 64] {
		let basis = basis(n);
		let identity = Tensor::eye(n as i64, (Kind::Double, tch::Device::Cpu));
		assert!(basis.matmul(&basis.transpose(0, 1)).allclose(&identity, 0.0, 1e-14, false), "{n}");
	}
}

fn check_recorded(case: &Value) {
	let codec = codec(&sizes(&case["shape"]), integer(&case["target_chunk"]), integer(&case["topk_requested"]));
	let layout = layout(&codec);
	assert_eq!((layout.total(), layout.kept()), (integer(&case["totalk"]), integer(&case["topk"])));
	let x = parameter(&floats(&case["x"]), &layout);
	check_close("encoded", &all(&codec.encode(&x, &layout)), &floats(&case["encoded"]), 1e-5);
	let found = codec.compress(&x, &layout);
	let expected = compressed(&case["idx_sorted"], &case["val_sorted"], layout.kept());
	assert_eq!(found.indices, expected.indices);
	check_close("values", &found.values, &expected.values, 1e-5);
	let decoded = dense(&codec, "p", &layout, &[(&expected, 1.0)]).unwrap();
	check_close("decoded", &all(&decoded), &floats(&case["decoded"]), 1e-5);
	let spread = codec.encode(&decoded, &layout);
	check_close("decompressed", &all(&spread), &floats(&case["decompressed"]), 1e-5);
}

#[test]
fn compression_is_as_recorded() {
	golden::cases::<Value>("mechanisms/dct_topk_seed.json").iter().for_each(check_recorded);
}

/// By symmetry some elements of these transforms are zero; rounding must not give them a sign.
#[test]
fn zeros_of_the_basis_are_exact() {
	let middle = |n: i64, k: i64| basis(n as usize).double_value(&[n / 2, k]);
	for (n, k) in [(3, 1), (5, 1), (5, 3), (25, 7), (63, 61)] {
		assert_eq!(middle(n, k), 0.0, "{n} {k}");
	}
	assert!(numbers(&Value::from(middle(3, 2))).iter().all(|element| *element != 0.0));
}

proptest! {
	#[test]
	fn all_coefficients_together_are_the_parameter(
		rows in 1_usize..20, columns in 1_usize..20, target in 1_usize..10, seed in any::<u64>(),
	) {
		let codec = codec(&[rows, columns], target, usize::MAX);
		let layout = layout(&codec);
		let values: Vec<f32> = (0..rows * columns).map(|i| ((seed as f64 + i as f64) * 0.7).sin() as f32).collect();
		let sent = codec.compress(&parameter(&values, &layout), &layout);
		let decoded = dense(&codec, "p", &layout, &[(&sent, 1.0)]).unwrap();
		check_close("decoded", &all(&decoded), &values, 1e-6);
	}

	#[test]
	fn what_is_sent_is_ascending_and_the_largest(
		values in proptest::collection::vec(-1.0_f32..1.0, 24), topk in 1_usize..30,
	) {
		let codec = codec(&[4, 6], 3, topk);
		let layout = layout(&codec);
		let x = parameter(&values, &layout);
		let sent = codec.compress(&x, &layout);
		let coefficients = all(&codec.encode(&x, &layout));
		for (chunk, (indices, values)) in sent.indices.chunks(layout.kept()).zip(sent.values.chunks(layout.kept())).enumerate() {
			prop_assert!(indices.is_sorted_by(|left, right| left < right));
			let all = &coefficients[chunk * layout.total()..][..layout.total()];
			let least = values.iter().map(|value| value.abs()).fold(f32::INFINITY, f32::min);
			let left_out = (0..layout.total()).filter(|index| !indices.contains(&(*index as u16)));
			prop_assert!(left_out.into_iter().all(|index| all[index].abs() <= least));
			for (index, value) in indices.iter().zip(values) {
				prop_assert_eq!(all[usize::from(*index)], *value);
			}
		}
	}
}
