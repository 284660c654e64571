//! Whole project folders, written by the test and asked about with the built binary: `env --offline`. In the texts `@PK` and its like stand
//! for the values below.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a test may panic, and tables are long"
)]

#[expect(dead_code, reason = "each file of tests uses its part")]
mod support;

use serde_json::{Value, json};
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

const VALUES: [(&str, &str); 7] = [
    (
        "@PK",
        "pk_test_Y29vbC1vY2Vsb3QtMjUuY2xlcmsuYWNjb3VudHMuZGV2JA",
    ),
    (
        "@OTHERPK",
        "pk_test_YnJhdmUtbGVtdXItNy5jbGVyay5hY2NvdW50cy5kZXYk",
    ),
    ("@LIVEPK", "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"),
    ("@SK", "sk_test_HealthyHealthyHealthyHealthy"),
    ("@LIVESK", "sk_live_HealthyHealthyHealthyHealthy"),
    ("@ISS", "https://cool-ocelot-25.clerk.accounts.dev"),
    ("@OTHER", "https://brave-lemur-7.clerk.accounts.dev"),
];

const NEXT: (&str, &str) = (
    "package.json",
    r#"{"dependencies": {"next": "16.0.0", "convex": "1.45.0", "@clerk/nextjs": "7.0.0"}}"#,
);
const VITE: (&str, &str) = (
    "package.json",
    r#"{"dependencies": {"react": "19.0.0", "convex": "1.45.0", "@clerk/react": "6.0.0"}, "devDependencies": {"vite": "8.0.0"}}"#,
);
const CONVEX: (&str, &str) = (
    "node_modules/convex/package.json",
    r#"{"name": "convex", "version": "1.45.0"}"#,
);
const ENV: (&str, &str) = (
    ".env.local",
    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_SECRET_KEY=@SK\nCLERK_ISSUER_URL=@ISS\n\
     # Deployment used by `npx convex dev`\nCONVEX_DEPLOYMENT=dev:happy-animal-123 # team: t, project: p\n\
     NEXT_PUBLIC_CONVEX_URL=https://happy-animal-123.convex.cloud\n",
);
const CONFIG: (&str, &str) = ("convex/auth.config.ts", CONFIG_TEXT);
const CONFIG_TEXT: &str = "export default {\n  providers: [\n    {\n      domain: process.env.CLERK_ISSUER_URL,\n      \
     applicationID: \"convex\",\n    },\n  ],\n};\n";
/// The same with the name of Convex's docs, as their page writes it.
const DOCS_CONFIG: &str = "import { AuthConfig } from \"convex/server\";\n\nexport default {\n  providers: [\n    {\n      \
     domain: process.env.CLERK_JWT_ISSUER_DOMAIN!,\n      applicationID: \"convex\",\n    },\n  ],\n} satisfies AuthConfig;\n";

const SLUG_CONFIG: &str = "export default { providers: [{ domain: `https://${process.env.CLERK_SLUG}.clerk.accounts.dev`, applicationID: \"convex\" }] };\n";

struct Case {
    name: &'static str,
    files: Vec<(&'static str, &'static str)>,
    args: &'static [&'static str],
    /// All rules found, in the order of the report.
    rules: &'static [&'static str],
    exit: i32,
}

/// A project in which nothing above a note may be found.
fn quiet(
    name: &'static str,
    files: &[(&'static str, &'static str)],
    notes: &'static [&'static str],
) -> Case {
    Case {
        name,
        files: files.to_vec(),
        args: &[],
        rules: notes,
        exit: 0,
    }
}

/// A healthy Next.js app with these files put in or changed; an empty text takes a file out.
fn broken(
    name: &'static str,
    files: &[(&'static str, &'static str)],
    rules: &'static [&'static str],
    exit: i32,
) -> Case {
    let mut all = vec![NEXT, CONVEX, ENV, CONFIG];
    all.retain(|(path, _)| !files.iter().any(|(changed, _)| changed == path));
    all.extend(files.iter().filter(|(_, text)| !text.is_empty()));
    Case {
        name,
        files: all,
        args: &[],
        rules,
        exit,
    }
}

fn filled(text: &str) -> String {
    VALUES.iter().fold(text.to_owned(), |text, (name, value)| {
        // `@PK` is no prefix of another name.
        text.replace(name, value)
    })
}

fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    for (path, text) in files {
        write(folder.path(), path, filled(text).as_bytes());
    }
    folder
}

fn env(folder: &Path, args: &[&str]) -> Output {
    support::clerkcheck()
        .arg("env")
        .arg("--offline")
        .arg("--project")
        .arg(folder)
        .args(args)
        .output()
        .unwrap()
}

