//! Ctrl-C, a request to end, and a terminal that is closed: exit code 130, and nothing left behind.

use std::path::PathBuf;
use std::sync::Mutex;

/// What undoes a thing that must not outlive the process.
type Undo = Box<dyn FnOnce() + Send>;

/// What is undone when the run is interrupted.
static LEFT_BEHIND: Mutex<Vec<Undo>> = Mutex::new(Vec::new());

/// Installs the handler, for commands that wait or leave something behind; it costs a thread. Without one the default ends the process, which
/// shells report as 130 all the same.
pub fn install() {
    let _ = ctrlc::set_handler(exit);
}

/// Remembers what to do when the run is interrupted.
pub fn at_exit(undo: impl FnOnce() + Send + 'static) {
    if let Ok(mut left) = LEFT_BEHIND.lock() {
        left.push(Box::new(undo));
    }
}

/// Remembers a folder that must not outlive the process.
pub fn remove_on_exit(folder: PathBuf) {
    at_exit(move || {
        let _ = std::fs::remove_dir_all(folder);
    });
}

/// Ends the process as interrupted.
#[expect(clippy::exit, reason = "there is nobody to return to from a signal")]
pub fn exit() {
    if let Ok(mut left) = LEFT_BEHIND.lock() {
        for undo in left.drain(..) {
            undo();
        }
    }
    let _ = crossterm::terminal::disable_raw_mode();
    std::process::exit(130);
}
