// SPDX-License-Identifier: Apache-2.0

use proptest::prelude::*;

use super::*;
use crate::compressed::Values;
use crate::quantise::Quantiser;

const FOUR_BINS: Coding = Coding::Quantised(Quantiser { bins: 4, range: 6.0 });

/// One parameter `p`, and its codec.
fn codec(shape: &[usize], target_chunk: usize, topk: usize, coding: Coding) -> Codec {
	Codec::new(Layouts::with_coding(&[("p".into(), shape.into())], target_chunk, topk, coding).unwrap(), 1)
}

fn layout(codec: &Codec) -> &Layout {
	codec.layouts().get("p").unwrap()
}

fn plain(indices: &[u16], values: &[f32]) -> Compressed {
	Compressed { indices: indices.into(), values: values.to_vec().into() }
}

fn decoded(codec: &Codec, sent: &Compressed) -> Vec<f32> {
	let mut decoded = vec![f32::NAN; layout(codec).elements()];
	codec.decode("p", sent, None, &mut decoded).unwrap();
	decoded
}

fn aggregated(codec: &Codec, peers: &[Compressed]) -> Vec<f32> {
	let mut decoded = vec![f32::NAN; layout(codec).elements()];
	codec.aggregate("p", &peers.iter().collect::<Vec<_>>(), &mut decoded).unwrap();
	decoded
}

fn square(values: &[f32]) -> f64 {
	norm(values).powi(2)
}

/// Coefficients of what several peers sent of a vector of four elements in one chunk.
#[track_caller]
fn check_mean(peers: &[(&[u16], &[f32])], expected: &[f32]) {
	let codec = codec(&[4], 4, 2, Coding::Dct);
	let peers: Vec<_> = peers.iter().map(|(indices, values)| plain(indices, values)).collect();
	let found = codec.encode("p", &aggregated(&codec, &peers)).unwrap();
	assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6), "{found:?}");
}

#[test]
fn a_coefficient_is_the_mean_of_those_who_sent_it() {
	check_mean(&[], &[0.0; 4]);
	check_mean(&[(&[0, 1], &[3.0, 4.0])], &[0.6, 0.8, 0.0, 0.0]);
	check_mean(&[(&[0, 1], &[3.0, 4.0]), (&[1, 2], &[0.0, -5.0])], &[0.6, 0.4, -1.0, 0.0]);
}

#[test]
fn nobody_gains_by_size() {
	check_mean(&[(&[0, 1], &[3e37, 4e37]), (&[0, 1], &[-3e-2, -4e-2])], &[0.0; 4]);
	check_mean(&[(&[0, 1], &[0.0, 0.0]), (&[0, 1], &[0.0, 1.0])], &[0.0, 0.5, 0.0, 0.0]);
}

#[test]
fn what_is_quantised_is_cut_down_to_the_median_length() {
	let codec = codec(&[4], 4, 2, FOUR_BINS);
	let sent = |value: f32| plain(&[0, 1], &[value, 0.0]);
	let found = aggregated(&codec, &[sent(1.0), sent(3.0), sent(1e30)]);
	assert!((found[0] - 7.0 / 3.0).abs() < 1e-6 && found[1..] == [0.0; 3], "{found:?}");
	let mut alone = vec![0.0; 4];
	codec.decode("p", &sent(9.0), Some(3.0), &mut alone).unwrap();
	assert!((alone[0] - 3.0).abs() < 1e-6, "{alone:?}");
}

#[test]
fn the_largest_valid_values_decode_to_numbers() {
	let codec = codec(&[2, 2], 2, 4, Coding::Dct);
	let largest = decoded(&codec, &plain(&[0, 1, 2, 3], &[f32::MAX / 8.0; 4]));
	assert!(largest.iter().all(|element| element.is_finite()));
	let mut decoded = [0.0; 4];
	let infinite = codec.decode("p", &plain(&[0, 1, 2, 3], &[f32::MAX; 4]), None, &mut decoded);
	assert_eq!(infinite, Err(StepError::NotFinite { parameter: "p".into() }));
}

