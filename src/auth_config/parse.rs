//! From a source to a syntax tree, within bounds.

use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_parser::Parser;
use oxc_span::SourceType;

use super::Place;

/// The largest source that is read.
const BYTES: usize = 1024 * 1024;
/// The most brackets that may be open at once.
const NESTING: usize = 200;
/// The most signs at which the parser may go a level deeper: with [`STACK`] bytes it cannot run out of stack.
const SIGNS: usize = 20_000;
/// The stack of the thread that parses and follows a source. Only what is used is ever backed by memory.
pub(super) const STACK: usize = 512 * 1024 * 1024;

/// Why there is no tree.
pub(super) enum Failure {
    /// The parser's message.
    Syntax(String, Place),
    /// Beyond our bounds.
    Bounds(&'static str),
}

/// The syntax tree of a source.
pub(super) fn parse<'a>(
    arena: &'a Allocator,
    path: &str,
    source: &'a str,
) -> Result<&'a Program<'a>, Failure> {
    bounds(source).map_err(Failure::Bounds)?;
    // Type annotations in a `.js` file are an error in Convex's bundler too, and JSX is none of a configuration's business.
    let extension = path.rsplit('.').next().unwrap_or_default();
    let kind = match extension {
        "js" | "mjs" | "cjs" | "jsx" => SourceType::jsx(),
        "tsx" => SourceType::tsx(),
        _ => SourceType::ts(),
    };
    let parsed = Parser::new(arena, source, kind).parse();
    let error = parsed.diagnostics.iter().next();
    match error {
        Some(error) => {
            let (start, end) = error.labels.first().map_or((0, 0), |label| {
                (label.offset(), label.offset() + label.len())
            });
            Err(Failure::Syntax(
                error.message.to_string(),
                Place::new(path, source, start as usize, end as usize),
            ))
        }
        None if parsed.panicked => Err(Failure::Syntax(
            "cannot be parsed".to_owned(),
            Place::new(path, source, 0, 0),
        )),
        None => Ok(arena.alloc(parsed.program)),
    }
}

fn bounds(source: &str) -> Result<(), &'static str> {
    if source.len() > BYTES {
        return Err("the file is larger than a mebibyte");
    }
    let (mut open, mut signs) = (0_usize, 0_usize);
    let mut word = 0;
    let bytes = source.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => {
                open += 1;
                signs += 1;
            }
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            b'!' | b'~' | b'+' | b'-' | b'=' | b'?' | b':' | b'<' | b'|' | b'&' | b'*' | b'/'
            | b'%' | b'^' | b'.' | b'`' | b',' | b'@' => {
                // Comments and decorations are made of repeated signs.
                signs += usize::from(
                    !(matches!(byte, b'/' | b'*' | b'-' | b'=')
                        && at > 0
                        && bytes.get(at - 1) == Some(byte))
                        || *byte == b'-',
                );
            }
            _ => {}
        }
        if byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'$' {
            word += 1;
            continue;
        }
        let end = at;
        let name = bytes.get(end - word..end).unwrap_or_default();
        signs += usize::from(matches!(
            name,
            b"new"
                | b"typeof"
                | b"void"
                | b"delete"
                | b"await"
                | b"yield"
                | b"if"
                | b"else"
                | b"for"
                | b"while"
                | b"do"
                | b"with"
                | b"async"
                | b"keyof"
                | b"unique"
                | b"readonly"
                | b"infer"
                | b"extends"
                | b"asserts"
                | b"in"
                | b"instanceof"
                | b"as"
                | b"satisfies"
                | b"abstract"
                | b"import"
                | b"export"
                | b"try"
                | b"function"
                | b"class"
        ));
        word = 0;
        if open > NESTING {
            return Err("the brackets are nested too deeply");
        }
        if signs > SIGNS {
            return Err("the file is too large to follow");
        }
    }
    Ok(())
}
