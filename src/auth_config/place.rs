//! Where something stands in a source.

/// A part of a file. Columns count characters, so that an editor finds them; the bytes are there for a marker under the part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file, as its reader named it.
    pub path: String,
    /// The first byte.
    pub start: usize,
    /// The byte behind the last one.
    pub end: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column of the first character, from 1; a byte order mark takes none.
    pub column: usize,
}

impl Place {
    /// The place of the bytes `start..end` of a source.
    pub fn new(path: &str, source: &str, start: usize, end: usize) -> Self {
        let start = floor(source, start);
        let end = floor(source, end).max(start);
        let before = source.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let in_line = before.get(line_start..).unwrap_or_default();
        let mark = usize::from(line_start == 0 && in_line.starts_with('\u{feff}'));
        Self {
            path: path.to_owned(),
            start,
            end,
            line: memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1,
            column: in_line.chars().count() + 1 - mark,
        }
    }
}

fn floor(source: &str, at: usize) -> usize {
    let mut at = at.min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}
