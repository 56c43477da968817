//! The consistency report: its final maths, its words, and its forms (text, JSON, Markdown, CSV, HTML, SVG).
//! `check`, `report`, the report API and every page use the same functions, so that one figure never reads two ways.
//! Nothing here decides a verdict; it adds up and words what the engine told (UI-1).

mod accumulator;
mod charts;
pub mod consistency;
mod csv;
mod format;
mod headline;
mod hotspots;
mod html;
mod markdown;
pub mod quantiles;
pub mod text;
pub mod why;
pub mod words;

use std::fmt;

use plumbline_model::api::Report;

pub use self::{
    accumulator::{Accumulator, Frame, Standing},
    consistency::percent,
    format::{Format, UnknownFormat},
    headline::{headline, verdict},
    hotspots::uncompared,
    quantiles::of as quantiles,
};

/// Writes a report in a form; text without colour.
///
/// # Errors
/// Where a chart cannot be drawn, or JSON not written.
pub fn render(report: &Report, format: Format) -> Result<String, RenderError> {
    match format {
        Format::Text => Ok(text::render(report, false)?),
        Format::Json => Ok(serde_json::to_string_pretty(report)? + "\n"),
        Format::Md => Ok(markdown::render(report)?),
        Format::Csv => Ok(csv::render(report)?),
        Format::Html => html::render(report),
        Format::Svg => charts::render(report),
    }
}

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("{0}")]
    Text(#[from] fmt::Error),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("a chart could not be drawn: {0}")]
    Chart(String),
}