#[test]
fn what_belongs_to_another_model_is_refused() {
	let codec = codec(&[4], 4, 2, Coding::Dct);
	let other = |parameter: &str| Err(StepError::OtherModel { parameter: parameter.into() });
	let sound = plain(&[0, 1], &[1.0, 2.0]);
	let decode = |parameter: &str, sent: &Compressed, elements: usize| {
		codec.decode(parameter, sent, None, &mut vec![0.0; elements])
	};
	assert_eq!(decode("p", &sound, 4), Ok(()));
	assert_eq!(decode("q", &sound, 4), other("q"));
	assert_eq!(decode("p", &sound, 5), other("p"));
	assert_eq!(decode("p", &plain(&[0, 4], &[1.0, 2.0]), 4), other("p"));
	assert_eq!(decode("p", &plain(&[0], &[1.0, 2.0]), 4), other("p"));
	assert_eq!(decode("p", &plain(&[0, 1], &[1.0]), 4), other("p"));
	let stripes = |indices: &[u16], values: &[f32], elements: usize| {
		codec.decode_stripes("p", indices, values, &mut vec![0.0; elements])
	};
	assert_eq!(stripes(&[0, 1], &[1.0, 2.0], 4), Ok(()));
	assert_eq!(stripes(&[0, 1], &[1.0, 2.0], 5), other("p"));
	assert_eq!(stripes(&[0, 4], &[1.0, 2.0], 4), other("p"));
	assert_eq!(stripes(&[0], &[1.0], 4), other("p"));
	assert_eq!(codec.compress("p", &[0.0; 3]).map(|_| ()), other("p"));
	assert_eq!(codec.encode("q", &[0.0; 4]).map(|_| ()), other("q"));
}

#[test]
fn threads_change_no_bit() {
	let shapes = [("p".to_owned(), vec![192, 320])];
	let values: Vec<f32> = (0..192 * 320).map(|i| (i as f32 * 0.37).sin() * (i as f32 * 0.011).cos()).collect();
	for coding in [Coding::Dct, FOUR_BINS] {
		let results = [1, 2, 3, 7].map(|threads| {
			let codec = Codec::new(Layouts::with_coding(&shapes, 64, 32, coding).unwrap(), threads);
			let [one, two] = [1.0, -0.7].map(|factor: f32| {
				let scaled: Vec<f32> = values.iter().map(|value| value * factor + value * value).collect();
				codec.compress("p", &scaled).unwrap()
			});
			let aggregated = aggregated(&codec, &[one.clone(), two.clone()]);
			(one, two, aggregated.iter().map(|value| value.to_bits()).collect::<Vec<_>>())
		});
		assert!(results.iter().all(|result| *result == results[0]));
	}
}

/// Few coefficients are decoded another way than many: what the last peer adds moves the rest by rounding alone.
#[test]
fn an_aggregate_of_many_peers_decodes_as_one_of_few() {
	let codec = codec(&[64, 64], 64, 32, Coding::Dct);
	let peer =
		|peer: u16, value: f32| plain(&(0..32).map(|place| place * 128 + peer).collect::<Vec<_>>(), &[value; 32]);
	let few: Vec<_> = (0..16).map(|uid| peer(uid, 1.0)).collect();
	let many: Vec<_> = few.iter().cloned().chain([peer(16, 0.0)]).collect();
	let (few, many) = (aggregated(&codec, &few), aggregated(&codec, &many));
	assert!(few.iter().zip(&many).all(|(few, many)| (few - many).abs() < 1e-6), "{few:?} {many:?}");
	assert!((square(&few) - 16.0).abs() < 1e-4);
}

prop_compose! {
	/// A matrix of any sides, and numbers for it.
	fn matrices()(rows in 1_usize..40, columns in 1_usize..40)(
		rows in Just(rows), columns in Just(columns), values in proptest::collection::vec(-1.0_f32..1.0, rows * columns),
	) -> (Vec<usize>, Vec<f32>) {
		(vec![rows, columns], values)
	}
}

