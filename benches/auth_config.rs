//! How long the reader of `convex/auth.config.*` takes.

use clerkcheck::auth_config::read;

fn main() {
    divan::main();
}

#[divan::bench]
fn one_provider() -> usize {
    let source = "export default { providers: [{ domain: process.env.CLERK_JWT_ISSUER_DOMAIN!, applicationID: 'convex' }] };";
    read(
        "convex/auth.config.ts",
        divan::black_box(source),
        &|_, _| None,
    )
    .reads
    .len()
}

#[divan::bench]
fn two_thousand_lines() -> usize {
    let source = format!(
        "{}export default {{ providers: [] }};",
        "const a = [`https://${process.env.X}`];\n".repeat(2_000)
    );
    read(
        "convex/auth.config.ts",
        divan::black_box(&source),
        &|_, _| None,
    )
    .reads
    .len()
}