fn report(folder: &Path, args: &[&str]) -> Value {
    let output = env(folder, &[&["--format", "json"], args].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{error}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

fn rules(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect()
}

#[track_caller]
fn hold(cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        let folder = project(&case.files);
        let report = report(folder.path(), case.args);
        let human = env(folder.path(), &[case.args, &["-v"]].concat());
        let github = env(
            folder.path(),
            &[case.args, &["--format", "github"]].concat(),
        );
        let text = report.to_string()
            + &String::from_utf8_lossy(&human.stdout)
            + &String::from_utf8_lossy(&github.stdout);
        if text.contains("Healthy") {
            wrong.push(format!("{}: a secret is shown", case.name));
        }
        let found = rules(&report);
        if found != case.rules || report["exit"] != json!(case.exit) {
            let lines: Vec<String> = report["findings"]
                .as_array()
                .unwrap()
                .iter()
                .map(|finding| {
                    format!(
                        "{} {}: {}",
                        finding["severity"], finding["rule"], finding["message"]
                    )
                })
                .collect();
            wrong.push(format!(
                "{}: expected {:?} exit {}, found exit {}\n    {}",
                case.name,
                case.rules,
                case.exit,
                report["exit"],
                lines.join("\n    ")
            ));
        }
        let loud = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["severity"] != "info");
        if case.exit == 0 && case.rules.is_empty() && loud {
            wrong.push(format!("{}: cries wolf", case.name));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn healthy() -> Vec<Case> {
    vec![
        quiet("Next.js", &[NEXT, CONVEX, ENV, CONFIG], &[]),
        quiet(
            "Next.js with the names of Convex's docs",
            &[
                NEXT,
                (
                    ".env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_SECRET_KEY=@SK\nCLERK_JWT_ISSUER_DOMAIN=@ISS\n",
                ),
                ("convex/auth.config.ts", DOCS_CONFIG),
            ],
            &[],
        ),
        quiet(
            "Next.js with the names of Clerk's docs",
            &[
                NEXT,
                (
                    ".env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_SECRET_KEY=@SK\nNEXT_PUBLIC_CLERK_FRONTEND_API_URL=@ISS\n",
                ),
                (
                    "convex/auth.config.js",
                    "export default {\n  providers: [{ domain: process.env.NEXT_PUBLIC_CLERK_FRONTEND_API_URL, applicationID: 'convex' }],\n};\n",
                ),
            ],
            &[],
        ),
        quiet(
            "values that 1Password and dotenvx keep",
            &[
                NEXT,
                CONVEX,
                (
                    ".env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=\"encrypted:BDqDBibm4wsYqMpCjTQ6BsDHmMadg9K3dAt+Z9HPMfLEIRVz50hmLXPXRuDBXaJi\"\n\
                     CLERK_SECRET_KEY=op://vault/clerk/secret\nCLERK_ISSUER_URL=\"op://vault/clerk/issuer\"\n",
                ),
                CONFIG,
            ],
            &["config-variable-unseen"],
        ),
        quiet(
            "a guard that throws where the variable is empty is no fallback",
            &[
                NEXT,
                CONVEX,
                ENV,
                (
                    "convex/auth.config.ts",
                    "const domain = process.env.CLERK_ISSUER_URL;\nif (!domain) {\n  throw new Error('CLERK_ISSUER_URL is not set');\n}\n\
                     export default { providers: [{ domain, applicationID: 'convex' }] };\n",
                ),
            ],
            &[],
        ),
        quiet(
            "Vite",
            &[
                VITE,
                CONVEX,
                (
                    ".env.local",
                    "VITE_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@ISS\nCONVEX_DEPLOYMENT=dev:happy-animal-123 # team: t, project: p\nVITE_CONVEX_URL=https://happy-animal-123.convex.cloud\n",
                ),
                CONFIG,
            ],
            &[],
        ),
        quiet(
            "Expo",
            &[
                (
                    "package.json",
                    r#"{"dependencies": {"expo": "54.0.0", "convex": "1.45.0", "@clerk/expo": "3.0.0"}}"#,
                ),
                ("app.json", "{}"),
                (
                    ".env.local",
                    "EXPO_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_JWT_ISSUER_DOMAIN=@ISS\nCONVEX_DEPLOYMENT=dev:happy-animal-123\nEXPO_PUBLIC_CONVEX_URL=https://happy-animal-123.convex.cloud\n",
                ),
                ("convex/auth.config.ts", DOCS_CONFIG),
            ],
            &[],
        ),
        quiet(
            "TanStack Start",
            &[
                (
                    "package.json",
                    r#"{"dependencies": {"@tanstack/react-start": "1.140.0", "convex": "1.45.0", "@clerk/tanstack-react-start": "0.27.0"}, "devDependencies": {"vite": "8.0.0"}}"#,
                ),
                (
                    ".env",
                    "VITE_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_SECRET_KEY=@SK\n",
                ),
                (
                    ".env.local",
                    "CONVEX_DEPLOYMENT=dev:happy-animal-123\nVITE_CONVEX_URL=https://happy-animal-123.convex.cloud\nCLERK_JWT_ISSUER_DOMAIN=@ISS\n",
                ),
                ("convex/auth.config.ts", DOCS_CONFIG),
            ],
            &[],
        ),
        quiet(
            "SvelteKit",
            &[
                (
                    "package.json",
                    r#"{"type": "module", "devDependencies": {"@sveltejs/kit": "2.40.0", "vite": "8.0.0", "convex": "1.45.0", "svelte-clerk": "0.19.0"}}"#,
                ),
                (
                    ".env",
                    "PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_SECRET_KEY=@SK\n",
                ),
                (
                    ".env.local",
                    "CONVEX_DEPLOYMENT=dev:happy-animal-123\nPUBLIC_CONVEX_URL=https://happy-animal-123.convex.cloud\n",
                ),
                ("convex.json", "{\n  \"functions\": \"src/convex/\"\n}\n"),
                ("src/convex/auth.config.ts", DOCS_CONFIG),
                ("src/convex/schema.ts", "export default {};\n"),
            ],
            &["config-variable-unseen"],
        ),
        quiet(
            "a monorepo of Turborepo",
            &[
                (
                    "package.json",
                    r#"{"private": true, "workspaces": ["apps/*", "packages/*"]}"#,
                ),
                ("turbo.json", "{}"),
                (
                    "apps/web/package.json",
                    r#"{"name": "web", "dependencies": {"next": "16.0.0", "@clerk/nextjs": "7.0.0", "convex": "1.45.0", "@repo/backend": "*"}}"#,
                ),
                (
                    "apps/web/.env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_SECRET_KEY=@SK\nNEXT_PUBLIC_CONVEX_URL=https://happy-animal-123.convex.cloud\n",
                ),
                (
                    "apps/native/package.json",
                    r#"{"name": "native", "dependencies": {"expo": "54.0.0", "@clerk/expo": "3.0.0", "convex": "1.45.0"}}"#,
                ),
                (
                    "apps/native/.env.local",
                    "EXPO_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\n",
                ),
                (
                    "packages/backend/package.json",
                    r#"{"name": "@repo/backend", "dependencies": {"convex": "1.45.0"}}"#,
                ),
                (
                    "packages/backend/.env.local",
                    "CONVEX_DEPLOYMENT=dev:happy-animal-123\nCONVEX_URL=https://happy-animal-123.convex.cloud\nCLERK_ISSUER_URL=@ISS\n",
                ),
                ("packages/backend/convex/auth.config.ts", CONFIG_TEXT),
                ("packages/backend/convex/schema.ts", "export default {};\n"),
            ],
            &[],
        ),
        quiet(
            "a monorepo with another Clerk instance for an app without Convex",
            &[
                (
                    "package.json",
                    r#"{"private": true, "workspaces": ["apps/*"]}"#,
                ),
                (
                    "apps/web/package.json",
                    r#"{"dependencies": {"next": "16.0.0", "convex": "1.45.0"}}"#,
                ),
                (
                    "apps/web/.env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@ISS\n",
                ),
                ("apps/web/convex/auth.config.ts", CONFIG_TEXT),
                (
                    "apps/docs/package.json",
                    r#"{"dependencies": {"next": "16.0.0"}}"#,
                ),
                (
                    "apps/docs/.env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@OTHERPK\n",
                ),
            ],
            &[],
        ),
        quiet(
            "customJwt with an applicationID",
            &[
                NEXT,
                ENV,
                (
                    "convex/auth.config.ts",
                    "export default {\n  providers: [\n    {\n      type: \"customJwt\",\n      applicationID: \"convex\",\n      issuer: process.env.CLERK_ISSUER_URL!,\n      jwks: `${process.env.CLERK_ISSUER_URL}/.well-known/jwks.json`,\n      algorithm: \"RS256\",\n    },\n  ],\n};\n",
                ),
            ],
            &[],
        ),
        quiet(
            "two providers, of the development and the production instance",
            &[
                NEXT,
                ENV,
                (
                    "convex/auth.config.ts",
                    "export default {\n  providers: [\n    { domain: \"https://clerk.example.com\", applicationID: \"convex\" },\n    { domain: \"@ISS\", applicationID: \"convex\" },\n  ],\n};\n",
                ),
            ],
            &[],
        ),
        quiet(
            "Auth0 beside Clerk",
            &[
                NEXT,
                ENV,
                (
                    "convex/auth.config.ts",
                    "export default {\n  providers: [\n    { domain: process.env.AUTH0_DOMAIN!, applicationID: process.env.AUTH0_CLIENT_ID! },\n    { domain: process.env.CLERK_ISSUER_URL!, applicationID: \"convex\" },\n  ],\n};\n",
                ),
            ],
            &[],
        ),
        quiet(
            "the domain of a production instance",
            &[
                NEXT,
                (
                    ".env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@LIVEPK\nCLERK_SECRET_KEY=@LIVESK\nCLERK_ISSUER_URL=https://clerk.example.com\nCONVEX_DEPLOYMENT=prod:happy-animal-123\n",
                ),
                CONFIG,
            ],
            &[],
        ),
        quiet(
            "a slash at the end",
            &[
                NEXT,
                (
                    ".env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@ISS/\n",
                ),
                CONFIG,
            ],
            &["issuer-forgiven"],
        ),
        quiet(
            "no scheme",
            &[
                NEXT,
                (
                    ".env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=cool-ocelot-25.clerk.accounts.dev\n",
                ),
                CONFIG,
            ],
            &["issuer-forgiven"],
        ),
        quiet(
            "a variable on the deployment only",
            &[
                NEXT,
                (
                    ".env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_SECRET_KEY=@SK\n",
                ),
                ("convex/auth.config.ts", DOCS_CONFIG),
            ],
            &["config-variable-unseen"],
        ),
        quiet(
            "no env file at all, as on a CI runner",
            &[NEXT, ("convex/auth.config.ts", DOCS_CONFIG)],
            &["config-variable-unseen"],
        ),
        quiet(
            "functions in src/convex",
            &[
                NEXT,
                ENV,
                (
                    "convex.json",
                    "{ \"$schema\": \"./node_modules/convex/schemas/convex.schema.json\", \"functions\": \"src/convex\" }",
                ),
                ("src/convex/auth.config.ts", CONFIG_TEXT),
            ],
            &[],
        ),
        quiet(
            "the issuer written out",
            &[
                NEXT,
                (".env.local", "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\n"),
                (
                    "convex/auth.config.ts",
                    "export default { providers: [{ domain: \"@ISS\", applicationID: \"convex\" }] };\n",
                ),
            ],
            &[],
        ),
        quiet(
            "the issuer in a module beside the config",
            &[
                NEXT,
                ENV,
                (
                    "convex/auth.config.ts",
                    "import { issuer } from \"./constants\";\nexport default { providers: [{ domain: issuer, applicationID: \"convex\" }] };\n",
                ),
                (
                    "convex/constants.ts",
                    "export const issuer = process.env.CLERK_ISSUER_URL!;\n",
                ),
            ],
            &[],
        ),
        quiet(
            "Convex without Clerk",
            &[
                (
                    "package.json",
                    r#"{"dependencies": {"next": "16.0.0", "convex": "1.45.0"}}"#,
                ),
                (
                    ".env.local",
                    "CONVEX_DEPLOYMENT=dev:happy-animal-123\nNEXT_PUBLIC_CONVEX_URL=https://happy-animal-123.convex.cloud\n",
                ),
                ("convex/schema.ts", "export default {};\n"),
                ("convex/tasks.ts", "export {};\n"),
            ],
            &[],
        ),
        quiet(
            "Convex Auth, without Clerk",
            &[
                (
                    "package.json",
                    r#"{"dependencies": {"next": "16.0.0", "convex": "1.45.0", "@convex-dev/auth": "0.0.90"}}"#,
                ),
                (
                    ".env.local",
                    "CONVEX_DEPLOYMENT=dev:happy-animal-123\nNEXT_PUBLIC_CONVEX_URL=https://happy-animal-123.convex.cloud\n",
                ),
                (
                    "convex/auth.config.ts",
                    "export default {\n  providers: [{ domain: process.env.CONVEX_SITE_URL, applicationID: \"convex\" }],\n};\n",
                ),
            ],
            &[],
        ),
        quiet(
            "Clerk without Convex",
            &[
                (
                    "package.json",
                    r#"{"dependencies": {"next": "16.0.0", "@clerk/nextjs": "7.0.0"}}"#,
                ),
                (
                    ".env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_SECRET_KEY=@SK\nNEXT_PUBLIC_CLERK_SIGN_IN_URL=${BASE_PATH}/sign-in\n",
                ),
            ],
            &[],
        ),
        quiet(
            "the auth.config.ts of NextAuth in the app's root",
            &[
                NEXT,
                ENV,
                CONFIG,
                (
                    "auth.config.ts",
                    "import type { NextAuthConfig } from \"next-auth\";\nexport default { providers: [], pages: { signIn: \"/login\" } } satisfies NextAuthConfig;\n",
                ),
            ],
            &[],
        ),
        quiet(
            "NextAuth with Convex, and no Clerk",
            &[
                (
                    "package.json",
                    r#"{"dependencies": {"next": "16.0.0", "convex": "1.45.0", "next-auth": "5.0.0"}}"#,
                ),
                (
                    ".env.local",
                    "AUTH_SECRET=abc\nCONVEX_DEPLOYMENT=dev:happy-animal-123\n",
                ),
                ("convex/schema.ts", "export default {};\n"),
                (
                    "src/auth.config.ts",
                    "import GitHub from \"next-auth/providers/github\";\nexport default { providers: [GitHub] };\n",
                ),
            ],
            &[],
        ),
        quiet(
            "lines of every kind in the env file",
            &[
                NEXT,
                CONFIG,
                (
                    ".env.local",
                    "\u{feff}# first\r\nexport NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=\"@PK\"\r\n\r\nCLERK_SECRET_KEY='@SK' # secret\r\nCLERK_ISSUER_URL = @ISS # Frontend API\r\nCONVEX_DEPLOYMENT=dev:happy-animal-123 # team: t, project: p\r\n",
                ),
            ],
            &[],
        ),
        quiet(
            "an example file with placeholders, and the keys of production in their own file",
            &[
                NEXT,
                ENV,
                CONFIG,
                (
                    ".env.example",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=pk_test_xxx\nCLERK_ISSUER_URL=https://verb-noun-00.clerk.accounts.dev\n",
                ),
                (
                    ".env.production",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@LIVEPK\nCLERK_ISSUER_URL=https://clerk.example.com\n",
                ),
            ],
            &[],
        ),
        quiet(
            "a keyless file that is left over, and a deployment on its own domain",
            &[
                NEXT,
                (
                    ".env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@ISS\nCONVEX_DEPLOYMENT=dev:happy-animal-123\nNEXT_PUBLIC_CONVEX_URL=https://api.example.com\n",
                ),
                CONFIG,
                (
                    ".clerk/.tmp/keyless.json",
                    "{\"publishableKey\": \"@OTHERPK\", \"secretKey\": \"@SK\"}",
                ),
            ],
            &[],
        ),
        quiet(
            "an issuer that is put together",
            &[
                NEXT,
                (
                    ".env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_SLUG=cool-ocelot-25\n",
                ),
                ("convex/auth.config.ts", SLUG_CONFIG),
            ],
            &[],
        ),
        quiet(
            "an issuer that is put together from what the deployment has",
            &[
                NEXT,
                (".env.local", "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\n"),
                ("convex/auth.config.ts", SLUG_CONFIG),
            ],
            &["config-variable-unseen"],
        ),
        quiet(
            "a host, and the scheme in the auth config",
            &[
                NEXT,
                (
                    ".env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=cool-ocelot-25.clerk.accounts.dev\n",
                ),
                (
                    "convex/auth.config.ts",
                    "export default { providers: [{ domain: `https://${process.env.CLERK_ISSUER_URL}`, applicationID: \"convex\" }] };\n",
                ),
            ],
            &[],
        ),
        quiet(
            "an issuer behind a proxy, which has a path",
            &[
                NEXT,
                (
                    ".env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@LIVEPK\nNEXT_PUBLIC_CLERK_PROXY_URL=https://app.example.com/__clerk\nCLERK_ISSUER_URL=https://app.example.com/__clerk\n",
                ),
                CONFIG,
            ],
            &["proxy-issuer"],
        ),
        // Nothing was checked, and a wrong folder must not look like a sound one.
        Case {
            exit: 3,
            ..quiet("an empty folder", &[("README.md", "# nothing\n")], &[])
        },
    ]
}

fn env_cases() -> Vec<Case> {
    let issuer = |name, text, rules: &'static [&'static str]| {
        broken(name, &[(".env.local", text)], rules, 1)
    };
    vec![
        issuer(
            "a reference to nothing",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=${NO_SUCH_NAME}\n",
            &["issuer-unset"],
        ),
        issuer(
            "an empty issuer",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=\n",
            &["issuer-unset"],
        ),
        broken(
            "nothing names an issuer",
            &[
                (".env.local", "CLERK_SECRET_KEY=@SK\n"),
                ("convex/auth.config.ts", ""),
                (
                    "package.json",
                    r#"{"dependencies": {"next": "16.0.0", "@clerk/nextjs": "7.0.0"}}"#,
                ),
                ("node_modules/convex/package.json", ""),
            ],
            &["issuer-unset"],
            1,
        ),
        issuer(
            "the value of the docs",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=https://verb-noun-00.clerk.accounts.dev\n",
            &["issuer-placeholder"],
        ),
        issuer(
            "the JWKS endpoint",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@ISS/.well-known/jwks.json\n",
            &["issuer-not-origin"],
        ),
        issuer(
            "a port",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@ISS:443\n",
            &["issuer-not-origin"],
        ),
        issuer(
            "the Account Portal",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=https://cool-ocelot-25.accounts.dev\n",
            &["issuer-wrong-host"],
        ),
        issuer(
            "the apex",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@LIVEPK\nCLERK_ISSUER_URL=https://example.com\n",
            &["issuer-wrong-host"],
        ),
        issuer(
            "the deployment",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=https://happy-animal-123.convex.cloud\n",
            &["issuer-wrong-host"],
        ),
        issuer(
            "a publishable key as issuer",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@PK\n",
            &["issuer-not-url"],
        ),
        issuer(
            "a secret key as issuer",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@SK\n",
            &["issuer-not-url"],
        ),
        issuer(
            "quotes within quotes",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL='\"@ISS\"'\n",
            &["issuer-stray-character"],
        ),
        issuer(
            "a quote that is not closed",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=\"@ISS\n",
            &["issuer-stray-character"],
        ),
        issuer(
            "http",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=http://cool-ocelot-25.clerk.accounts.dev\n",
            &["issuer-scheme"],
        ),
        issuer(
            "upper case",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=https://Cool-Ocelot-25.clerk.accounts.dev\n",
            &["issuer-host-case"],
        ),
        issuer(
            "two names",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@ISS\nCLERK_JWT_ISSUER_DOMAIN=@OTHER\n",
            &["issuer-names-conflict"],
        ),
        broken(
            "a hidden value",
            &[(".env", "CLERK_ISSUER_URL=@OTHER\n")],
            &["variable-shadowed"],
            0,
        ),
        broken(
            "a value that is hidden, of the file that Vite ranks higher",
            &[
                VITE,
                (
                    ".env.local",
                    "VITE_CLERK_PUBLISHABLE_KEY=@OTHERPK\nCLERK_ISSUER_URL=@ISS\n",
                ),
                (".env.development", "VITE_CLERK_PUBLISHABLE_KEY=@PK\n"),
            ],
            &["variable-shadowed"],
            0,
        ),
        broken(
            "a byte order mark, with Vite",
            &[
                VITE,
                (
                    ".env.local",
                    "\u{feff}VITE_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@ISS\n",
                ),
            ],
            &["env-dialect"],
            0,
        ),
        broken(
            "a reference, which the Convex CLI does not expand",
            &[(
                ".env.local",
                "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@ISS\nSLUG=happy-animal-123\nNEXT_PUBLIC_CONVEX_URL=https://${SLUG}.convex.cloud\n",
            )],
            &["env-dialect"],
            0,
        ),
        broken(
            "a comment without a blank, and a Rust server",
            &[
                (
                    ".env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@ISS#dev\n",
                ),
                ("Cargo.toml", "[package]\n"),
            ],
            &["env-dialect"],
            0,
        ),
        broken(
            "the same without one",
            &[(
                ".env.local",
                "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@ISS#dev\n",
            )],
            &[],
            0,
        ),
        issuer(
            "a malformed publishable key",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=pk_test_abc\nCLERK_ISSUER_URL=@ISS\n",
            &["publishable-key-malformed"],
        ),
        issuer(
            "another instance's publishable key",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@OTHERPK\nCLERK_ISSUER_URL=@ISS\n",
            &["instance-mismatch"],
        ),
        issuer(
            "a production key and a development issuer",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@LIVEPK\nCLERK_ISSUER_URL=@ISS\nCONVEX_DEPLOYMENT=prod:happy-animal-123\n",
            &["environments-mixed"],
        ),
        issuer(
            "the same on a development deployment",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@LIVEPK\nCLERK_ISSUER_URL=@ISS\nCONVEX_DEPLOYMENT=dev:happy-animal-123\n",
            &["environments-mixed"],
        ),
        issuer(
            "keys of two kinds",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_SECRET_KEY=@LIVESK\nCLERK_ISSUER_URL=@ISS\n",
            &["environments-mixed"],
        ),
        issuer(
            "a secret under a public name",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nNEXT_PUBLIC_CLERK_SECRET_KEY=@SK\nCLERK_ISSUER_URL=@ISS\n",
            &["secret-exposed"],
        ),
        issuer(
            "a secret as publishable key",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@SK\nCLERK_ISSUER_URL=@ISS\n",
            &["secret-exposed"],
        ),
        broken(
            "production keys on a development deployment",
            &[(
                ".env.local",
                "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@LIVEPK\nCLERK_SECRET_KEY=@LIVESK\nCLERK_ISSUER_URL=https://clerk.example.com\nCONVEX_DEPLOYMENT=dev:happy-animal-123\n",
            )],
            &["production-keys-local"],
            0,
        ),
        broken(
            "a keyless instance",
            &[
                (".env.local", "CLERK_ISSUER_URL=@ISS\n"),
                (
                    ".clerk/.tmp/keyless.json",
                    "{\"publishableKey\": \"@OTHERPK\", \"secretKey\": \"@SK\"}",
                ),
            ],
            &["keyless-instance"],
            0,
        ),
        broken(
            "a proxy",
            &[(
                ".env.local",
                "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@ISS\nNEXT_PUBLIC_CLERK_PROXY_URL=https://app.example.com/__clerk\n",
            )],
            &["proxy-issuer"],
            0,
        ),
    ]
}

#[test]
fn an_auth_config_in_utf16_is_refused_as_convex_refuses_it() {
    let folder = project(&[NEXT, CONVEX, ENV, CONFIG]);
    let text = filled(CONFIG.1);
    let le = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    let be = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect::<Vec<u8>>()
    };
    let marked = format!("\u{feff}{text}");
    for (bytes, expected) in [
        (marked.as_bytes().to_vec(), &[][..]),
        (le(&marked), &["auth-config-export"][..]),
        (be(&marked), &["auth-config-export"][..]),
        (le(&text), &["auth-config-export"][..]),
    ] {
        write(folder.path(), CONFIG.0, &bytes);
        let report = report(folder.path(), &[]);
        assert_eq!(rules(&report), expected, "{report:#}");
        assert_eq!(report["exit"], json!(i32::from(!expected.is_empty())));
    }
}

fn config_cases() -> Vec<Case> {
    let config = |name, text, rules: &'static [&'static str], exit| {
        broken(name, &[("convex/auth.config.ts", text)], rules, exit)
    };
    vec![
        broken(
            "no auth config",
            &[
                ("convex/auth.config.ts", ""),
                ("convex/schema.ts", "export default {};\n"),
            ],
            &["auth-config-missing"],
            1,
        ),
        broken(
            "auth.config.tsx",
            &[
                ("convex/auth.config.ts", ""),
                ("convex/auth.config.tsx", CONFIG_TEXT),
            ],
            &["auth-config-ignored"],
            1,
        ),
        broken(
            "authConfig.ts",
            &[
                ("convex/auth.config.ts", ""),
                ("convex/schema.ts", ""),
                ("convex/tasks.ts", "export {};\n"),
                ("convex/authConfig.ts", CONFIG_TEXT),
            ],
            &["auth-config-ignored"],
            1,
        ),
        broken(
            "src/convex that convex.json does not name",
            &[
                ("convex/auth.config.ts", ""),
                ("convex/tasks.ts", "export {};\n"),
                ("src/convex/auth.config.ts", CONFIG_TEXT),
            ],
            &["auth-config-ignored"],
            1,
        ),
        broken(
            "an auth config beside package.json",
            &[
                ("convex/auth.config.ts", ""),
                ("convex/tasks.ts", "export {};\n"),
                ("auth.config.ts", CONFIG_TEXT),
            ],
            &["auth-config-ignored"],
            1,
        ),
        broken(
            "two auth configs",
            &[("convex/auth.config.js", CONFIG_TEXT)],
            &["auth-config-duplicate"],
            1,
        ),
        config(
            "no default export",
            "export const config = { providers: [] };\n",
            &["auth-config-export"],
            1,
        ),
        config(
            "a named list",
            "export default { provider: [{ domain: process.env.CLERK_ISSUER_URL, applicationID: \"convex\" }] };\n",
            &["auth-config-export"],
            1,
        ),
        config(
            "no JavaScript",
            "export default { providers: [ };\n",
            &["auth-config-export"],
            1,
        ),
        config(
            "providers of a package",
            "import { make } from \"some-package\";\nexport default { providers: [make()] };\n",
            &["auth-config-opaque"],
            0,
        ),
        config(
            "no applicationID",
            "export default { providers: [{ domain: process.env.CLERK_ISSUER_URL }] };\n",
            &["provider-shape"],
            1,
        ),
        config(
            "an unknown type",
            "export default { providers: [{ type: \"clerk\", domain: process.env.CLERK_ISSUER_URL, applicationID: \"convex\" }] };\n",
            &["provider-shape"],
            1,
        ),
        config(
            "applicationId",
            "export default { providers: [{ domain: process.env.CLERK_ISSUER_URL, applicationId: \"convex\" }] };\n",
            &["application-id-spelling"],
            1,
        ),
        config(
            "no providers",
            "export default { providers: [] };\n",
            &["provider-absent"],
            1,
        ),
        config(
            "only another provider",
            "export default { providers: [{ domain: \"https://tenant.auth0.com\", applicationID: \"x\" }] };\n",
            &["provider-absent"],
            1,
        ),
        config(
            "the issuer of another instance, written out",
            "export default { providers: [{ domain: \"@OTHER\", applicationID: \"convex\" }] };\n",
            &["instance-mismatch"],
            1,
        ),
        config(
            "a fallback",
            "export default { providers: [{ domain: process.env.CLERK_ISSUER_URL ?? \"@ISS\", applicationID: \"convex\" }] };\n",
            &["fallback-dead"],
            0,
        ),
        config(
            "NODE_ENV on a development deployment",
            "export default { providers: [{ domain: process.env.NODE_ENV === \"production\" ? process.env.CLERK_ISSUER_URL : \"@ISS\", applicationID: \"convex\" }] };\n",
            &["node-env-branch"],
            1,
        ),
        broken(
            "NODE_ENV on a deployment that is not known",
            &[
                (
                    ".env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@ISS\n",
                ),
                (
                    "convex/auth.config.ts",
                    "export default { providers: [{ domain: process.env.NODE_ENV === \"production\" ? process.env.CLERK_ISSUER_URL : \"@ISS\", applicationID: \"convex\" }] };\n",
                ),
            ],
            &["node-env-branch"],
            0,
        ),
        config(
            "two schemes",
            "export default { providers: [{ domain: `https://${process.env.CLERK_ISSUER_URL}`, applicationID: \"convex\" }] };\n",
            &["scheme-doubled"],
            1,
        ),
        config(
            "a host that is put together wrongly",
            "const slug = process.env.CLERK_ISSUER_URL;\nexport default { providers: [{ domain: `${slug}/v1`, applicationID: \"convex\" }] };\n",
            &["issuer-not-origin"],
            1,
        ),
        config(
            "another name",
            DOCS_CONFIG,
            &["config-variable-other-name"],
            0,
        ),
        broken(
            "the prefix of a framework",
            &[
                (
                    ".env.local",
                    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_FRONTEND_API_URL=@ISS\n",
                ),
                (
                    "convex/auth.config.ts",
                    "export default { providers: [{ domain: process.env.NEXT_PUBLIC_CLERK_FRONTEND_API_URL, applicationID: \"convex\" }] };\n",
                ),
            ],
            &["config-variable-other-name"],
            0,
        ),
        broken(
            "another module's variable",
            &[
                (
                    "convex/auth.config.ts",
                    "import { key } from \"./stripe\";\nvoid key;\nexport default { providers: [{ domain: process.env.CLERK_ISSUER_URL, applicationID: \"convex\" }] };\n",
                ),
                (
                    "convex/stripe.ts",
                    "export const key = process.env.STRIPE_SECRET_KEY;\n",
                ),
            ],
            &["imported-variable"],
            0,
        ),
        config(
            "the console",
            "console.log(\"here\");\nexport default { providers: [{ domain: process.env.CLERK_ISSUER_URL, applicationID: \"convex\" }] };\n",
            &[],
            0,
        ),
        config(
            "the clock",
            "void Date.now();\nexport default { providers: [{ domain: process.env.CLERK_ISSUER_URL, applicationID: \"convex\" }] };\n",
            &["config-side-effect"],
            1,
        ),
        config(
            "Vite's variables",
            "export default { providers: [{ domain: import.meta.env.VITE_CLERK_ISSUER, applicationID: \"convex\" }] };\n",
            &["config-side-effect"],
            1,
        ),
        config(
            "Vite's variables behind one of the deployment",
            "export default { providers: [{ domain: process.env.CLERK_ISSUER_URL ?? import.meta.env.VITE_CLERK_ISSUER, applicationID: \"convex\" }] };\n",
            &["fallback-dead"],
            0,
        ),
        broken(
            "authInfo in convex.json",
            &[(
                "convex.json",
                "{\n  \"authInfo\": [{ \"domain\": \"@ISS\", \"applicationID\": \"convex\" }]\n}\n",
            )],
            &["convex-json-auth-info"],
            1,
        ),
        broken(
            "authProviders in convex.json, and no auth config",
            &[
                ("convex/auth.config.ts", ""),
                ("convex/tasks.ts", "export {};\n"),
                ("convex.json", "{ \"authProviders\": [\"clerk\"] }"),
            ],
            &["convex-json-auth-info"],
            1,
        ),
        config(
            "customJwt without applicationID",
            "export default {\n  providers: [\n    {\n      type: \"customJwt\",\n      issuer: process.env.CLERK_ISSUER_URL!,\n      jwks: `${process.env.CLERK_ISSUER_URL}/.well-known/jwks.json`,\n      algorithm: \"RS256\",\n    },\n  ],\n};\n",
            &["audience-unchecked"],
            0,
        ),
    ]
}

