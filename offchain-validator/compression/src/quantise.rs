// SPDX-License-Identifier: Apache-2.0

//! Numbers as bytes: evenly wide bins around their mean, each standing for the mean of what fell into it.
//!
//! After the quantiser of tplr-ai/templar v2.1.3, whose sums are in f32; ours are in f64 and rounded once.

/// How numbers are quantised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantiser {
	/// Number of bins, from 2 to 256.
	pub bins: usize,
	/// Width of all bins together, in standard deviations.
	pub range: f64,
}

/// Numbers, a byte each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quantised {
	/// The bin of each number.
	pub codes: Vec<u8>,
	/// What each bin stands for, less [`Self::shift`]; zero for one that is empty.
	pub lookup: Vec<f32>,
	/// Mean of all numbers.
	pub shift: f32,
	/// Width of a bin.
	pub scale: f32,
}

impl Quantiser {
	/// `q = clamp(⌊c / scale⌉ + ⌊bins/2⌋, 0, bins - 1)` of each number, with `c` its distance from the mean,
	/// `scale = range·σ / bins`, halves to the even side. Numbers that are all the same have a scale of one, as published.
	pub fn quantise(&self, numbers: &[f32]) -> Quantised {
		let wide = || numbers.iter().map(|number| f64::from(*number));
		let count = numbers.len() as f64;
		let shift = (wide().sum::<f64>() / count.max(1.0)) as f32;
		let centred = || wide().map(|number| number - f64::from(shift));
		let deviation = (centred().map(|distance| distance * distance).sum::<f64>() / (count - 1.0)).sqrt();
		let scale = match (self.range * deviation / self.bins as f64) as f32 {
			scale if scale.is_finite() && scale > 0.0 => scale,
			_ => 1.0,
		};
		let (middle, last) = ((self.bins / 2) as f64, self.bins as f64 - 1.0);
		let code = |distance: f64| (distance / f64::from(scale) + middle).round_ties_even().clamp(0.0, last) as u8;
		let codes: Vec<u8> = centred().map(code).collect();
		Quantised { lookup: means(&codes, centred(), self.bins), codes, shift, scale }
	}
}

/// The mean of the numbers of each code.
fn means(codes: &[u8], numbers: impl Iterator<Item = f64>, bins: usize) -> Vec<f32> {
	let mut sums = vec![(0.0_f64, 0_u32); bins];
	for (code, number) in codes.iter().zip(numbers) {
		let (sum, count) = &mut sums[usize::from(*code)];
		*sum += number;
		*count += 1;
	}
	sums.into_iter().map(|(sum, count)| (sum / f64::from(count.max(1))) as f32).collect()
}

impl Quantised {
	/// The numbers that the codes stand for; NaN for a code that the table lacks.
	pub fn numbers(&self) -> Vec<f32> {
		let number = |code: &u8| self.lookup.get(usize::from(*code)).map_or(f32::NAN, |mean| mean + self.shift);
		self.codes.iter().map(number).collect()
	}
}

#[cfg(test)]
mod tests;
