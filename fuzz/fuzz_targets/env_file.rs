//! Any bytes as an env file, in every dialect.
#![no_main]

use clerkcheck::env_file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = env_file::read(".env", bytes);
    let _ = env_file::resolve(&[file], &|name| (name == "B").then(|| "z".to_owned()));
});
