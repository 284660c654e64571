//! Topic `input`: what a paste was, when it was no token. The reader of pastes finds them, before there are facts; exit code 2.

use crate::rule::{PASSED, Row, Rule, Severity, Step};

/// A rule that the reader of pastes asks.
const fn rule(
    name: &'static str,
    title: &'static str,
    why: &'static str,
    fix: &'static str,
    seed: &'static [Row],
) -> Rule {
    Rule {
        name,
        step: Step::Input,
        severity: Severity::Error,
        title,
        why,
        fix,
        seed,
        check: |_| PASSED,
    }
}

pub(super) const RULES: &[Rule] = &[
    rule(
        "token-absent",
        "no token was pasted",
        "There is nothing to read.",
        "Copy the token in the browser's console: `copy(await Clerk.session.getToken({ template: \"convex\" }))`. `clerkcheck env` needs none.",
        &[Row::Testing],
    ),
    rule(
        "token-null",
        "the app had no token: it is the word null or undefined",
        "`getToken` returns null when nobody is signed in, or when there is no JWT template of the name asked for; the React provider \
         swallows the error.",
        "Sign in, and make sure that the template `convex` exists or that the Convex integration is active.",
        &[Row::UserNotAppearing],
    ),
    rule(
        "token-promise",
        "it is a promise, not a token",
        "`getToken()` is asynchronous: printed without `await` it shows the promise.",
        "Write `await getToken({ template: \"convex\" })`.",
        &[Row::Testing],
    ),
    rule(
        "token-truncated",
        "the token was cut off",
        "A tool shortened it, or the first or last characters were not copied. A shortened token cannot be read or verified.",
        "Copy the whole token, for instance with `copy(await Clerk.session.getToken({ template: \"convex\" }))` in the console.",
        &[],
    ),
    rule(
        "token-mangled",
        "the token was changed on its way",
        "It has the shape of a token, but its parts do not decode: letters were changed in case, lost, or replaced.",
        "Copy it again from where it was made, without a tool in between that changes text.",
        &[],
    ),
    rule(
        "token-encrypted",
        "the token is encrypted",
        "Five parts make a JWE; only its receiver can read it. Clerk issues signed tokens, Convex reads signed tokens only.",
        "Send the token that Clerk's `getToken` returns.",
        &[],
    ),
    rule(
        "token-segments",
        "it has not the three parts of a token",
        "A signed token has a header, claims and a signature, separated by dots.",
        "Copy the whole token, with both dots and everything behind them.",
        &[],
    ),
    rule(
        "token-opaque",
        "it is an id or an opaque token, not a JWT",
        "It is only a name for something at Clerk or Convex; there are no claims in it, and Convex cannot use it.",
        "Send the token that Clerk's `getToken({ template: \"convex\" })` returns.",
        &[],
    ),
    rule(
        "token-placeholder",
        "it is a placeholder of an example",
        "The text stands where a token should be put.",
        "Put a real token in its place.",
        &[],
    ),
    rule(
        "secret-pasted",
        "it is a secret key, not a token",
        "Whoever has it can act as your backend. It must never be sent to Convex as a user's token, nor be pasted into tools.",
        "If it was shared or shown anywhere, rotate it in the Clerk dashboard, API keys. Then copy a user's token instead.",
        &[],
    ),
    rule(
        "publishable-key-pasted",
        "it is a publishable key, not a token",
        "It names the Clerk instance; it does not sign anybody in.",
        "Copy a user's token. `clerkcheck env` compares the key with the configured issuer.",
        &[],
    ),
    rule(
        "deploy-key-pasted",
        "it is a Convex deploy or admin key, not a token",
        "Whoever has it can change your deployment. It must never be sent by a client.",
        "If it was shared or shown anywhere, delete it in the Convex dashboard and make a new one. Then copy a user's token instead.",
        &[],
    ),
    rule(
        "handshake-pasted",
        "it is Clerk's handshake, not a session token",
        "The handshake carries cookies between Clerk and your app while a page loads; Convex never sees it.",
        "Copy the token that the app sends to Convex: `await Clerk.session.getToken({ template: \"convex\" })`.",
        &[],
    ),
    rule(
        "socket-without-token",
        "the client told Convex that nobody is signed in",
        "The Authenticate message has the token type `None`: the client had no token, because `getToken` returned null.",
        "Make sure that the template `convex` exists or that the Convex integration is active, then sign in again.",
        &[Row::UserNotAppearing],
    ),
    rule(
        "document-pasted",
        "it is a document about keys, not a token",
        "Keys, discovery documents and web pages help to check a token, but they are none.",
        "Give a token, and the document by its option: `--jwks FILE` or `--discovery FILE`.",
        &[],
    ),
    rule(
        "error-pasted",
        "it is an error message, not a token",
        "The message tells what went wrong; the token would tell why.",
        "Read here what the message means, or paste the token itself.",
        &[Row::Testing],
    ),
];
