//! Any bytes as a paste and as a block of a stream: no panic, and no control character in what is said of them.
#![no_main]

use clerkcheck::paste::{self, Outcome};
use clerkcheck::{convex, escape, stream};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let read = paste::read(bytes);
    if let Outcome::Rejected(rejection) = &read.outcome {
        let _ = escape::visible(&rejection.say);
    }
    let tokens = stream::tokens(bytes);
    for form in [stream::Form::Text, stream::Form::Json] {
        let job = stream::Job::Decode;
        let done = stream::lines(&tokens, &job, form, &mut convex::Cache::default());
        assert_eq!(done.text.lines().count(), tokens.len());
        assert!(!done.text.contains(|sign| sign != '\n' && escape::is_hidden(sign)));
    }
    // A line that is read at once holds what the whole reader finds in it.
    if !bytes.contains(&b'\n')
        && let Some(line) = paste::line(bytes)
    {
        let Outcome::Tokens(theirs) = read.outcome else {
            panic!("read at once, and not as a paste");
        };
        for found in theirs {
            let same = |mine: &&paste::Found| {
                mine.token.expose() == found.token.expose() && mine.carrier == found.carrier && mine.repairs == found.repairs
            };
            assert!(line.iter().any(|mine| same(&mine)));
        }
    }
});