proptest! {
	#[test]
	fn all_coefficients_together_are_the_parameter((shape, values) in matrices(), target in 1_usize..20) {
		let codec = codec(&shape, target, usize::MAX, Coding::Dct);
		let sent = codec.compress("p", &values).unwrap();
		for (found, expected) in decoded(&codec, &sent).iter().zip(&values) {
			prop_assert!((found - expected).abs() < 1e-6, "{} is not {}", found, expected);
		}
	}

	#[test]
	fn what_is_sent_is_ascending_and_the_largest(
		(shape, values) in matrices(), target in 2_usize..20, topk in 1_usize..30, is_dct: bool,
	) {
		let coding = if is_dct { Coding::Dct } else { FOUR_BINS };
		let Ok(layouts) = Layouts::with_coding(&[("p".into(), shape)], target, topk, coding) else { return Ok(()) };
		let codec = Codec::new(layouts, 2);
		let (total, kept) = (layout(&codec).total(), layout(&codec).kept());
		let (sent, encoded) = (codec.compress("p", &values).unwrap(), codec.encode("p", &values).unwrap());
		for (indices, chunk) in sent.indices.chunks(kept).zip(encoded.chunks(total)) {
			prop_assert!(indices.is_sorted_by(|left, right| left < right));
			let size = |index: usize| chunk[index].abs();
			let least = indices.iter().map(|index| size(usize::from(*index))).fold(f32::INFINITY, f32::min);
			let left_out = (0..total).filter(|index| !indices.contains(&(*index as u16)));
			prop_assert!(left_out.into_iter().all(|index| size(index) <= least));
		}
		if let Values::Plain(values) = &sent.values {
			let meant = sent.indices.chunks(kept).zip(encoded.chunks(total));
			let meant = meant.flat_map(|(indices, chunk)| indices.iter().map(|index| chunk[usize::from(*index)]));
			prop_assert!(meant.eq(values.iter().copied()));
		}
	}

	/// The transform keeps lengths, so what is lost is exactly what was not sent; and more is lost of fewer.
	#[test]
	fn the_error_is_what_was_left_out((shape, values) in matrices(), target in 1_usize..20, topk in 1_usize..30) {
		let error = |topk: usize| {
			let codec = codec(&shape, target, topk, Coding::Dct);
			let sent = codec.compress("p", &values).unwrap();
			let decoded = decoded(&codec, &sent);
			let lost: Vec<f32> = values.iter().zip(&decoded).map(|(value, decoded)| value - decoded).collect();
			(square(&lost), square(&values) - square(&sent.values.numbers()))
		};
		let ((lost, left_out), (more, _)) = (error(topk), error(topk.div_ceil(2)));
		prop_assert!((lost - left_out).abs() <= 1e-5 * square(&values), "{} {}", lost, left_out);
		prop_assert!(more >= lost - 1e-5 * square(&values));
	}

	/// Few coefficients take another way than many.
	#[test]
	fn few_coefficients_decode_as_they_do_among_zeros((shape, values) in matrices(), target in 1_usize..20) {
		let [few, all] = [1, usize::MAX].map(|topk| codec(&shape, target, topk, Coding::Dct));
		let sent = few.compress("p", &values).unwrap();
		let total = layout(&all).total();
		let mut padded = vec![0.0; layout(&all).elements()];
		for (chunk, (index, value)) in sent.indices.iter().zip(&*sent.values.numbers()).enumerate() {
			padded[chunk * total + usize::from(*index)] = *value;
		}
		let indices: Vec<u16> = (0..layout(&all).chunks()).flat_map(|_| 0..total as u16).collect();
		let padded = decoded(&all, &plain(&indices, &padded));
		for (found, expected) in decoded(&few, &sent).iter().zip(&padded) {
			prop_assert!((found - expected).abs() < 1e-6, "{} is not {}", found, expected);
		}
	}

	#[test]
	fn stripes_are_those_of_the_whole(
		(shape, values) in matrices(), target in 1_usize..20, first: usize, count: usize,
	) {
		let codec = codec(&shape, target, 3, Coding::Dct);
		let sent = codec.compress("p", &values).unwrap();
		let (whole, layout, numbers) = (decoded(&codec, &sent), layout(&codec), sent.values.numbers());
		let Stripes { elements, sent: of_a_stripe } = Stripes::of(layout);
		let first = first % layout.grid()[0];
		let count = count % (layout.grid()[0] - first) + 1;
		let there = first * of_a_stripe..(first + count) * of_a_stripe;
		let mut stripes = vec![f32::NAN; count * elements];
		codec.decode_stripes("p", &sent.indices[there.clone()], &numbers[there], &mut stripes).unwrap();
		prop_assert_eq!(&stripes, &whole[first * elements..(first + count) * elements]);
	}

	#[test]
	fn blocks_are_read_and_written_where_they_lie((shape, values) in matrices(), target in 2_usize..20) {
		let Ok(layouts) = Layouts::with_coding(&[("p".into(), shape.clone())], target, usize::MAX, FOUR_BINS) else {
			return Ok(());
		};
		let codec = Codec::new(layouts, 2);
		let layout = layout(&codec);
		let ([height, width], [_, columns]) = (layout.chunk(), layout.grid());
		let encoded = codec.encode("p", &values).unwrap();
		for (at, value) in encoded.iter().enumerate() {
			let (chunk, inside) = (at / layout.total(), at % layout.total());
			let (row, column) = (chunk / columns * height + inside / width, chunk % columns * width + inside % width);
			prop_assert_eq!(*value, values[row * shape[1] + column]);
		}
	}
}
