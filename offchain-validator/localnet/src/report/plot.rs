// SPDX-License-Identifier: Apache-2.0

//! Grouped bar charts as inline SVG. Colours are the page's own, so that a chart follows its light and dark themes.

use std::error::Error;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Colours that stand for the page's variables: plotters knows only fixed ones, so each is replaced by name afterwards.
const COLOURS: [(RGBColor, &str, &str); 4] = [
	(INK, "#010203", "var(--muted)"),
	(GRID, "#020304", "var(--line)"),
	(FIRST, "#030405", "var(--first)"),
	(SECOND, "#040506", "var(--second)"),
];
pub(super) const INK: RGBColor = RGBColor(1, 2, 3);
pub(super) const GRID: RGBColor = RGBColor(2, 3, 4);
const FIRST: RGBColor = RGBColor(3, 4, 5);
const SECOND: RGBColor = RGBColor(4, 5, 6);

/// Height of a chart, in pixels.
const HEIGHT: u32 = 320;
/// Width for up to a dozen groups, and for each further one.
const WIDTH: u32 = 880;
const WIDTH_PER_GROUP: u32 = 40;
/// Groups up to which each bar carries its value.
const LABELLED: usize = 12;
/// Part of a group's width that is left free on both sides.
const MARGIN: f64 = 0.14;

/// Why a chart was not drawn.
#[derive(Debug, thiserror::Error)]
#[error("the drawing failed")]
pub struct PlotError(#[source] Box<dyn Error + Send + Sync>);

impl PlotError {
	/// From the words of the drawing library, whose errors do not travel between threads.
	pub(super) fn new(error: &dyn Error) -> Self {
		Self(error.to_string().into())
	}
}

/// One pair of bars.
pub struct Group {
	/// What stands below.
	pub name: String,
	/// The two values, both in percent.
	pub values: [f64; 2],
}

/// A chart of `groups` with percentages upward.
pub fn grouped_bars(groups: &[Group]) -> Result<String, PlotError> {
	let mut svg = String::new();
	draw(&mut svg, groups).map_err(|error| PlotError::new(error.as_ref()))?;
	Ok(themed(svg))
}

fn draw(svg: &mut String, groups: &[Group]) -> Result<(), Box<dyn Error>> {
	let extra = groups.len().saturating_sub(LABELLED) as u32 * WIDTH_PER_GROUP;
	let area = SVGBackend::with_string(svg, (WIDTH + extra, HEIGHT)).into_drawing_area();
	let highest = groups.iter().flat_map(|group| group.values).fold(1.0, f64::max);
	let decimals = usize::from(highest < 5.0);
	let mut chart = ChartBuilder::on(&area)
		.margin_top(8)
		.margin_right(8)
		.x_label_area_size(30)
		.y_label_area_size(52)
		.build_cartesian_2d(0.0..groups.len().max(1) as f64, 0.0..highest * 1.12)?;
	chart
		.configure_mesh()
		.disable_x_mesh()
		.disable_x_axis()
		.y_labels(6)
		.y_label_formatter(&|percent| format!("{percent:.decimals$} %"))
		.axis_style(GRID)
		.bold_line_style(GRID)
		.light_line_style(TRANSPARENT)
		.label_style(text(14, HPos::Right))
		.draw()?;
	for (index, group) in groups.iter().enumerate() {
		let left = index as f64 + MARGIN;
		let width = (1.0 - 2.0 * MARGIN) / 2.0;
		for (bar, (value, colour)) in group.values.into_iter().zip([FIRST, SECOND]).enumerate() {
			let from = left + bar as f64 * width;
			let corners = [(from, 0.0), (from + width * 0.94, value)];
			chart.draw_series([Rectangle::new(corners, colour.filled())])?;
			if groups.len() <= LABELLED {
				let label = text(13, HPos::Center).pos(Pos::new(HPos::Center, VPos::Bottom));
				let above = (from + width * 0.47, value + highest * 0.012);
				chart.draw_series([Text::new(format!("{value:.1}"), above, label)])?;
			}
		}
		let below = chart.backend_coord(&(index as f64 + 0.5, 0.0));
		let label = text(14, HPos::Center).pos(Pos::new(HPos::Center, VPos::Top));
		area.draw(&Text::new(group.name.clone(), (below.0, below.1 + 8), label))?;
	}
	area.present()?;
	drop(chart);
	Ok(())
}

pub(super) fn text(size: u32, side: HPos) -> TextStyle<'static> {
	("sans-serif", size).into_font().color(&INK).pos(Pos::new(side, VPos::Center))
}

/// Puts the page's variables in place of the colours, and lets the page size the drawing.
pub(super) fn themed(svg: String) -> String {
	let svg = svg.replace(" xmlns=\"http://www.w3.org/2000/svg\"", ""); // Inline SVG needs none.
	COLOURS.iter().fold(svg, |svg, (_, colour, variable)| svg.replace(colour, variable))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn groups(n: usize) -> Vec<Group> {
		(0..n).map(|n| Group { name: n.to_string(), values: [n as f64, 1.0] }).collect()
	}

	#[test]
	fn every_group_has_two_bars_in_the_colours_of_the_page() {
		let svg = grouped_bars(&groups(3)).expect("a chart of three can be drawn");
		assert_eq!(svg.matches("<rect").count(), 6);
		assert!(svg.contains("var(--first)") && svg.contains("var(--second)"));
		assert!(!svg.contains("#0"), "a fixed colour is left");
	}

	#[test]
	fn no_group_and_many_groups_can_be_drawn() {
		assert!(grouped_bars(&[]).is_ok());
		assert!(grouped_bars(&groups(64)).is_ok());
	}

	#[test]
	fn placeholders_are_the_colours_they_stand_for() {
		for (RGBColor(red, green, blue), text, _) in COLOURS {
			assert_eq!(format!("#{red:02X}{green:02X}{blue:02X}"), text);
		}
	}
}
