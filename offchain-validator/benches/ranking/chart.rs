// SPDX-License-Identifier: Apache-2.0

//! τ against tokens.

use std::error::Error;

use plotters::prelude::*;

use crate::race::Curve;

const SIZE: (u32, u32) = (880, 440);
/// Told apart by everybody, also in print.
const COLOURS: [RGBColor; 3] = [RGBColor(213, 94, 0), RGBColor(0, 114, 178), RGBColor(0, 158, 115)];
const GREY: RGBColor = RGBColor(130, 130, 130);

/// The chart as SVG, tokens on a logarithmic axis, with a line at the `target`.
pub fn svg(title: &str, lines: &[(&str, &Curve)], target: f64) -> anyhow::Result<String> {
	let mut svg = String::new();
	draw(&mut svg, title, lines, target).map_err(|error| anyhow::anyhow!("a chart cannot be drawn: {error}"))?;
	Ok(svg)
}

fn draw(svg: &mut String, title: &str, lines: &[(&str, &Curve)], target: f64) -> Result<(), Box<dyn Error>> {
	let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
	area.fill(&WHITE)?;
	let tokens = || lines.iter().flat_map(|(_, curve)| &curve.tokens).map(|tokens| *tokens as f64);
	let (least, most) = (tokens().fold(f64::MAX, f64::min), tokens().fold(1.0, f64::max));
	let lowest = lines.iter().flat_map(|(_, curve)| &curve.tau).copied().fold(0.0, f64::min);
	let mut chart = ChartBuilder::on(&area)
		.caption(title, ("sans-serif", 20))
		.margin(12)
		.x_label_area_size(44)
		.y_label_area_size(64)
		.build_cartesian_2d((least.min(most)..most * 1.1).log_scale(), lowest..1.02)?;
	chart
		.configure_mesh()
		.x_desc("tokens through the model, before and after submissions")
		.y_desc("median of Kendall's τ to the true order")
		.label_style(("sans-serif", 14))
		.light_line_style(TRANSPARENT)
		.bold_line_style(RGBColor(220, 220, 220))
		.x_label_formatter(&|tokens| format!("{tokens:.0}"))
		.y_label_formatter(&|tau| format!("{tau:.1}"))
		.draw()?;
	chart.draw_series([PathElement::new([(least, target), (most * 1.1, target)], GREY.stroke_width(1))])?;
	for ((name, curve), colour) in lines.iter().zip(COLOURS) {
		let points = curve.tokens.iter().map(|tokens| *tokens as f64).zip(curve.tau.iter().copied());
		chart
			.draw_series(LineSeries::new(points, colour.stroke_width(2)))?
			.label(*name)
			.legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
	}
	chart
		.configure_series_labels()
		.position(SeriesLabelPosition::LowerRight)
		.background_style(WHITE.mix(0.8))
		.label_font(("sans-serif", 14))
		.draw()?;
	area.present()?;
	drop(chart);
	Ok(())
}
