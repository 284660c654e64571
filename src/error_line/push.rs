//! What `npx convex dev`, `deploy` and `env` say of the auth config.

use super::Known;
use super::table::line;

const PUSH: &str = "npx convex";
const SHAPE: &str = "Run `clerkcheck env`: it shows the line.";

pub(super) const LINES: &[Known] = &[
    line(
        "Environment variable…its value was not set",
        PUSH,
        "The auth config reads a variable that the deployment does not have; values of .env.local do not count, and a fallback behind it is never reached.",
        &[
            "deployment-variable-unset",
            "config-variable-unseen",
            "config-variable-other-name",
            "fallback-dead",
        ],
        "Set it on the deployment: `npx convex env set NAME VALUE`.",
    ),
    line(
        "AuthConfigMissingEnvironmentVariable",
        PUSH,
        "The auth config reads a variable that the deployment does not have, or that is to be removed.",
        &["deployment-variable-unset", "config-variable-unseen"],
        "Set it on the deployment: `npx convex env set NAME VALUE`.",
    ),
    line(
        "must have applicationID property",
        PUSH,
        "`applicationID` is spelled in another way.",
        &["application-id-spelling"],
        "Write `applicationID`.",
    ),
    line(
        "auth config file is missing default export",
        PUSH,
        "The auth config exports nothing as default.",
        &["auth-config-export"],
        "Write `export default { providers: [...] }`.",
    ),
    line(
        "can only contain strings",
        PUSH,
        "A value of a provider is no string.",
        &["provider-shape"],
        "Write `domain` and `applicationID` as strings.",
    ),
    line(
        "so cannot have a",
        PUSH,
        "A provider mixes the two kinds: `domain` belongs to OIDC, `issuer`, `jwks` and `algorithm` to customJwt.",
        &["provider-shape"],
        SHAPE,
    ),
    line(
        "has unexpected 'type' value",
        PUSH,
        "`type` of a provider is neither `oidc` nor `customJwt`.",
        &["provider-shape"],
        "For Clerk leave `type` out: `domain` and `applicationID` are enough.",
    ),
    line(
        "did not match any variant of untagged enum",
        PUSH,
        "A provider lacks a field: `domain` and `applicationID`, or all of customJwt's.",
        &["provider-shape", "application-id-spelling"],
        SHAPE,
    ),
    line(
        "must include a list of provider credentials",
        PUSH,
        "The auth config has no list `providers`, or one of its providers has not the form that Convex wants.",
        &["provider-shape", "auth-config-export"],
        "Write `export default { providers: [{ domain, applicationID }] }`; `clerkcheck env` shows the line.",
    ),
    line(
        "starts with a double quote",
        PUSH,
        "The value of the variable was stored with its quotes.",
        &["issuer-stray-character"],
        "Set it again without quotes: `npx convex env set CLERK_ISSUER_URL https://…`.",
    ),
    line(
        "Does not look like a URL",
        PUSH,
        "The provider's domain is no URL: a placeholder, the name of a variable, a key, or `undefined`.",
        &["issuer-not-url", "issuer-placeholder"],
        "Set the variable to the Issuer of your Clerk instance, with https://.",
    ),
    line(
        "scheme should be http or https",
        PUSH,
        "The provider's domain begins with another scheme.",
        &["issuer-not-url"],
        "Set the variable to the Issuer of your Clerk instance, with https://.",
    ),
    line(
        "Invalid provider domain URL",
        PUSH,
        "The provider's domain is no URL.",
        &[
            "issuer-not-url",
            "issuer-unset",
            "issuer-stray-character",
            "scheme-doubled",
        ],
        "Set the variable to the Issuer of your Clerk instance, with https://, without quotes and blanks.",
    ),
    line(
        "InvalidProviderDomainUrl",
        PUSH,
        "The provider's domain is no URL.",
        &[
            "issuer-not-url",
            "issuer-unset",
            "issuer-stray-character",
            "scheme-doubled",
        ],
        "Set the variable to the Issuer of your Clerk instance, with https://, without quotes and blanks.",
    ),
    line(
        "import.meta unsupported",
        PUSH,
        "The auth config, or a file that it imports, reads `import.meta`: Vite fills it, Convex has none.",
        &["config-side-effect"],
        "Read `process.env.NAME` there, and set it on the deployment: `npx convex env set NAME VALUE`.",
    ),
    line(
        "Unexpected Console access",
        PUSH,
        "A line of the backend's log: the auth config, or a file that it imports, calls the console. It is no fault.",
        &[],
        "Look for another line; this one stops nothing.",
    ),
    line(
        "Cannot set auth config in both",
        PUSH,
        "convex.json has an `authInfo`, and there is an auth config file too.",
        &["convex-json-auth-info"],
        "Take `authInfo` out of convex.json.",
    ),
    line(
        "Found both…auth.config",
        PUSH,
        "There are two auth configs, and Convex wants one.",
        &["auth-config-duplicate"],
        "Delete one of them.",
    ),
    line(
        "InsecureConfiguration",
        PUSH,
        "A customJwt provider of an issuer that many applications share has no `applicationID`.",
        &["audience-unchecked", "provider-shape"],
        "Add `applicationID` to the provider.",
    ),
    line(
        "This change would make the auth config invalid",
        PUSH,
        "The auth config reads the variable that is to be changed or removed, and could not be evaluated afterwards.",
        &["deployment-variable-unset", "issuer-not-url"],
        "Change the auth config and push it first, then the variable.",
    ),
    line(
        "The pushed auth config is invalid",
        PUSH,
        "A provider of the auth config has not the form that Convex wants.",
        &["provider-shape", "application-id-spelling"],
        SHAPE,
    ),
    line(
        "InvalidAuthConfig",
        PUSH,
        "The auth config has not the form that Convex wants.",
        &["provider-shape", "application-id-spelling"],
        SHAPE,
    ),
];
