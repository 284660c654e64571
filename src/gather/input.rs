//! Where the token comes from: an argument, a file, standard input, the clipboard, or the prompt.
#![expect(clippy::disallowed_methods, reason = "gather reads the world")]

use super::prompt;
use crate::cli::InputArgs;
use crate::stream::BLOCK;
use std::io::{self, IsTerminal as _, Read as _, Write};
use std::path::Path;

/// The most that is read of a paste, in bytes.
const MOST: u64 = 256 << 20;

/// What was given.
#[derive(Debug)]
pub enum Given {
    /// Nothing: Enter alone at the prompt.
    Nothing,
    /// A paste, with what it came from in words.
    Bytes(Vec<u8>),
}

/// Why nothing could be read: a sentence for standard error, exit code 2.
#[derive(Debug)]
pub struct Unreadable(pub String);

/// A paste, or the beginning of something longer.
pub enum Opened {
    /// All of it.
    Whole(Given),
    /// More than a block: what was read of it, and the rest.
    Stream(Vec<u8>, Box<dyn io::Read + Send>),
}

/// Opens what holds many tokens. A pipe or a file that is longer than a block is not read to its end.
pub fn open(args: &InputArgs, question: &str, err: &mut dyn Write) -> Result<Opened, Unreadable> {
    let file = args.token_file.as_deref();
    let named = file.filter(|path| !is_stdin(path)).or_else(|| {
        let text = args
            .token
            .as_deref()
            .filter(|text| *text != "-" && text.len() <= 4096)?;
        Some(Path::new(text)).filter(|path| path.is_file())
    });
    let is_pipe = !args.clipboard
        && named.is_none()
        && (args.token.as_deref() == Some("-")
            || file.is_some()
            || args.token.is_none() && !io::stdin().is_terminal());
    let mut source: Box<dyn io::Read + Send> = match named {
        Some(path) => {
            let shown = crate::escape::visible(&path.display().to_string());
            let open = std::fs::File::open(path);
            Box::new(
                open.map_err(|error| Unreadable(format!("{shown} could not be read: {error}")))?,
            )
        }
        None if is_pipe => Box::new(io::stdin()),
        None => return read(args, question, err).map(Opened::Whole),
    };
    let mut head = Vec::new();
    (&mut source)
        .take(BLOCK as u64 + 1)
        .read_to_end(&mut head)
        .map_err(|error| Unreadable(format!("the input could not be read: {error}")))?;
    // UTF-16 has no line ends that a block could be cut at.
    let is_wide = head.starts_with(&[0xFF, 0xFE])
        || head.starts_with(&[0xFE, 0xFF])
        || head.iter().take(64).filter(|byte| **byte == 0).count() > 8;
    if head.len() > BLOCK && !is_wide {
        return Ok(Opened::Stream(head, source));
    }
    source
        .take(MOST)
        .read_to_end(&mut head)
        .map_err(|error| Unreadable(format!("the input could not be read: {error}")))?;
    bounded(head, "the input").map(Opened::Whole)
}

/// What is asked at a terminal where a token is needed.
pub const NEEDED: &str = "Paste a token:";
/// What is asked where the configuration alone can be judged too.
pub const WANTED: &str = "Paste a token (Enter alone checks the configuration only):";

/// Reads the paste; at a terminal it is asked for.
pub fn read(args: &InputArgs, question: &str, err: &mut dyn Write) -> Result<Given, Unreadable> {
    if let Some(path) = &args.token_file {
        return if is_stdin(path) { stdin() } else { file(path) };
    }
    if args.clipboard {
        return clipboard();
    }
    match args.token.as_deref() {
        Some("-") => stdin(),
        Some(text) => argument(text),
        None if io::stdin().is_terminal() => {
            let answer = prompt::ask(question, err)
                .map_err(|error| Unreadable(format!("the terminal could not be read: {error}")))?;
            Ok(match answer {
                Some(text) if !text.trim().is_empty() => Given::Bytes(text.into_bytes()),
                _ => Given::Nothing,
            })
        }
        None => stdin(),
    }
}

/// Whether a file's name stands for standard input.
fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A token, or the name of a file that holds one.
fn argument(text: &str) -> Result<Given, Unreadable> {
    let path = Path::new(text);
    // A token is longer than any file name may be, and asking for it would only fail.
    let could_be_name = text.len() <= 4096 && !text.contains('\n') && !text.is_empty();
    if could_be_name && (path.is_file() || path.is_dir()) {
        return file(path);
    }
    let named_like_a_file =
        text.starts_with(['/', '~']) || text.starts_with("./") || text.starts_with("../") || {
            let extension = path
                .extension()
                .and_then(|extension| extension.to_str())
                .unwrap_or_default();
            matches!(
                extension,
                "txt"
                    | "json"
                    | "jwt"
                    | "token"
                    | "har"
                    | "log"
                    | "md"
                    | "env"
                    | "yaml"
                    | "yml"
                    | "html"
                    | "js"
                    | "sh"
            )
        };
    if could_be_name && named_like_a_file && !text.contains("eyJ") {
        return file(path);
    }
    Ok(Given::Bytes(text.as_bytes().to_vec()))
}

fn file(path: &Path) -> Result<Given, Unreadable> {
    let shown = crate::escape::visible(&path.display().to_string());
    let unreadable = |error: io::Error| Unreadable(format!("{shown} could not be read: {error}"));
    if path.is_dir() {
        return Err(Unreadable(format!(
            "{shown} is a folder; name a file that holds a token"
        )));
    }
    let open = std::fs::File::open(path).map_err(unreadable)?;
    let length = open.metadata().map_or(0, |metadata| metadata.len());
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(MOST)).unwrap_or_default() + 1);
    open.take(MOST + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    bounded(bytes, &shown)
}

fn stdin() -> Result<Given, Unreadable> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(MOST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Unreadable(format!("standard input could not be read: {error}")))?;
    bounded(bytes, "standard input")
}

fn bounded(bytes: Vec<u8>, what: &str) -> Result<Given, Unreadable> {
    if bytes.len() as u64 > MOST {
        return Err(Unreadable(format!(
            "{what} holds more than 256 MiB; cut out the part with the token"
        )));
    }
    Ok(Given::Bytes(bytes))
}

fn clipboard() -> Result<Given, Unreadable> {
    let text = arboard::Clipboard::new()
        .and_then(|mut clipboard| clipboard.get_text())
        .map_err(|error| Unreadable(format!("the clipboard could not be read: {error}; paste the token into a pipe or a file instead")))?;
    Ok(Given::Bytes(text.into_bytes()))
}
