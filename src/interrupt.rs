//! Ctrl-C: exit code 130, and nothing left behind.

use std::path::PathBuf;
use std::sync::Mutex;

/// Folders to remove when the run is interrupted.
static LEFT_BEHIND: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Installs the handler, for commands that wait or leave something behind; it costs a thread. Without one the default ends the process, which
/// shells report as 130 all the same.
pub fn install() {
    let _ = ctrlc::set_handler(exit);
}

/// Remembers a folder that must not outlive the process.
pub fn remove_on_exit(folder: PathBuf) {
    if let Ok(mut folders) = LEFT_BEHIND.lock() {
        folders.push(folder);
    }
}

/// Ends the process as interrupted.
#[expect(clippy::exit, reason = "there is nobody to return to from a signal")]
pub fn exit() {
    if let Ok(folders) = LEFT_BEHIND.lock() {
        for folder in folders.iter() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
    let _ = crossterm::terminal::disable_raw_mode();
    std::process::exit(130);
}
