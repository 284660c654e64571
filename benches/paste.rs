//! How long the reader of pastes takes, by the size of the paste: it grows with the size, and no faster.

use clerkcheck::paste::read;
use divan::counter::BytesCount;

const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyXzEifQ.c2ln";

/// Sizes in MiB.
const SIZES: [usize; 3] = [1, 4, 16];

fn main() {
    divan::main();
}

fn run(bencher: divan::Bencher<'_, '_>, text: &str) {
    bencher
        .counter(BytesCount::of_str(text))
        .bench(|| read(divan::black_box(text.as_bytes())).errors.len());
}

/// A piece, again and again, to this size in MiB.
fn filled(piece: &str, size: usize) -> String {
    piece.repeat((size << 20) / piece.len())
}

/// A token alone.
#[divan::bench]
fn token(bencher: divan::Bencher<'_, '_>) {
    run(bencher, TOKEN);
}

/// A log with a token at its end.
#[divan::bench(sample_count = 5, args = SIZES)]
fn log(bencher: divan::Bencher<'_, '_>, size: usize) {
    let line =
        "2026-01-01T00:00:00.000Z INFO app.server request GET /index.html 200 12.5ms v1.2.3\n";
    let text = format!("{}authorization: Bearer {TOKEN}\n", filled(line, size));
    run(bencher, &text);
}

/// Beginnings of tokens, and no token.
#[divan::bench(sample_count = 5, args = SIZES)]
fn lookalikes(bencher: divan::Bencher<'_, '_>, size: usize) {
    run(bencher, &filled("eyJ", size));
}

/// A capture of a browser's network tab.
#[divan::bench(sample_count = 5, args = SIZES)]
fn har(bencher: divan::Bencher<'_, '_>, size: usize) {
    let entry = r#"{"request":{"method":"GET","url":"https://example.com/","headers":[{"name":"Accept","value":"*/*"}]}},"#;
    let last = format!(
        r#"{{"request":{{"headers":[{{"name":"Authorization","value":"Bearer {TOKEN}"}}]}}}}"#
    );
    let text = format!(r#"{{"log":{{"entries":[{}{last}]}}}}"#, filled(entry, size));
    run(bencher, &text);
}

/// One long line without a break.
#[divan::bench(sample_count = 5, args = SIZES)]
fn one_line(bencher: divan::Bencher<'_, '_>, size: usize) {
    let text = format!("{} {TOKEN}", filled("a.b-c", size));
    run(bencher, &text);
}
