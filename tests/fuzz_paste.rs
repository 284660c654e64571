//! Changed pastes: the reader bears whatever comes, and a line that is read at once holds what the whole reader finds in it. `FUZZ_SECONDS` makes it go on for longer.
#![expect(
    clippy::disallowed_methods,
    reason = "a test may panic, and reads its cases"
)]

use clerkcheck::paste::{Outcome, line, read};
use std::time::{Duration, Instant};

/// A generator of numbers that gives the same ones each time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 1).unwrap_or(0) % most.max(1)
    }
}

#[test]
fn bears_changed_pastes() {
    let seconds = std::env::var("FUZZ_SECONDS")
        .ok()
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(2);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pastes");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let seeds: Vec<Vec<u8>> = files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .filter(|bytes| bytes.len() < 8192)
        .collect();
    let special: [&[u8]; 20] = [
        b"Authorization: Bearer null, cookie: __session=",
        b"{\"tokenType\":\"None\"}",
        b"=\n",
        b"<b>",
        b"eyJ",
        b".",
        b"\n",
        b"\\",
        b"%2",
        b"&#x",
        b"\x1b[",
        b"\x1b]",
        b"\0",
        b"{",
        b"[",
        b"\"",
        "\u{2013}".as_bytes(),
        b"\xFF\xFE",
        b"ZXlK",
        b"Bearer ",
    ];
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        let mut bytes = seeds[numbers.below(seeds.len())].clone();
        for _ in 0..=numbers.below(8) {
            let at = numbers.below(bytes.len() + 1);
            match numbers.below(5) {
                0 => bytes.truncate(at),
                1 if at < bytes.len() => bytes[at] = u8::try_from(numbers.below(256)).unwrap(),
                2 => {
                    let other = &seeds[numbers.below(seeds.len())];
                    let from = numbers.below(other.len());
                    bytes.splice(at..at, other[from..].iter().copied());
                }
                3 if at < bytes.len() => {
                    bytes.remove(at);
                }
                _ => {
                    bytes.splice(
                        at..at,
                        special[numbers.below(special.len())].iter().copied(),
                    );
                }
            }
        }
        let outcome = read(&bytes).outcome;
        let Some(mine) = line(&bytes).filter(|_| !bytes.contains(&b'\n')) else {
            continue;
        };
        let Outcome::Tokens(theirs) = outcome else {
            panic!("read at once, and not as a paste: {outcome:?}");
        };
        for found in theirs {
            assert!(mine.iter().any(|own| {
                own.token.expose() == found.token.expose()
                    && own.carrier == found.carrier
                    && own.repairs == found.repairs
            }));
        }
    }
}
