//! The table of known error lines. Of two that begin alike, the longer stands first.

use super::Known;

const fn line(
    pattern: &'static str,
    who: &'static str,
    meaning: &'static str,
    rules: &'static [&'static str],
    fix: &'static str,
) -> Known {
    Known {
        pattern,
        who,
        meaning,
        rules,
        fix,
    }
}

/// Every known line.
pub(super) const KNOWN_COUNT: usize = 30;

/// The lines.
pub(super) static KNOWN: [Known; KNOWN_COUNT] = [
    line(
        "No auth provider found matching the given token (no providers configured)",
        "Convex",
        "The deployment has no provider at all: convex/auth.config.ts was not pushed, or it is in a place that Convex does not read.",
        &[
            "provider-absent",
            "auth-config-missing",
            "auth-config-ignored",
        ],
        "Put convex/auth.config.ts beside your functions and push it with `npx convex dev` or `npx convex deploy`.",
    ),
    line(
        "No auth provider found matching the given token",
        "Convex",
        "No provider of the deployment has both the token's issuer and its audience.",
        &["issuer-mismatch", "audience-mismatch", "audience-missing"],
        "Compare the token's `iss` and `aud` with the provider: run `clerkcheck check` with the token.",
    ),
    line(
        "Could not verify OIDC token claim",
        "Convex",
        "Issuer and audience fit, but the token expired, or its signature, its algorithm or a second audience is refused: one text for four causes.",
        &["signature-invalid", "algorithm-refused", "audience-extra"],
        "Run `clerkcheck check` with the token; it tells the four causes apart.",
    ),
    line(
        "Could not parse as OIDC ID token",
        "Convex",
        "A claim has the wrong JSON type or is missing, or the header's `typ` is not JWT.",
        &["claim-type", "type-refused", "subject-missing"],
        "Run `clerkcheck check` with the token, and mend the template's claims.",
    ),
    line(
        "Could not parse JWT payload",
        "Convex",
        "What the client sent is no JWT.",
        &["token-unreadable", "token-opaque", "token-promise"],
        "Send the token that Clerk's `getToken({ template: \"convex\" })` returns, and await it.",
    ),
    line(
        "Missing issuer claim ('iss') in JWT payload",
        "Convex",
        "The token has no `iss`: it is not from Clerk.",
        &["issuer-missing", "foreign-token"],
        "Send the token that Clerk's `getToken` returns.",
    ),
    line(
        "Header must begin with `bearer `",
        "Convex",
        "The Authorization header has no scheme.",
        &[],
        "Send `Authorization: Bearer TOKEN`.",
    ),
    line(
        "Auth provider discovery of",
        "Convex",
        "The deployment could not fetch the issuer's discovery document.",
        &[
            "discovery-status",
            "issuer-unreachable",
            "issuer-unresolvable",
        ],
        "Open the issuer's /.well-known/openid-configuration, or run `clerkcheck jwks`.",
    ),
    line(
        "AuthProviderDiscoveryFailed",
        "Convex",
        "The deployment could not fetch the issuer's discovery document; the client tries again for ever.",
        &[
            "discovery-status",
            "issuer-unreachable",
            "issuer-unresolvable",
        ],
        "Run `clerkcheck jwks` and correct the issuer.",
    ),
    line(
        "Convex token identity expired",
        "Convex",
        "The token expired during the connection and no new one came.",
        &["lifetime-short"],
        "Hand the client a function that fetches tokens, not one token.",
    ),
    line(
        "does this key match any key in the provider's JWKS",
        "Convex",
        "No key of the JWKS has the token's key id.",
        &["key-unknown", "key-id-missing"],
        "Compare the keys with `clerkcheck jwks`.",
    ),
    line(
        "check your server auth config",
        "Convex's client",
        "The deployment refused the token each time that the client tried.",
        &["issuer-mismatch", "audience-mismatch"],
        "The text in quotes is the deployment's reason; run `clerkcheck check` with the token.",
    ),
    line(
        "Auth token does not live long enough",
        "Convex's client",
        "The token lives two seconds or less.",
        &["lifetime-short"],
        "Raise Token lifetime in the JWT template to 60 seconds.",
    ),
    line(
        "Refetching auth token immediately",
        "Convex's client",
        "The token lives no longer than the time by which the client renews it early: it renews without pause.",
        &["lifetime-short"],
        "Raise Token lifetime in the JWT template to 60 seconds.",
    ),
    line(
        "Auth token is not a valid JWT",
        "Convex's client",
        "The function that fetches the token returned something that is no JWT.",
        &["token-unreadable"],
        "Return the string that `getToken` resolves to.",
    ),
    line(
        "is used in auth config file but its value was not set",
        "npx convex",
        "The auth config reads a variable that the deployment does not have; values of .env.local do not count.",
        &["issuer-unset"],
        "Set it on the deployment: `npx convex env set NAME VALUE`.",
    ),
    line(
        "The pushed auth config is invalid",
        "npx convex",
        "A provider of the auth config has not the form that Convex wants.",
        &["provider-shape", "application-id-spelling"],
        "Run `clerkcheck env`: it shows the line.",
    ),
    line(
        "must have applicationID property",
        "npx convex",
        "`applicationID` is spelled in another way.",
        &["application-id-spelling"],
        "Write `applicationID`.",
    ),
    line(
        "auth config file is missing default export",
        "npx convex",
        "The auth config exports nothing as default.",
        &["auth-config-export"],
        "Write `export default { providers: [...] }`.",
    ),
    line(
        "No JWT template exists with name",
        "Clerk",
        "The instance has no JWT template of this name, so `getToken` gives null to the Convex client.",
        &["session-token-without-audience"],
        "Create the JWT template `convex` in the Clerk dashboard, or activate the Convex integration.",
    ),
    line(
        "JWT is expired",
        "Clerk",
        "The token's time is over; Clerk's tokens live 60 seconds.",
        &["clock-skew"],
        "Fetch a new token for each request.",
    ),
    line(
        "JWT cannot be used prior to not before date claim",
        "Clerk",
        "The token is not valid yet: a clock is wrong.",
        &["not-yet-valid", "clock-skew"],
        "Set the clock of the machine that checks.",
    ),
    line(
        "JWT issued at date claim (iat) is in the future",
        "Clerk",
        "The token comes from the future: a clock is wrong.",
        &["issued-in-future", "clock-skew"],
        "Set the clock of the machine that checks.",
    ),
    line(
        "Unable to find a signing key in JWKS",
        "Clerk",
        "The token was signed by another instance, or its keys changed.",
        &["key-unknown", "instance-mismatch"],
        "Take publishable and secret key from the same Clerk instance.",
    ),
    line(
        "resulted in an infinite redirect loop",
        "Clerk",
        "Publishable and secret key are of different instances, or a clock is wrong.",
        &["instance-mismatch", "environments-mixed"],
        "Copy both keys from the same instance.",
    ),
    line(
        "Publishable key not valid",
        "Clerk",
        "The publishable key is malformed.",
        &["publishable-key-malformed"],
        "Copy it again from the Clerk dashboard, API keys.",
    ),
    line(
        "Production Keys are only allowed for domain",
        "Clerk",
        "A production key is used on another domain, such as localhost.",
        &["production-keys-local"],
        "Use the development keys on localhost.",
    ),
    line(
        "Clock skew detected",
        "Clerk",
        "The clock of this machine is wrong.",
        &["clock-skew"],
        "Set the clock.",
    ),
    line(
        "You can't use the reserved claim",
        "Clerk",
        "The template sets a claim that Clerk sets itself.",
        &["clerk-rejects-template"],
        "Take the claim out of the template.",
    ),
    line(
        "Clerk: auth() was called but",
        "Clerk",
        "The middleware does not run for this path; this is no fault of the token.",
        &[],
        "Export `clerkMiddleware()` in middleware.ts or proxy.ts, with a matcher that holds the path.",
    ),
];