fn version_cases() -> Vec<Case> {
    vec![
        broken(
            "convex 1.33.0",
            &[(
                "node_modules/convex/package.json",
                r#"{"version": "1.33.0"}"#,
            )],
            &["convex-ignores-template"],
            1,
        ),
        broken(
            "convex 1.40.0",
            &[(
                "node_modules/convex/package.json",
                r#"{"version": "1.40.0"}"#,
            )],
            &["convex-stale-callback"],
            0,
        ),
        broken(
            "convex 1.32.0, with a template",
            &[(
                "node_modules/convex/package.json",
                r#"{"version": "1.32.0"}"#,
            )],
            &[],
            0,
        ),
        broken(
            "convex 1.33.0 in a lock file",
            &[
                ("node_modules/convex/package.json", ""),
                (
                    "package-lock.json",
                    "{\n  \"lockfileVersion\": 3,\n  \"packages\": {\n    \"node_modules/convex\": {\n      \"version\": \"1.33.0\"\n    }\n  }\n}\n",
                ),
            ],
            &["convex-ignores-template"],
            1,
        ),
        broken(
            "what runs, not what the lock file says",
            &[(
                "package-lock.json",
                "{\n  \"lockfileVersion\": 3,\n  \"packages\": {\n    \"node_modules/convex\": {\n      \"version\": \"1.33.0\"\n    }\n  }\n}\n",
            )],
            &[],
            0,
        ),
    ]
}

