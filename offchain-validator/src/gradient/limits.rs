// SPDX-License-Identifier: Apache-2.0

//! How long a gradient may be when it is measured. Pure; knows no tensor.

use std::collections::BTreeMap;

use compression::{median, norm};

use super::compressed::CompressedGradient;
use super::{Coding, Layouts};

/// For each parameter the median length of the gradients that make the step, which is what these are cut down to; so a
/// miner is measured by what it would have the step become. None for [`Coding::Dct`], of which signs alone count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits(BTreeMap<String, f64>);

impl Limits {
	/// Of the gradients of these peers. Nobody's are no limit.
	pub fn of(layouts: &Layouts, peers: &[&CompressedGradient]) -> Self {
		let limit = |parameter: &str| {
			let sent = peers.iter().filter_map(|peer| peer.get(parameter));
			Some((parameter.to_owned(), median(sent.map(|sent| norm(&sent.values.numbers())).collect())?))
		};
		match layouts.coding() {
			Coding::Dct => Self::default(),
			Coding::Quantised(_) => Self(layouts.iter().filter_map(|(parameter, _)| limit(parameter)).collect()),
		}
	}

	/// Of a parameter, if it has one.
	pub fn get(&self, parameter: &str) -> Option<f64> {
		self.0.get(parameter).copied()
	}
}

#[cfg(test)]
mod tests {
	use super::super::{Compressed, Header, Quantised, Quantiser, Values};
	use super::*;

	fn peer(layouts: &Layouts, value: f32) -> CompressedGradient {
		let values = Quantised { codes: vec![0, 1], lookup: vec![value, 0.0], shift: 0.0, scale: 1.0 };
		let sent = Compressed { indices: vec![1, 3], values: Values::Quantised(values) };
		CompressedGradient::new(Header::default(), [("p".to_owned(), sent)].into(), layouts).unwrap()
	}

	#[test]
	fn the_limit_is_the_lower_median() {
		let coding = Coding::Quantised(Quantiser { bins: 2, range: 6.0 });
		let layouts = Layouts::with_coding(&[("p".into(), vec![4])], 4, 2, coding).unwrap();
		let peers = [9.0, -1.0, 3.0, 1e30].map(|value| peer(&layouts, value));
		let limits = |peers: &[CompressedGradient]| Limits::of(&layouts, &peers.iter().collect::<Vec<_>>());
		assert_eq!(limits(&peers).get("p"), Some(3.0));
		assert_eq!((limits(&peers).get("q"), limits(&[]).get("p")), (None, None));
	}
}
