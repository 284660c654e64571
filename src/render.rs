//! A report in one of its formats.

pub mod block;
pub mod github;
pub mod html;
pub mod human;
pub mod json;
pub mod markdown;
mod picture;
pub mod sarif;

use crate::cli::Format;
use crate::report::Report;
use std::io::{self, Write};

/// How the report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct Style {
    /// The format.
    pub format: Format,
    /// Columns of the terminal, 80 where it is none.
    pub width: usize,
    /// The answer alone.
    pub quiet: bool,
    /// Everything that was read.
    pub verbose: bool,
    /// No character beyond ASCII.
    pub ascii: bool,
    /// The terminal knows links.
    pub links: bool,
    /// A block for a bug report instead of the report for people.
    pub block: bool,
    /// One line a report, for programs that read many.
    pub compact: bool,
}

impl Style {
    /// Whether the report shows all that was read and asked.
    pub fn shows_details(self) -> bool {
        self.verbose || self.block || self.format == Format::Html
    }
}

/// Writes a report.
pub fn render(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match style.format {
        Format::Human if style.block => block::render(report, out),
        Format::Human if style.ascii => {
            let mut text = Vec::new();
            human::render(report, style, &mut text)?;
            out.write_all(crate::escape::ascii(&String::from_utf8_lossy(&text)).as_bytes())
        }
        Format::Human => human::render(report, style, out),
        Format::Json => json::render(report, style.compact, out),
        Format::Github => github::render(report, style, out),
        Format::Html => html::render(report, out),
        Format::Sarif => sarif::render(report, out),
    }
}
