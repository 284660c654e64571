//! Any text as `convex/auth.config.ts`.
#![no_main]

use clerkcheck::auth_config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let config = auth_config::read("convex/auth.config.ts", text, &|_, _| None);
    let _ = config.entries_with(&|name| Some(format!("https://{name}.example")));
});