#[test]
fn healthy_projects_are_silent() {
    let cases = healthy();
    assert!(cases.len() >= 12);
    hold(&cases);
}

#[test]
fn values_that_are_wrong() {
    hold(&env_cases());
}

#[test]
fn auth_configs_that_are_wrong() {
    hold(&config_cases());
}

#[test]
fn versions_that_are_wrong() {
    hold(&version_cases());
}

/// Every rule of the three topics, save those that need a token, is in the tables.
#[test]
fn every_rule_has_a_project() {
    let all = [healthy(), env_cases(), config_cases(), version_cases()];
    let seen: HashSet<&str> = all
        .iter()
        .flatten()
        .flat_map(|case| case.rules.iter().copied())
        .collect();
    assert!(all.iter().flatten().count() >= 40);
    let missing: Vec<&str> = clerkcheck::rules::all()
        .filter(|(topic, _)| ["env", "config", "versions"].contains(topic))
        .map(|(_, rule)| rule.name)
        .filter(|name| !seen.contains(name))
        .collect();
    assert_eq!(
        missing,
        [
            "secret-key-mismatch",
            "convex-before-integration",
            "clerk-rejects-template"
        ]
    );
}

/// What is written out in the auth config is judged as a variable's value is.
#[test]
fn a_project_without_sign_in_is_no_sound_configuration() {
    let case = |files: &[(&'static str, &'static str)], exit| Case {
        name: "without sign-in",
        files: files.to_vec(),
        args: &[],
        rules: &[],
        exit,
    };
    let package = ("package.json", r#"{"dependencies": {"convex": "^1.45.0"}}"#);
    let functions = ("convex/schema.ts", "export default {};\n");
    let own = "export default { providers: [{ domain: process.env.CONVEX_SITE_URL, applicationID: \"convex\" }] };\n";
    hold(&[
        case(&[package, functions], 3),
        case(&[package, ("convex/auth.config.ts", own)], 0),
    ]);
    let folder = project(&[package, functions]);
    let text = String::from_utf8(env(folder.path(), &[]).stdout).unwrap();
    assert!(
        text.starts_with("Nothing to check: no auth config"),
        "{text}"
    );
    assert!(text.contains("3 skipped. Exit 3."), "{text}");
}

#[test]
fn issuers_written_out() {
    let config = |text: &str| {
        format!(
            "export default {{\n  providers: [\n    {{ domain: \"{text}\", applicationID: \"convex\" }},\n  ],\n}};\n"
        )
    };
    for (domain, expected) in [
        ("@ISS", None),
        ("@ISS/", None),
        ("cool-ocelot-25.clerk.accounts.dev", None),
        ("@ISS/.well-known/jwks.json", Some("issuer-not-origin")),
        (
            "http://cool-ocelot-25.clerk.accounts.dev",
            Some("issuer-scheme"),
        ),
        (
            "https://your-issuer-url.clerk.accounts.dev/",
            Some("issuer-placeholder"),
        ),
        ("<your issuer>", Some("issuer-placeholder")),
        (
            "https://cool-ocelot-25.accounts.dev",
            Some("issuer-wrong-host"),
        ),
        (
            "https://https://cool-ocelot-25.clerk.accounts.dev",
            Some("issuer-not-url"),
        ),
        (" @ISS", Some("issuer-stray-character")),
        (
            "https://Cool-Ocelot-25.clerk.accounts.dev",
            Some("issuer-host-case"),
        ),
        ("@PK", Some("issuer-not-url")),
    ] {
        let folder = project(&[
            NEXT,
            CONVEX,
            (".env.local", "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\n"),
        ]);
        write(
            folder.path(),
            "convex/auth.config.ts",
            filled(&config(domain)).as_bytes(),
        );
        let report = report(folder.path(), &[]);
        assert_eq!(rules(&report), Vec::from_iter(expected), "{domain}");
        if expected.is_some() {
            let finding = &report["findings"][0];
            assert_eq!(
                finding["place"]["file"], "convex/auth.config.ts",
                "{domain}"
            );
            assert_eq!(finding["place"]["line"], 3, "{domain}");
            let line = filled("domain: \"@ISS\",");
            assert_eq!(finding["fix"]["commands"][0], json!(line), "{domain}");
        }
    }
    // The issuer of another provider may have a path.
    let folder = project(&[NEXT, ENV]);
    let text = "export default { providers: [{ domain: process.env.CLERK_ISSUER_URL!, applicationID: \"convex\" },\n\
                { domain: \"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc\", applicationID: \"x\" }] };\n";
    write(folder.path(), "convex/auth.config.ts", text.as_bytes());
    assert_eq!(rules(&report(folder.path(), &[])), [""; 0]);
}

const MONOREPO: [(&str, &str); 7] = [
    (
        "package.json",
        r#"{"private": true, "workspaces": ["apps/*", "packages/*"]}"#,
    ),
    (
        "apps/web/package.json",
        r#"{"dependencies": {"next": "16.0.0", "convex": "1.45.0", "@clerk/nextjs": "7.0.0"}}"#,
    ),
    (
        "apps/web/.env.local",
        "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@OTHERPK\n",
    ),
    ("apps/web/src/app/page.tsx", "export {};\n"),
    (
        "packages/backend/package.json",
        r#"{"dependencies": {"convex": "1.45.0"}}"#,
    ),
    ("packages/backend/.env.local", "CLERK_ISSUER_URL=@ISS\n"),
    ("packages/backend/convex/auth.config.ts", CONFIG_TEXT),
];

#[test]
fn any_folder_inside_will_do() {
    let folder = project(&MONOREPO);
    for start in [
        "",
        "apps/web",
        "apps/web/src/app",
        "packages/backend",
        "packages/backend/convex",
    ] {
        let inner = folder.path().join(start);
        let output = support::clerkcheck()
            .current_dir(&inner)
            .args(["env", "--offline", "--format", "json"])
            .output()
            .unwrap();
        let report: Value = support::json_report(&output.stdout);
        assert_eq!(rules(&report), ["instance-mismatch"], "{start}");
        let place = &report["findings"][0]["place"];
        assert_eq!(place["file"], "apps/web/.env.local", "{start}");
        assert_eq!(
            report["configuration"]["providers"][0]["file"],
            "packages/backend/convex/auth.config.ts"
        );
    }
}

#[test]
fn every_app_of_a_monorepo_is_seen() {
    let mut files = MONOREPO.to_vec();
    files.retain(|(path, _)| *path != "apps/web/.env.local");
    files.extend([
        (
            "apps/web/.env.local",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nNEXT_PUBLIC_CLERK_SECRET_KEY=@SK\n",
        ),
        (
            "apps/admin/package.json",
            r#"{"dependencies": {"vite": "8.0.0", "convex": "1.45.0"}}"#,
        ),
        (
            "apps/admin/.env",
            "VITE_CLERK_PUBLISHABLE_KEY=pk_test_abc\n",
        ),
        // An app may be called like a folder that others fill.
        (
            "apps/vendor/package.json",
            r#"{"dependencies": {"vite": "8.0.0"}}"#,
        ),
        (
            "apps/vendor/.env",
            "VITE_CLERK_PUBLISHABLE_KEY=pk_test_abc\n",
        ),
        ("vendor/.env", "VITE_CLERK_PUBLISHABLE_KEY=pk_test_abc\n"),
        (
            "packages/second/package.json",
            r#"{"dependencies": {"convex": "1.45.0"}}"#,
        ),
        (
            "packages/second/convex/auth.config.ts",
            "export default { providers: [{ domain: \"@ISS\", applicationId: \"convex\" }] };\n",
        ),
    ]);
    let folder = project(&files);
    let report = report(folder.path(), &[]);
    let mut found: Vec<(&str, &str)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            (
                finding["rule"].as_str().unwrap(),
                finding["place"]["file"].as_str().unwrap(),
            )
        })
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            (
                "application-id-spelling",
                "packages/second/convex/auth.config.ts"
            ),
            ("publishable-key-malformed", "apps/admin/.env"),
            ("publishable-key-malformed", "apps/vendor/.env"),
            ("secret-exposed", "apps/web/.env.local"),
        ]
    );
}

