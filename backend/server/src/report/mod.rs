//! The consistency report: its final maths, its words, and its forms (text, JSON, Markdown, CSV, HTML, SVG).
//! `check`, `report`, the report API and every page use the same functions, so that one figure never reads two ways.
//! Nothing here decides a verdict; it adds up and words what the engine told (UI-1).

pub mod consistency;
pub mod quantiles;
pub mod why;

pub use self::quantiles::of as quantiles;
