// SPDX-License-Identifier: Apache-2.0

//! Line charts as inline SVG, in the colours of the page.

use std::error::Error;

use plotters::prelude::*;

use super::plot::{text, themed, PlotError, GRID, INK};
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Size of a chart, in pixels.
const SIZE: (u32, u32) = (880, 260);
/// Part of the range that is left free above and below.
const AIR: f64 = 0.08;
/// Points up to which each is marked.
const MARKED: usize = 10;

/// Colours of the series, by their order; the page has as many.
pub const SERIES: [(RGBColor, &str, &str); 7] = [
	(RGBColor(5, 1, 1), "#050101", "var(--s0)"),
	(RGBColor(5, 1, 2), "#050102", "var(--s1)"),
	(RGBColor(5, 1, 3), "#050103", "var(--s2)"),
	(RGBColor(5, 1, 4), "#050104", "var(--s3)"),
	(RGBColor(5, 1, 5), "#050105", "var(--s4)"),
	(RGBColor(5, 1, 6), "#050106", "var(--s5)"),
	(RGBColor(5, 1, 7), "#050107", "var(--s6)"),
];

/// What to draw.
pub struct Chart<'a> {
	/// Points of each series, drawn in the colours by order; points that are no numbers are left out.
	pub series: &'a [Vec<(f64, f64)>],
	/// A level to compare with, and what it is.
	pub level: Option<(f64, &'a str)>,
	/// How places along the chart are told.
	pub format_x: &'a dyn Fn(&f64) -> String,
	/// How values are told.
	pub format: &'a dyn Fn(&f64) -> String,
}

impl Chart<'_> {
	/// The drawing.
	pub fn svg(&self) -> Result<String, PlotError> {
		let mut svg = String::new();
		self.draw(&mut svg).map_err(|error| PlotError::new(error.as_ref()))?;
		let svg = themed(svg);
		Ok(SERIES.iter().fold(svg, |svg, (_, colour, variable)| svg.replace(colour, variable)))
	}

	fn draw(&self, svg: &mut String) -> Result<(), Box<dyn Error>> {
		let (x, y) = self.ranges();
		let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
		let mut chart = ChartBuilder::on(&area)
			.margin_top(10)
			.margin_right(16)
			.x_label_area_size(30)
			.y_label_area_size(64)
			.build_cartesian_2d(x.clone(), y)?;
		chart
			.configure_mesh()
			.disable_x_mesh()
			.x_labels(10)
			.y_labels(5)
			.x_label_formatter(&|place| (self.format_x)(place))
			.y_label_formatter(&|value| (self.format)(value))
			.axis_style(GRID)
			.bold_line_style(GRID)
			.light_line_style(TRANSPARENT)
			.label_style(text(14, HPos::Right))
			.draw()?;
		if let Some((level, name)) = self.level {
			chart.draw_series([PathElement::new([(x.start, level), (x.end, level)], INK.stroke_width(1))])?;
			let style = text(13, HPos::Right).pos(Pos::new(HPos::Right, VPos::Bottom));
			chart.draw_series([Text::new(name.to_owned(), (x.end, level), style)])?;
		}
		for (points, (colour, ..)) in self.series.iter().zip(SERIES) {
			let points = points.iter().copied().filter(|(_, value)| value.is_finite());
			let size = if points.clone().count() <= MARKED { 3 } else { 0 };
			chart.draw_series(LineSeries::new(points, colour.filled().stroke_width(2)).point_size(size))?;
		}
		area.present()?;
		drop(chart);
		Ok(())
	}

	/// Everything, with some air around it.
	fn ranges(&self) -> (std::ops::Range<f64>, std::ops::Range<f64>) {
		let points = || self.series.iter().flatten().filter(|(_, value)| value.is_finite());
		let level = self.level.map(|(level, _)| level).filter(|level| level.is_finite());
		let bounds = |values: &mut dyn Iterator<Item = f64>| {
			values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
		};
		let (first, last) = bounds(&mut points().map(|(window, _)| *window));
		let (low, high) = bounds(&mut points().map(|(_, value)| *value).chain(level));
		if !(first.is_finite() && low.is_finite()) {
			return (0.0..1.0, 0.0..1.0);
		}
		let air = ((high - low) * AIR).max(1e-9);
		(first..last.max(first + 1.0), low - air..high + air)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn svg(series: &[Vec<(f64, f64)>]) -> String {
		let format = |value: &f64| format!("{value:.1}");
		let chart = Chart { series, level: Some((2.0, "a level")), format_x: &format, format: &format };
		chart.svg().expect("it can be drawn")
	}

	#[test]
	fn every_series_has_a_line_in_a_colour_of_the_page() {
		let svg = svg(&[vec![(0.0, 1.0), (1.0, 3.0)], vec![(0.0, 2.0), (1.0, 2.5)]]);
		assert!(svg.contains("var(--s0)") && svg.contains("var(--s1)") && !svg.contains("var(--s2)"));
		assert!(svg.contains("a level") && !svg.contains("#0"));
	}

	#[test]
	fn nothing_and_what_is_no_number_can_be_drawn() {
		svg(&[]);
		svg(&[vec![(0.0, f64::NAN)], vec![]]);
		svg(&[vec![(3.0, 1.0)]]);
	}

	#[test]
	fn placeholders_are_the_colours_they_stand_for() {
		for (RGBColor(red, green, blue), text, _) in SERIES {
			assert_eq!(format!("#{red:02X}{green:02X}{blue:02X}"), text);
		}
	}
}
