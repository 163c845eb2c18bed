// SPDX-License-Identifier: Apache-2.0

//! Line charts over the number of neurons, both axes logarithmic: what grows linearly is a straight line at 45 degrees.

use std::error::Error;
use std::ops::Range;

use plotters::prelude::*;

const SIZE: (u32, u32) = (880, 440);
/// Told apart by everybody, also in print.
const COLOURS: [RGBColor; 5] =
	[RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115), RGBColor(204, 121, 167), RGBColor(90, 90, 90)];

/// Why a chart was not drawn.
#[derive(Debug, thiserror::Error)]
#[error("a chart cannot be drawn: {0}")]
pub struct PlotError(String);

/// A named line of neurons and milliseconds.
pub struct Line {
	pub name: String,
	pub points: Vec<(f64, f64)>,
}

/// The chart as SVG. Nothing is drawn of values that are not above zero.
pub fn chart(title: &str, lines: &[Line]) -> Result<String, PlotError> {
	let mut svg = String::new();
	draw(&mut svg, title, lines).map_err(|error| PlotError(error.to_string()))?;
	Ok(svg)
}

fn draw(svg: &mut String, title: &str, lines: &[Line]) -> Result<(), Box<dyn Error>> {
	let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
	area.fill(&WHITE)?;
	let points = || lines.iter().flat_map(|line| &line.points).filter(|(_, y)| *y > 0.0);
	let (across, upward) = (bounds(points().map(|(x, _)| *x), 2.0), bounds(points().map(|(_, y)| *y), 10.0));
	let mut chart = ChartBuilder::on(&area)
		.caption(title, ("sans-serif", 20))
		.margin(12)
		.x_label_area_size(44)
		.y_label_area_size(64)
		.build_cartesian_2d(across.log_scale().base(2.0), upward.log_scale())?;
	chart
		.configure_mesh()
		.x_desc("neurons")
		.y_desc("milliseconds")
		.label_style(("sans-serif", 14))
		.light_line_style(TRANSPARENT)
		.bold_line_style(RGBColor(220, 220, 220))
		.x_label_formatter(&|neurons| format!("{neurons:.0}"))
		.draw()?;
	for (line, colour) in lines.iter().zip(COLOURS.into_iter().cycle()) {
		let points = || line.points.iter().copied().filter(|(_, y)| *y > 0.0);
		chart
			.draw_series(LineSeries::new(points(), colour.stroke_width(2)))?
			.label(line.name.as_str())
			.legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
		chart.draw_series(points().map(|point| Circle::new(point, 4, colour.filled())))?;
	}
	chart
		.configure_series_labels()
		.position(SeriesLabelPosition::UpperLeft)
		.background_style(WHITE.mix(0.8))
		.label_font(("sans-serif", 14))
		.draw()?;
	area.present()?;
	drop(chart);
	Ok(())
}

/// The powers of `base` below and above all values, so that both ends of the axis have a label.
fn bounds(values: impl Iterator<Item = f64>, base: f64) -> Range<f64> {
	let (least, most) =
		values.fold((f64::INFINITY, 0.0f64), |(least, most), value| (least.min(value), most.max(value)));
	if least > most {
		return 1.0..base;
	}
	let (below, above) = (least.log(base) - 0.1, most.log(base) + 0.1);
	base.powf(below.floor())..base.powf(above.ceil())
}

#[cfg(test)]
mod tests {
	use super::*;

	fn line(points: &[(f64, f64)]) -> Line {
		Line { name: "a view".into(), points: points.to_vec() }
	}

	#[test]
	fn every_point_is_drawn_and_nothing_that_is_not_there() {
		let svg =
			chart("a title", &[line(&[(64.0, 1.0), (256.0, 4.0)]), line(&[(64.0, 0.0)])]).expect("it can be drawn");
		assert_eq!(svg.matches("<circle").count(), 2);
		assert!(svg.contains("a title") && svg.contains("a view"));
		assert!(!svg.contains("NaN") && !svg.contains("inf"));
	}

	#[test]
	fn nothing_and_a_single_point_can_be_drawn() {
		assert!(chart("nothing", &[]).is_ok());
		assert!(chart("a point", &[line(&[(64.0, 1.0)])]).is_ok());
	}
}