#[test]
fn an_example_beside_a_workspace_is_a_project_of_its_own() {
    let mut files = MONOREPO.to_vec();
    files.extend([
        (
            "examples/demo/package.json",
            r#"{"dependencies": {"convex": "1.45.0"}}"#,
        ),
        (
            "examples/demo/convex/auth.config.ts",
            "export default { providers: [{ domain: \"https://your-issuer-url.clerk.accounts.dev\", applicationID: \"convex\" }] };\n",
        ),
    ]);
    let folder = project(&files);
    let at_root = report(folder.path(), &[]);
    assert!(
        !rules(&at_root).contains(&"issuer-placeholder"),
        "{at_root}"
    );
    let inside = report(&folder.path().join("examples/demo"), &[]);
    assert!(rules(&inside).contains(&"issuer-placeholder"), "{inside}");
}

#[test]
fn the_odd_key_of_two_apps_is_corrected() {
    let mut files = MONOREPO.to_vec();
    files.extend([
        (
            "apps/native/package.json",
            r#"{"dependencies": {"expo": "54.0.0", "convex": "1.45.0"}}"#,
        ),
        (
            "apps/native/.env",
            "EXPO_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\n",
        ),
    ]);
    let folder = project(&files);
    let report = report(folder.path(), &[]);
    let finding = &report["findings"][0];
    assert_eq!(finding["rule"], "instance-mismatch");
    let fix = finding["fix"].to_string();
    assert!(
        fix.contains("apps/web/.env.local:1") && !fix.contains("npx convex env set"),
        "{fix}"
    );
}

