// SPDX-License-Identifier: Apache-2.0

//! Line charts. Over the number of neurons both axes are logarithmic: what grows linearly is a straight line at 45 degrees.

use std::error::Error;
use std::ops::Range;

use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;

const SIZE: (u32, u32) = (880, 440);
/// Told apart by everybody, also in print.
const COLOURS: [RGBColor; 5] =
	[RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115), RGBColor(204, 121, 167), RGBColor(90, 90, 90)];

/// Why a chart was not drawn.
#[derive(Debug, thiserror::Error)]
#[error("a chart cannot be drawn: {0}")]
pub struct PlotError(String);

/// A named line.
pub struct Line {
	pub name: String,
	/// Neurons and milliseconds, or blocks and MiB.
	pub points: Vec<(f64, f64)>,
}

/// Milliseconds over neurons, as SVG. Nothing is drawn of values that are not above zero.
pub fn chart(title: &str, lines: &[Line]) -> Result<String, PlotError> {
	let points = || points(lines).filter(|(_, y)| *y > 0.0);
	let (across, upward) = (bounds(points().map(|(x, _)| *x), 2.0), bounds(points().map(|(_, y)| *y), 10.0));
	let (across, upward) = (across.log_scale().base(2.0), upward.log_scale());
	draw(title, lines, ("neurons", across), ("milliseconds", upward), 4)
}

/// MiB over blocks, as SVG: both axes are linear and start at zero.
pub fn course(title: &str, lines: &[Line]) -> Result<String, PlotError> {
	let most = |of: fn(&(f64, f64)) -> f64| points(lines).map(of).fold(1.0, f64::max);
	let (across, upward) = (0.0..most(|(x, _)| *x), 0.0..1.05 * most(|(_, y)| *y));
	draw(title, lines, ("blocks", across), ("MiB", upward), 0)
}

fn points(lines: &[Line]) -> impl Iterator<Item = &(f64, f64)> {
	lines.iter().flat_map(|line| &line.points)
}

/// `radius` is that of the dots in pixels.
fn draw<X, Y>(
	title: &str,
	lines: &[Line],
	across: (&str, X),
	upward: (&str, Y),
	radius: i32,
) -> Result<String, PlotError>
where
	X: AsRangedCoord<Value = f64, CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>>,
	Y: AsRangedCoord<Value = f64, CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>>,
{
	let mut svg = String::new();
	draw_into(&mut svg, title, lines, across, upward, radius).map_err(|error| PlotError(error.to_string()))?;
	Ok(svg)
}

fn draw_into<X, Y>(
	svg: &mut String,
	title: &str,
	lines: &[Line],
	(across, x): (&str, X),
	(upward, y): (&str, Y),
	radius: i32,
) -> Result<(), Box<dyn Error>>
where
	X: AsRangedCoord<Value = f64, CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>>,
	Y: AsRangedCoord<Value = f64, CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>>,
{
	let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
	area.fill(&WHITE)?;
	let mut chart = ChartBuilder::on(&area)
		.caption(title, ("sans-serif", 20))
		.margin(12)
		.x_label_area_size(44)
		.y_label_area_size(64)
		.build_cartesian_2d(x, y)?;
	chart
		.configure_mesh()
		.x_desc(across)
		.y_desc(upward)
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
		chart.draw_series(points().map(|point| Circle::new(point, radius, colour.filled())))?;
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
		for draw in [chart, course] {
			assert!(draw("nothing", &[]).is_ok());
			assert!(draw("a point", &[line(&[(64.0, 1.0)])]).is_ok());
		}
	}

	#[test]
	fn a_course_says_what_its_axes_are() {
		let svg = course("memory", &[line(&[(0.0, 200.0), (500.0, 360.0)])]).expect("it can be drawn");
		assert!(svg.contains("blocks") && svg.contains("MiB"));
		assert!(!svg.contains("NaN") && !svg.contains("inf"));
	}
}
