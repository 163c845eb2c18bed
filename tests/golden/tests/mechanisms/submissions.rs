// SPDX-License-Identifier: Apache-2.0
//! When a submission was uploaded, and whose it is.

use std::collections::BTreeMap;

use golden::{cases, Tally};
use mechanisms::{
	templar::{
		freshness::{Freshness, OpenSpan},
		overlap::{copies, overlaps, ParameterIndices, Submission},
	},
	Uid,
};
use serde::Deserialize;

use crate::check_close;

#[derive(Deserialize)]
struct Upload {
	last_modified_s: Option<f64>,
	time_min_s: Option<f64>,
	time_max_s: Option<f64>,
	status: String,
}

/// The recorded times are seconds from some origin, in whole milliseconds.
fn milliseconds(seconds: f64) -> u64 {
	const ORIGIN: f64 = 1_000_000_000.0;
	((ORIGIN + seconds) * 1_000.0).round() as u64
}

/// But for one rule: an upload in the second in which the span opens is in time with us, since stores round down to whole
/// seconds. Uploads without a time, and objects read without bounds, are not judged here.
#[test]
fn uploads_are_early_or_late_where_the_reference_finds_them_so() {
	const FILE: &str = "mechanisms/freshness.json";
	let mut tally = Tally::default();
	for case in cases::<Upload>(FILE) {
		let (Some(uploaded), Some(opens), Some(closes)) = (case.last_modified_s, case.time_min_s, case.time_max_s)
		else {
			tally.under("without a time or a bound");
			continue;
		};
		let span = OpenSpan::after(milliseconds(opens), (closes - opens).round() as u64);
		assert_eq!(span.closes_ms, milliseconds(closes));
		let expected = match case.status.as_str() {
			"TOO_EARLY" if uploaded >= opens.floor() => {
				tally.under("of those in the second in which the span opens");
				Freshness::InTime
			},
			"TOO_EARLY" => Freshness::TooEarly,
			"TOO_LATE" => Freshness::TooLate,
			"IN_WINDOW" => Freshness::InTime,
			other => panic!("unknown status {other}"),
		};
		assert_eq!(span.judge(milliseconds(uploaded)), expected, "{uploaded} in {opens}..{closes}");
		tally.compared();
	}
	tally.finish(FILE, 9);
}

#[derive(Deserialize)]
struct OverlapCase {
	uids: Vec<Uid>,
	timestamps: BTreeMap<Uid, f64>,
	threshold: f64,
	/// By parameter, then by peer, then by chunk.
	indices: BTreeMap<String, Vec<Vec<Vec<u16>>>>,
	result: OverlapResult,
}

#[derive(Deserialize)]
struct OverlapResult {
	pairs_checked: usize,
	mean_overlap: f64,
	min_overlap: f64,
	max_overlap: f64,
	pairs_over_thresh: Vec<(Uid, Uid, f64)>,
	uids_over_thresh: BTreeMap<Uid, String>,
}

/// One list of indices per parameter and peer.
fn flat_indices(case: &OverlapCase) -> Vec<(usize, Vec<Vec<u16>>)> {
	let flat = |peers: &Vec<Vec<Vec<u16>>>| (peers[0][0].len(), peers.iter().map(|chunks| chunks.concat()).collect());
	case.indices.values().map(flat).collect()
}

fn submissions<'a>(case: &OverlapCase, indices: &'a [(usize, Vec<Vec<u16>>)]) -> Vec<Submission<'a>> {
	let submission = |(position, uid): (usize, &Uid)| Submission {
		uid: *uid,
		uploaded_ms: (case.timestamps[uid] * 1_000.0) as u64,
		binary_average: 0.0,
		parameters: indices
			.iter()
			.map(|(per_chunk, peers)| ParameterIndices { per_chunk: *per_chunk, indices: &peers[position] })
			.collect(),
	};
	case.uids.iter().enumerate().map(submission).collect()
}

/// Figures are equal, but for the rounding of the reference's f32. So are offenders, except where both uploads have the
/// same time: there the reference blames the one listed first, we the one with the poorer history.
#[test]
fn overlaps_are_those_of_the_reference() {
	const FILE: &str = "mechanisms/overlap_head.json";
	let mut tally = Tally::default();
	for case in cases::<OverlapCase>(FILE) {
		let indices = flat_indices(&case);
		let submissions = submissions(&case, &indices);
		let shares: Vec<f64> = overlaps(&submissions).expect("one layout").iter().map(|pair| pair.share).collect();
		assert_eq!(shares.len(), case.result.pairs_checked);
		if !shares.is_empty() {
			check_close(shares.iter().sum::<f64>() / shares.len() as f64, case.result.mean_overlap, 1e-6, "mean");
			check_close(shares.iter().copied().fold(1.0, f64::min), case.result.min_overlap, 1e-6, "least");
			check_close(shares.iter().copied().fold(0.0, f64::max), case.result.max_overlap, 1e-6, "most");
		}

		let copied = copies(&submissions, case.threshold).expect("one layout");
		assert_eq!(copied.len(), case.result.pairs_over_thresh.len());
		for (copied, (first, second, share)) in copied.iter().zip(&case.result.pairs_over_thresh) {
			check_close(copied.share, *share, 1e-6, "share");
			let (earlier, later) =
				if case.timestamps[first] < case.timestamps[second] { (first, second) } else { (second, first) };
			if case.timestamps[first] != case.timestamps[second] {
				assert_eq!((copied.original, copied.offender), (*earlier, *later));
				assert!(case.result.uids_over_thresh.contains_key(&copied.offender));
			} else {
				assert_eq!(copied.offender, *first.max(second));
				tally.under("pairs uploaded at the same time");
			}
		}
		tally.compared();
	}
	tally.finish(FILE, 1);
}
