//! The prompt for a token: nothing is echoed, and a paste may be longer than a terminal's line of 4,095 bytes.

use super::terminal;
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

/// The most that a paste may hold, in bytes.
const MOST: usize = 16 << 20;

/// Asks for a paste. Enter alone is an empty answer; Ctrl-C and Ctrl-D end it.
pub fn ask(question: &str, err: &mut dyn Write) -> io::Result<Option<String>> {
    // Before the question is seen, so that nothing of the answer is echoed.
    crossterm::terminal::enable_raw_mode()?;
    let answer = write!(err, "{question} ")
        .and_then(|()| err.flush())
        .and_then(|()| pasted());
    crossterm::terminal::disable_raw_mode()?;
    let answer = answer?;
    writeln!(err)?;
    if answer.is_none() {
        crate::interrupt::exit();
    }
    Ok(answer)
}

/// The answer, whose pastes the terminal marks, where it can.
fn pasted() -> io::Result<Option<String>> {
    if !terminal::has_progress() {
        return read();
    }
    let _ = crossterm::execute!(io::stderr(), event::EnableBracketedPaste);
    let answer = read();
    let _ = crossterm::execute!(io::stderr(), event::DisableBracketedPaste);
    answer
}

/// Whether there is somebody to ask.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question that is answered with yes or no; anything but yes is no.
pub fn confirm(question: &str, err: &mut dyn Write) -> io::Result<bool> {
    write!(err, "{question} [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(
        answer.trim().to_ascii_lowercase().as_str(),
        "y" | "yes"
    ))
}

fn read() -> io::Result<Option<String>> {
    let mut text = String::new();
    loop {
        match event::read()? {
            Event::Paste(paste) => text.push_str(&paste),
            Event::Key(key) if key.kind != KeyEventKind::Release => match key.code {
                KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                    return Ok(None);
                }
                KeyCode::Char('d') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                    return Ok(Some(text));
                }
                // A terminal without bracketed paste sends the line ends of a wrapped token as Enter: more follows at once.
                KeyCode::Enter if !text.is_empty() && event::poll(Duration::from_millis(30))? => {
                    text.push('\n');
                }
                KeyCode::Enter => return Ok(Some(text)),
                KeyCode::Backspace => {
                    text.pop();
                }
                KeyCode::Tab => text.push('\t'),
                KeyCode::Char('j') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                    if text.is_empty() || !event::poll(Duration::from_millis(30))? {
                        return Ok(Some(text));
                    }
                    text.push('\n');
                }
                KeyCode::Char(character) => text.push(character),
                _ => {}
            },
            _ => {}
        }
        if text.len() > MOST {
            return Ok(Some(text));
        }
    }
}
