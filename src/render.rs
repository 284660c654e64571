//! A report in one of its formats.

pub mod github;
pub mod human;
pub mod json;

use crate::cli::Format;
use crate::report::Report;
use std::io::{self, Write};

/// How the report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// The format.
    pub format: Format,
    /// Columns of the terminal, 80 where it is none.
    pub width: usize,
    /// The answer alone.
    pub quiet: bool,
    /// Everything that was read.
    pub verbose: bool,
    /// One line a report, for programs that read many.
    pub compact: bool,
}

/// Writes a report.
pub fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match style.format {
        Format::Human => human::render(report, style, out),
        Format::Json => json::render(report, style.compact, out),
        Format::Github => github::render(report, style, out),
    }
}
