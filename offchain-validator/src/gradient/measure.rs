// SPDX-License-Identifier: Apache-2.0

//! What compressing a real gradient costs and saves, by the number of elements that are kept of a chunk. The charts and the
//! table of the `compression` crate's README; `cargo test -p offchain-validator --lib measure -- --ignored --nocapture`
//! makes them again.

// The text that rankings are measured on: the same for good, so that figures move with the code alone.
#[path = "../../benches/ranking/text.rs"]
mod text;

use std::fs;

use plotters::prelude::*;

use super::{encode, Coding, CompressedGradient, Header, Layouts, Quantiser};
use crate::model::{elements, gradients, loss, Batch, Gradients, ModelConfig, Params};

const FORMS: [(&str, Coding); 3] = [
	("cosine transform, f32", Coding::Dct),
	("quantised, 256 bins", Coding::Quantised(Quantiser { bins: 256, range: 6.0 })),
	("quantised, 4 bins", Coding::Quantised(Quantiser { bins: 4, range: 6.0 })),
];
const COLOURS: [RGBColor; 3] = [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115)];
/// Sequences of a batch, and tokens of one; batches of the gradient, and steps that the model learns before.
const LENGTH: usize = 128;
const SEQUENCES: usize = 16;
const BATCHES: usize = 8;
const STEPS: usize = 150;

/// What is measured of one form at one `k`.
struct Point {
	kept: usize,
	/// Bytes of the gradient as f32 for each byte that is sent.
	ratio: f64,
	/// Length of what is lost, as a part of the gradient's.
	error: f64,
	/// Part of the elements that decode to their own sign.
	signs: f64,
}

/// A byte-level model of 4.3 million parameters.
fn config() -> ModelConfig {
	serde_json::from_value(serde_json::json!({
		"vocab_size": 256, "hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4,
		"num_key_value_heads": 4, "intermediate_size": 1024, "max_position_embeddings": LENGTH, "rope_theta": 10000.0,
		"rms_norm_eps": 1e-6, "tie_word_embeddings": false, "initializer_range": 0.02,
	}))
	.unwrap()
}

/// The gradient of a model that has learnt a little, on text that it has not seen.
fn real_gradient() -> Gradients {
	let config = config();
	let mut params = Params::init(&config, 1).unwrap();
	let sequences = text::pages(LENGTH);
	let batches = sequences.chunks_exact(SEQUENCES).map(|sequences| Batch::new(sequences, &config, None).unwrap());
	let batches: Vec<Batch> = batches.collect();
	let (unseen, seen) = batches.split_at(BATCHES);
	for batch in seen.iter().cycle().take(STEPS) {
		assert!(params.descend(&gradients(&params, std::slice::from_ref(batch)), 0.5, 1.0));
	}
	println!("loss {:.2} nats a byte after {STEPS} steps", loss(&params, &unseen[0]));
	gradients(&params, unseen)
}

fn measured(gradient: &Gradients, coding: Coding, kept: usize) -> Point {
	let layouts = Layouts::with_coding(&config().parameter_shapes(), 64, kept, coding).unwrap();
	let codec = compression::Codec::new(layouts, 2);
	let (mut lost, mut whole, mut alike, mut count) = (0.0, 0.0, 0, 0);
	let mut tensors = std::collections::BTreeMap::new();
	for (name, tensor) in gradient.named() {
		let values = elements(tensor, 0..tensor.numel());
		let (sent, mut decoded) = (codec.compress(name, &values).unwrap(), vec![0.0; values.len()]);
		codec.decode(name, &sent, None, &mut decoded).unwrap();
		for (value, decoded) in values.iter().zip(&decoded).filter(|(value, _)| **value != 0.0) {
			lost += f64::from(value - decoded).powi(2);
			whole += f64::from(*value).powi(2);
			alike += usize::from(value * decoded > 0.0);
		}
		count += values.iter().filter(|value| **value != 0.0).count();
		tensors.insert(name.to_owned(), sent);
	}
	let elements: usize = codec.layouts().iter().map(|(_, layout)| layout.elements()).sum();
	let gradient = CompressedGradient::new(Header::default(), tensors, codec.layouts()).unwrap();
	let bytes = encode(&gradient, codec.layouts()).len();
	Point {
		kept,
		ratio: 4.0 * elements as f64 / bytes as f64,
		error: (lost / whole).sqrt(),
		signs: alike as f64 / count as f64,
	}
}

/// A chart of all forms over `k`, which doubles from tick to tick.
fn chart(title: &str, upward: (f64, f64), lines: &[Vec<Point>], value: impl Fn(&Point) -> f64) -> String {
	let mut svg = String::new();
	let area = SVGBackend::with_string(&mut svg, (880, 440)).into_drawing_area();
	area.fill(&WHITE).unwrap();
	let mut chart = ChartBuilder::on(&area)
		.caption(title, ("sans-serif", 20))
		.margin(12)
		.x_label_area_size(44)
		.y_label_area_size(64)
		.build_cartesian_2d((1.0..4096.0).log_scale().base(2.0), (upward.0..upward.1).log_scale())
		.unwrap();
	let mesh = &mut chart.configure_mesh();
	mesh.x_desc("k, kept of each chunk of 4096").label_style(("sans-serif", 14)).light_line_style(TRANSPARENT);
	mesh.bold_line_style(RGBColor(220, 220, 220)).x_label_formatter(&|kept| format!("{kept:.0}")).draw().unwrap();
	for (((name, _), points), colour) in FORMS.iter().zip(lines).zip(COLOURS) {
		let points = || points.iter().map(|point| (point.kept as f64, value(point).clamp(upward.0, upward.1)));
		let line = chart.draw_series(LineSeries::new(points(), colour.stroke_width(2))).unwrap();
		line.label(*name).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
		chart.draw_series(points().map(|point| Circle::new(point, 4, colour.filled()))).unwrap();
	}
	let labels = &mut chart.configure_series_labels();
	labels.position(SeriesLabelPosition::LowerLeft).background_style(WHITE.mix(0.8)).label_font(("sans-serif", 14));
	labels.draw().unwrap();
	area.present().unwrap();
	drop((chart, area));
	svg
}

#[test]
#[ignore = "takes minutes; it measures, and writes the charts of the README"]
fn compression_ratio_and_error_by_what_is_kept() {
	let gradient = real_gradient();
	let line = |(_, coding): &(&str, Coding)| {
		(0..=12).map(|power| measured(&gradient, *coding, 1 << power)).collect::<Vec<_>>()
	};
	let lines: Vec<Vec<Point>> = FORMS.iter().map(line).collect();
	println!("| k |{} |", FORMS.map(|(name, _)| format!(" {name}")).join(" |"));
	println!("| ---: |{}", " ---: |".repeat(FORMS.len()));
	for at in 0..lines[0].len() {
		let cell = |Point { ratio, error, signs, .. }: &Point| {
			format!(" {ratio:.1}, {:.1} %, {:.1} % |", 100.0 * error, 100.0 * signs)
		};
		let cells: String = lines.iter().map(|line| cell(&line[at])).collect();
		println!("| {} |{cells}", lines[0][at].kept);
	}
	let folder = golden::workspace().join("offchain-validator/compression/charts");
	fs::create_dir_all(&folder).unwrap();
	let error = chart("what is lost, as a part of the gradient's length", (1e-3, 1.0), &lines, |point| point.error);
	let ratio = chart("how many times smaller than f32", (0.5, 2000.0), &lines, |point| point.ratio);
	fs::write(folder.join("error.svg"), error).unwrap();
	fs::write(folder.join("ratio.svg"), ratio).unwrap();
}
