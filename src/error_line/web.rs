//! What the Convex client, the browser and Node write to the console.

use super::Known;
use super::table::line;

const CLIENT: &str = "Convex's client";

pub(super) const LINES: &[Known] = &[
    line(
        "check your server auth config",
        CLIENT,
        "The deployment refused the token each time that the client tried.",
        &[
            "issuer-mismatch",
            "audience-mismatch",
            "signature-invalid",
            "expired",
        ],
        "The text in quotes is the deployment's reason; run `clerkcheck check` with the token.",
    ),
    line(
        "Auth token does not live long enough",
        CLIENT,
        "The token lives two seconds or less.",
        &["lifetime-short", "template-lifetime"],
        "Raise Token lifetime in the JWT template to 60 seconds.",
    ),
    line(
        "Refetching auth token immediately",
        CLIENT,
        "The token lives no longer than the time by which the client renews it early: it renews without pause.",
        &["lifetime-short", "template-lifetime"],
        "Raise Token lifetime in the JWT template to 60 seconds.",
    ),
    line(
        "Auth token is not a valid JWT",
        CLIENT,
        "The function that fetches the token returned something that is no JWT.",
        &["token-unreadable", "token-opaque", "token-promise"],
        "Return the string that `getToken` resolves to.",
    ),
    line(
        "Auth token does not have required fields",
        CLIENT,
        "The token has no `iat` or no `exp`, so the client cannot tell when to renew it.",
        &["issued-at-missing", "expiry-missing"],
        "Send the token that Clerk's `getToken` returns; it has both.",
    ),
    line(
        "Could not find Convex client",
        CLIENT,
        "A hook of Convex is used outside its provider; this is no fault of the token.",
        &[],
        "Put `ConvexProviderWithClerk` around it, inside `ClerkProvider`; `npm ls convex` must show one version.",
    ),
    line(
        "as an ancestor component",
        CLIENT,
        "`useConvexAuth`, `<Authenticated>` or `<Unauthenticated>` is used outside the provider, or two copies of `convex` are installed; this is no fault of the token.",
        &[],
        "Put `ConvexProviderWithClerk` around it, inside `ClerkProvider`; `npm ls convex` must show one version.",
    ),
    line(
        "Attempting reconnect",
        CLIENT,
        "The connection was closed and is opened again; with AuthProviderDiscoveryFailed beside it, the deployment cannot fetch the issuer's keys.",
        &["discovery-status", "issuer-unreachable", "unknown-instance"],
        "Read the reason in the lines around it; run `clerkcheck jwks`.",
    ),
    line(
        "unable to get local issuer certificate",
        "Node",
        "The certificate of the host is signed by an authority that this machine does not know, as behind a proxy that opens TLS.",
        &["issuer-tls"],
        "Name the authority's certificate in NODE_EXTRA_CA_CERTS, or with `--cacert FILE` here.",
    ),
    line(
        "401 (Unauthorized)",
        "the browser",
        "A request was refused: it sent no token, or one that is not accepted there.",
        &[
            "token-null",
            "issuer-mismatch",
            "audience-missing",
            "expired",
        ],
        "Copy the request in the browser's network panel as cURL, and paste it into `clerkcheck check`.",
    ),
    line(
        "/tokens/convex…404",
        "the browser",
        "Clerk was asked for a token of the template `convex`; the instance has none, and the Convex client gets null.",
        &[
            "template-absent",
            "session-token-without-audience",
            "token-null",
        ],
        "Create the JWT template `convex` in the Clerk dashboard, or activate the Convex integration.",
    ),
];
