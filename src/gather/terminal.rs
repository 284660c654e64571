//! The terminal: its width, and whether it wants colours.
#![expect(clippy::disallowed_methods, reason = "gather reads the world")]

use crate::cli::{Color, Format};
use std::env;
use std::io::{self, IsTerminal as _};

/// Columns: of the terminal, or 80 where there is none.
pub fn width() -> usize {
    let columns = env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let columns = columns.or_else(|| {
        io::stdout()
            .is_terminal()
            .then(|| {
                crossterm::terminal::size()
                    .ok()
                    .map(|(columns, _)| usize::from(columns))
            })
            .flatten()
    });
    columns.unwrap_or(80).clamp(40, 200)
}

/// Whether standard input is a terminal: nobody pipes anything.
pub fn is_input() -> bool {
    io::stdin().is_terminal()
}

/// Whether progress may be shown: standard error is a terminal that can go back to the start of a line.
pub fn has_progress() -> bool {
    io::stderr().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether usage errors are coloured.
pub fn has_colored_errors() -> bool {
    has_progress() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Whether standard output is a terminal that is known to have links (OSC 8): `FORCE_HYPERLINK` decides, where it is set.
pub fn has_links() -> bool {
    if let Some(forced) = env::var_os("FORCE_HYPERLINK").filter(|value| !value.is_empty()) {
        return forced != "0";
    }
    if !io::stdout().is_terminal() || env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return false;
    }
    let text = |name: &str| env::var(name).unwrap_or_default();
    let program = ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio"];
    let term = ["kitty", "alacritty", "foot", "ghostty", "wezterm"];
    program.contains(&text("TERM_PROGRAM").as_str())
        || term.iter().any(|name| text("TERM").contains(name))
        || text("VTE_VERSION")
            .parse()
            .is_ok_and(|version: u32| version >= 5000)
        || ["WT_SESSION", "KONSOLE_VERSION", "DOMTERM"]
            .iter()
            .any(|name| env::var_os(name).is_some())
}

/// Tells `colored` once whether to colour: `--color`, then `NO_COLOR`, then `CLICOLOR_FORCE`, then a terminal that is not dumb.
pub fn decide_color(color: Color, format: Format) {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced =
        |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    let wanted = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto if forced("CLICOLOR_FORCE") || forced("FORCE_COLOR") => true,
        Color::Auto => {
            io::stdout().is_terminal()
                && env::var_os("TERM").is_none_or(|term| term != "dumb")
                && env::var_os("CLICOLOR").is_none_or(|value| value != "0")
        }
    };
    let wanted = wanted && format != Format::Json;
    #[cfg(windows)]
    let wanted = wanted && colored::control::set_virtual_terminal(true).is_ok();
    colored::control::set_override(wanted);
}
