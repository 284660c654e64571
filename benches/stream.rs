//! The whole process on a stream of distinct tokens, beside the bare verification of the same signatures with the same library on all cores: the
//! same tokens, in turns, medians. `cargo bench --bench stream`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark may panic, prints its table, and opens the files that it wrote"
)]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ISSUER: &str = "https://cool-ocelot-25.clerk.accounts.dev";
const NOW: i64 = 1_750_000_000;
const TOKENS: usize = 60_000;
const TURNS: usize = 9;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = pair.public_key();
    let n = public.modulus().big_endian_without_leading_zero();
    let e = public.exponent().big_endian_without_leading_zero();
    let key = PublicKeyComponents { n, e }
        .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
        .unwrap();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let keys = json!({"keys": [
        {"use": "sig", "kty": "RSA", "kid": "ins_1", "alg": "RS256", "n": part(n), "e": part(e)}
    ]});
    fs::write(at("keys.json"), keys.to_string()).unwrap();
    // A copy, as `cargo install` leaves one: the pages of a file that a linker has just written are dearer to map.
    fs::copy(env!("CARGO_BIN_EXE_clerkcheck"), at("clerkcheck")).unwrap();

    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let tokens = on_all(cores, &(0..TOKENS).collect::<Vec<_>>(), |index| {
        mint(&pair, *index)
    });
    let lines = |line: &dyn Fn(&String) -> String| tokens.iter().map(line).collect::<String>();
    let bare = lines(&|token| format!("{token}\n"));
    fs::write(at("tokens"), &bare).unwrap();
    fs::write(at("repeated"), bare.repeat(4)).unwrap();
    let log = lines(&|token| format!("2025-06-15T15:06:40Z INFO auth: Bearer {token} checked\n"));
    fs::write(at("log"), log).unwrap();
    let signed: Vec<(&[u8], Vec<u8>)> = tokens
        .iter()
        .map(|token| {
            let (message, signature) = token.rsplit_once('.').unwrap();
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            (message.as_bytes(), signature)
        })
        .collect();

    let check = [
        "check",
        "--all",
        "--jwks",
        "keys.json",
        "--issuer",
        ISSUER,
        "--at",
        "1750000000",
    ];
    let decode = ["decode", "--all"];
    let cases: [(&str, usize, &[&str], &str); 4] = [
        ("check --all --format json", TOKENS, &check, "tokens"),
        ("decode --all --format json", TOKENS, &decode, "tokens"),
        (
            "decode, each token in a line of a log",
            TOKENS,
            &decode,
            "log",
        ),
        (
            "check, each token four times over",
            4 * TOKENS,
            &check,
            "repeated",
        ),
    ];
    let mut library = Vec::new();
    let mut whole = vec![Vec::new(); cases.len()];
    for _ in 0..TURNS {
        library.push(timed(|| verify(cores, &key, &signed)));
        for ((_, _, arguments, input), times) in cases.iter().zip(&mut whole) {
            times.push(timed(|| process(folder.path(), arguments, input)));
        }
    }
    let library = rate(TOKENS, library);
    println!(
        "{:<40} {library:>9.0} tokens/s",
        "the library alone, on all cores"
    );
    for ((name, count, ..), times) in cases.iter().zip(whole) {
        let own = rate(*count, times);
        println!("{name:<40} {own:>9.0} tokens/s  {:.2} x", own / library);
    }
}

/// A Clerk token of a `convex` template, signed.
fn mint(pair: &KeyPair, index: usize) -> String {
    let header = json!({"alg": "RS256", "cat": "cl_B7d4PD222AAA", "kid": "ins_1", "typ": "JWT"});
    let claims = json!({"aud": "convex", "azp": "http://localhost:3000", "email": format!("ada.{index}@example.com"), "email_verified": true,
        "exp": NOW + 60, "family_name": "Lovelace", "given_name": "Ada", "iat": NOW - 5, "iss": ISSUER, "jti": format!("{index:020}"),
        "name": "Ada Lovelace", "nbf": NOW - 10, "nickname": "ada", "phone_number": "+15555550100", "phone_number_verified": false,
        "picture": format!("https://img.clerk.com/{index:0120}"), "sub": format!("user_{index:027}"), "updated_at": "2025-06-15T15:06:40Z"});
    let part = |bytes: String| URL_SAFE_NO_PAD.encode(bytes);
    let message = format!("{}.{}", part(header.to_string()), part(claims.to_string()));
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Does the same to each thing, on all cores; what came of it, in order.
fn on_all<T: Sync, R: Send>(cores: usize, things: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let share = things.len().div_ceil(cores);
    std::thread::scope(|scope| {
        let shares: Vec<_> = things
            .chunks(share)
            .map(|share| scope.spawn(|| share.iter().map(&each).collect::<Vec<R>>()))
            .collect();
        shares
            .into_iter()
            .flat_map(|share| share.join().unwrap())
            .collect()
    })
}

fn verify(cores: usize, key: &ParsedPublicKey, signed: &[(&[u8], Vec<u8>)]) {
    let valid = on_all(cores, signed, |(message, signature)| {
        key.verify_sig(message, signature).is_ok()
    });
    assert!(valid.into_iter().all(|valid| valid));
}

fn process(folder: &Path, arguments: &[&str], input: &str) {
    let done = Command::new(folder.join("clerkcheck"))
        .args(arguments)
        .args(["--format", "json"])
        .current_dir(folder)
        .stdin(File::open(folder.join(input)).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(done.success(), "{arguments:?}: {done}");
}

fn timed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

/// Tokens per second at the median.
fn rate(tokens: usize, mut times: Vec<Duration>) -> f64 {
    times.sort();
    let tokens = f64::from(u32::try_from(tokens).unwrap());
    times
        .get(times.len() / 2)
        .map_or(0.0, |median| tokens / median.as_secs_f64())
}