#[test]
fn verbose_lists_what_was_read() {
    let folder = project(&[
        NEXT,
        CONVEX,
        ENV,
        (".env", "CLERK_ISSUER_URL=@ISS/\nLOGIN_HOST=x\n"),
        (
            "convex/auth.config.ts",
            "import { issuer } from \"./constants\";\nvoid process.env.LOGIN_HOST;\nexport default { providers: [{ domain: issuer, applicationID: \"convex\" }] };\n",
        ),
        (
            "convex/constants.ts",
            "export const issuer = process.env.CLERK_ISSUER_URL!;\n",
        ),
        ("convex.json", "{}"),
    ]);
    let output = support::clerkcheck()
        .args(["env", "--offline", "-v", "--project"])
        .arg(folder.path())
        .env("CLERK_SECRET_KEY", filled("@SK"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "file      .env",
        "file      .env.local",
        "file      convex.json",
        "file      convex/auth.config.ts",
        "file      convex/constants.ts",
        "CLERK_ISSUER_URL in .env.local:3, hides .env:1",
        "CLERK_SECRET_KEY in the process environment, hides .env.local:2",
        "LOGIN_HOST in .env:2",
        "convex 1.45.0 (node_modules/convex/package.json)",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("Healthy"), "{text}");
}

#[test]
fn the_process_environment_beats_the_files() {
    let folder = project(&[NEXT, CONVEX, ENV, CONFIG]);
    let ask = |name: &str, value: &str| -> Value {
        let output = support::clerkcheck()
            .args(["env", "--offline", "--format", "json", "--project"])
            .arg(folder.path())
            .env(name, filled(value))
            .output()
            .unwrap();
        support::json_report(&output.stdout)
    };
    assert_eq!(rules(&ask("CLERK_ISSUER_URL", "@ISS")), [""; 0]);
    let other = ask("CLERK_ISSUER_URL", "@OTHER");
    assert_eq!(rules(&other), ["instance-mismatch", "variable-shadowed"]);
    assert_eq!(
        other["configuration"]["issuer_variable"]["source"],
        "the process environment"
    );
    assert_eq!(rules(&ask("CLERK_ISSUER_URL", "")), ["issuer-unset"]);
}

#[test]
fn options_replace_what_is_found() {
    let folder = project(&[
        NEXT,
        CONVEX,
        ENV,
        CONFIG,
        (
            "other.env",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@OTHERPK\nCLERK_ISSUER_URL=@ISS\n",
        ),
        (
            "elsewhere/config.ts",
            "export default { providers: [{ domain: \"@OTHER\", applicationID: \"convex\" }] };\n",
        ),
    ]);
    let at = |path: &str| folder.path().join(path).to_str().unwrap().to_owned();
    let other = report(folder.path(), &["--env-file", &at("other.env")]);
    assert_eq!(rules(&other), ["instance-mismatch"]);
    assert_eq!(other["findings"][0]["place"]["file"], "other.env");
    let both = report(
        folder.path(),
        &[
            "--env-file",
            &at(".env.local"),
            "--env-file",
            &at("other.env"),
        ],
    );
    assert_eq!(rules(&both), ["variable-shadowed"]);
    let config = report(
        folder.path(),
        &["--auth-config", &at("elsewhere/config.ts")],
    );
    assert_eq!(rules(&config), ["instance-mismatch"]);
    let issuer = report(
        folder.path(),
        &["--issuer", "https://brave-lemur-7.clerk.accounts.dev"],
    );
    assert_eq!(rules(&issuer), ["instance-mismatch"]);
    for args in [
        ["--env-file", "no-such-file"],
        ["--auth-config", "no-such-file"],
    ] {
        let output = env(folder.path(), &args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-file"));
    }
}

#[test]
fn severities_that_count() {
    let unseen = project(&[NEXT, ("convex/auth.config.ts", DOCS_CONFIG)]);
    let shadowed = project(&[
        NEXT,
        CONVEX,
        ENV,
        CONFIG,
        (".env", "CLERK_ISSUER_URL=@OTHER\n"),
    ]);
    let forgiven = project(&[NEXT, CONFIG, (".env.local", "CLERK_ISSUER_URL=@ISS/\n")]);
    for (folder, args, severity, exit) in [
        (&unseen, &[][..], "info", 0),
        (&unseen, &["--fail-on", "info"], "info", 1),
        (&unseen, &["--strict"], "error", 1),
        (&shadowed, &[], "warning", 0),
        (&shadowed, &["--fail-on", "warning"], "warning", 1),
        (&shadowed, &["--strict"], "error", 1),
        (&forgiven, &["--strict"], "info", 0),
        (&forgiven, &["--fail-on", "warning"], "info", 0),
    ] {
        let report = report(folder.path(), args);
        assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{args:?}");
        assert_eq!(report["findings"][0]["severity"], severity, "{args:?}");
        assert_eq!(report["exit"], exit, "{args:?}");
        assert_eq!(
            env(folder.path(), args).status.code(),
            Some(exit),
            "{args:?}"
        );
    }
    let ignored = report(
        shadowed.path(),
        &["--strict", "--ignore", "variable-shadowed"],
    );
    assert_eq!((rules(&ignored).len(), &ignored["exit"]), (0, &json!(0)));
    let selected = report(shadowed.path(), &["--strict", "--select", "config"]);
    assert_eq!((rules(&selected).len(), &selected["exit"]), (0, &json!(0)));
}

#[test]
fn annotations_name_file_and_line() {
    let folder = project(&[
        NEXT,
        (
            ".env.local",
            "# keys\nNEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=\"@ISS/v1\"\n",
        ),
        (
            "convex/auth.config.ts",
            "export default {\n  providers: [\n    { domain: process.env.CLERK_ISSUER_URL ?? \"\", applicationID: \"convex\" },\n  ],\n};\n",
        ),
    ]);
    let output = env(folder.path(), &["--format", "github"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text
        .lines()
        .take_while(|line| !line.starts_with("::group::"))
        .collect();
    let starts = [
        "::error file=.env.local,line=3,col=19,endColumn=63,title=issuer-not-origin%3A the issuer has more in it than a scheme and a host::CLERK_ISSUER_URL in .env.local:3 has a path behind the host. ",
        "::warning file=convex/auth.config.ts,line=3,col=15,endColumn=49,title=fallback-dead%3A a fallback in the auth config can never serve::it falls back from CLERK_ISSUER_URL",
    ];
    assert_eq!(lines.len(), starts.len(), "{text}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}\n{start}");
    }
    assert!(text.ends_with("::endgroup::\n"), "{text}");
    // Paths count from the repository, not from the project.
    let folder = project(&[
        ("web/package.json", NEXT.1),
        ("web/.env.local", "CLERK_ISSUER_URL=\n"),
    ]);
    let output = env(&folder.path().join("web"), &["--format", "github"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with("::error file=web/.env.local,line=1,"),
        "{text}"
    );
}

#[test]
fn corrections_are_lines_and_commands() {
    let folder = project(&[
        NEXT,
        CONFIG,
        (
            ".env.local",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@ISS/.well-known/jwks.json\n",
        ),
    ]);
    let report = report(folder.path(), &[]);
    let finding = &report["findings"][0];
    assert_eq!(
        finding["place"],
        json!({"file": ".env.local", "line": 2, "column": 18})
    );
    assert_eq!(
        finding["fix"]["commands"],
        json!([
            filled("CLERK_ISSUER_URL=@ISS"),
            filled("npx convex env set CLERK_ISSUER_URL @ISS")
        ])
    );
}

#[test]
fn the_deployments_own_value_is_mentioned_once() {
    let command = "npx convex env get CLERK_ISSUER_URL";
    for (files, count) in [
        (&[NEXT, CONVEX, ENV, CONFIG][..], 1),
        (&[NEXT, CONVEX, CONFIG], 1),
        (&[NEXT, ENV], 0),
    ] {
        let folder = project(files);
        let output = env(folder.path(), &[]);
        let text = String::from_utf8(output.stdout).unwrap();
        // Long lines are wrapped.
        let words: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(words.join(" ").matches(command).count(), count, "{text}");
    }
}

#[test]
fn files_of_every_encoding() {
    let text = filled("NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=@PK\nCLERK_ISSUER_URL=@ISS\n");
    let wide = |order: fn(u16) -> [u8; 2], mark: [u8; 2]| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(order);
        mark.into_iter().chain(units).collect()
    };
    for (bytes, expected) in [
        (text.replace('\n', "\r\n").into_bytes(), None),
        (text.replace('\n', "\r").into_bytes(), None),
        ([b"\xef\xbb\xbf", text.as_bytes()].concat(), None),
        (wide(u16::to_le_bytes, [0xff, 0xfe]), Some("env-dialect")),
        (wide(u16::to_be_bytes, [0xfe, 0xff]), Some("env-dialect")),
        ([text.as_bytes(), b"NAME=\xff\xfe\n"].concat(), None),
        (Vec::new(), None),
    ] {
        let folder = project(&[NEXT, CONVEX, CONFIG]);
        write(folder.path(), ".env.local", &bytes);
        let report = report(folder.path(), &["--ignore", "config-variable-unseen"]);
        assert_eq!(rules(&report), Vec::from_iter(expected), "{bytes:?}");
        assert_eq!(report["exit"], i32::from(expected.is_some()), "{bytes:?}");
    }
}

/// The two rules about versions that a token is needed for.
#[test]
fn versions_and_tokens() {
    use support::tokens::{clerk_header, healthy_claims, signer};
    let now = 1_767_225_630;
    for (category, package, version, rule) in [
        (
            "cl_B7d4PD111AAA",
            "convex",
            "1.32.0",
            "convex-before-integration",
        ),
        (
            "cl_B7d4PD222AAA",
            "@clerk/backend",
            "3.16.9",
            "clerk-rejects-template",
        ),
    ] {
        let folder = project(&[NEXT, ENV, CONFIG]);
        let installed = format!("{{\"version\": \"{version}\"}}");
        write(
            folder.path(),
            &format!("node_modules/{package}/package.json"),
            installed.as_bytes(),
        );
        let mut header = clerk_header("ins_2v", now);
        header["cat"] = json!(category);
        let token = signer().mint(&header, &healthy_claims(&filled("@ISS"), now));
        write(folder.path(), "token.txt", token.as_bytes());
        write(
            folder.path(),
            "jwks.json",
            signer().jwks_json("ins_2v").as_bytes(),
        );
        let output = support::clerkcheck()
            .current_dir(folder.path())
            .args([
                "check",
                "token.txt",
                "--jwks",
                "jwks.json",
                "--format",
                "json",
                "--at",
            ])
            .arg(now.to_string())
            .output()
            .unwrap();
        let report: Value = support::json_report(&output.stdout);
        assert_eq!(rules(&report), [rule]);
        assert_eq!(report["verdict"]["convex"]["outcome"], "accepted");
    }
}
