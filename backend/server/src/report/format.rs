//! The forms of a report, and which program reads which.

use std::{fmt, str::FromStr};

/// A form of the report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Format {
    /// For people at a terminal.
    #[default]
    Text,
    /// For programs: one document.
    Json,
    /// For pull requests and chats.
    Md,
    /// For people: one self-contained page, printable.
    Html,
    /// The report's charts.
    Svg,
    /// The findings as a table.
    Csv,
}

impl Format {
    pub const ALL: [Self; 6] = [Self::Text, Self::Json, Self::Md, Self::Html, Self::Svg, Self::Csv];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Md => "md",
            Self::Html => "html",
            Self::Svg => "svg",
            Self::Csv => "csv",
        }
    }

    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Json => "application/json",
            Self::Md => "text/markdown; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Svg => "image/svg+xml",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// The text names no form.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no format; expected text, json, md, html, svg or csv")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.word() == text).ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
