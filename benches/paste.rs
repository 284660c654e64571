//! How long the reader of pastes takes.

use clerkcheck::paste::read;

fn main() {
    divan::main();
}

/// 16 MiB of log with a token at its end.
#[divan::bench(sample_count = 5)]
fn large_log(bencher: divan::Bencher<'_, '_>) {
    let line =
        "2026-01-01T00:00:00.000Z INFO app.server request GET /index.html 200 12.5ms v1.2.3\n";
    let mut text = line.repeat((16 << 20) / line.len());
    text.push_str("authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyXzEifQ.c2ln\n");
    bencher.bench(|| read(divan::black_box(text.as_bytes())).errors.len());
}
