//! What a rule, a row of the troubleshooting table or an error line means: pages for people, offline.

use crate::rule::{Row, Rule, Step};

/// A row of the troubleshooting table, in our own words.
#[derive(Debug)]
pub struct Trouble {
    /// Its name.
    pub row: Row,
    /// What people see.
    pub problem: &'static str,
    /// What to do.
    pub solution: &'static str,
    /// In which words the page says it: its headings, rows and fields.
    pub said: &'static [&'static str],
}

/// The table: the page's three rows first, then what else the page asks for.
pub const TABLE: [Trouble; 10] = [
    Trouble {
        row: Row::Unauthorized,
        problem: "Convex shows \"Unauthorized\"",
        solution: "The token's issuer must equal the issuer that Convex trusts. Set CLERK_ISSUER_URL (or the name that \
                   convex/auth.config.ts reads) on the Convex deployment to exactly the Issuer of your Clerk instance, and check that \
                   the token's `aud` equals the `applicationID`.",
        said: &[
            "Unauthorized",
            "Convex shows Unauthorized",
            "Unauthenticated",
            "Clerk Configuration",
        ],
    },
    Trouble {
        row: Row::UserNotAppearing,
        problem: "The user does not appear in the Convex users table",
        solution: "The app sends another token than the one Convex wants. Ask for the template by name, \
                   getToken({ template: \"convex\" }), or activate Clerk's Convex integration, so that the token carries `aud` `convex`.",
        said: &[
            "User not appearing in Convex users table",
            "Why a JWT Template?",
            "Explicitly specify the desired JWT template",
            "user not appearing",
            "users table",
        ],
    },
    Trouble {
        row: Row::ExpiresTooQuickly,
        problem: "The token expires too quickly",
        solution: "Clerk's tokens live 60 seconds, and the Convex client renews them by itself: hand it a function, not a token. For \
                   scripts and background jobs raise Token lifetime in the JWT template.",
        said: &[
            "Token expires too quickly",
            "Increase the Token lifetime",
            "expires too quickly",
        ],
    },
    Trouble {
        row: Row::AuthConfig,
        problem: "convex/auth.config.js",
        solution: "It must export a provider with `domain: process.env.CLERK_ISSUER_URL` and `applicationID: \"convex\"`, and be pushed \
                   with `npx convex dev` or `npx convex deploy`.",
        said: &[
            "Auth Config",
            "convex/auth.config.js",
            "convex/auth.config.ts",
            "auth.config.js",
            "auth.config.ts",
            "Convex is configured to accept JWTs from Clerk",
        ],
    },
    Trouble {
        row: Row::TemplateFields,
        problem: "The fields of the JWT template",
        solution: "Name `convex`; Token lifetime 60 seconds; Allowed clock skew 5 seconds; Issuer and JWKS Endpoint as Clerk shows them; \
                   Custom signing key off.",
        said: &[
            "Clerk JWT Template Setup",
            "Step 1: Create a New JWT Template",
            "Create a New JWT Template",
            "Step 2: Configure Basic Information",
            "Configure Basic Information",
            "Name",
            "Token lifetime",
            "Allowed clock skew",
            "Issuer",
            "JWKS Endpoint",
            "Custom signing key",
        ],
    },
    Trouble {
        row: Row::CustomClaims,
        problem: "The template's claims",
        solution: "They need { \"aud\": \"convex\" }: without it no provider of Convex matches the token.",
        said: &[
            "Step 3: Add Custom Claims",
            "Add Custom Claims",
            "Customize session token",
            "aud claim is required",
            "aud",
        ],
    },
    Trouble {
        row: Row::Preview,
        problem: "A preview of the template",
        solution: "Paste the claims, or the template's JSON, into `clerkcheck check`: issuer, audience and lifetime are judged; there is \
                   no signature to check.",
        said: &[
            "Step 4: Verify the Template",
            "Verify the Template",
            "Preview",
        ],
    },
    Trouble {
        row: Row::Environment,
        problem: "The variable stands in .env.local, and nothing changes",
        solution: "Your dev server reads .env.local when it starts; restart it. Convex does not read that file at all: it reads the \
                   variables of its deployment. Set the value there too, with `npx convex env set`.",
        said: &[
            "Step 5: Set the Environment Variable",
            "Set the Environment Variable",
            "Step 6: Restart Your Development Server",
            "Restart Your Development Server",
            "CLERK_ISSUER_URL",
            ".env.local",
        ],
    },
    Trouble {
        row: Row::Testing,
        problem: "Testing the set-up",
        solution: "Sign in, look at the browser's console, and paste what it prints into `clerkcheck explain`. A row in the users table \
                   appears only when your own code or Clerk's webhook writes it.",
        said: &["Testing the Setup", "Check the browser console", "sign in"],
    },
    Trouble {
        row: Row::DomainChange,
        problem: "After a change of the Clerk domain",
        solution: "The issuer, the publishable key and the JWKS endpoint change with the domain. Update the publishable key in the app \
                   and the issuer variable on the Convex deployment; identities are new, because `tokenIdentifier` holds the issuer.",
        said: &[
            "Additional Notes",
            "If you ever change your Clerk domain",
            "change your Clerk domain",
        ],
    },
];

/// The documentation that a topic's rules rest on.
pub fn docs(topic: &str) -> &'static str {
    match topic {
        "input" | "token" => "https://clerk.com/docs/guides/sessions/session-tokens",
        "template" => "https://clerk.com/docs/guides/sessions/jwt-templates",
        "env" => "https://docs.convex.dev/production/environment-variables",
        "deployment" => "https://docs.convex.dev/auth/debug",
        _ => "https://docs.convex.dev/auth/clerk",
    }
}

/// The pages of Clerk and Convex on a topic: what they call it, and where it is.
pub fn links(topic: &str) -> &'static [(&'static str, &'static str)] {
    const CONVEX: (&str, &str) = ("Convex: Clerk", "https://docs.convex.dev/auth/clerk");
    const DEBUG: (&str, &str) = (
        "Convex: Debugging authentication",
        "https://docs.convex.dev/auth/debug",
    );
    const SESSION: (&str, &str) = (
        "Clerk: Session tokens",
        "https://clerk.com/docs/guides/sessions/session-tokens",
    );
    const TEMPLATES: (&str, &str) = (
        "Clerk: JWT templates",
        "https://clerk.com/docs/guides/sessions/jwt-templates",
    );
    const VARIABLES: (&str, &str) = (
        "Convex: Environment variables",
        "https://docs.convex.dev/production/environment-variables",
    );
    match topic {
        "input" => &[SESSION, DEBUG],
        "token" | "time" => &[SESSION, TEMPLATES, DEBUG],
        "claims" => &[TEMPLATES, CONVEX],
        "template" => &[TEMPLATES, SESSION],
        "env" => &[VARIABLES, CONVEX],
        "deployment" => &[DEBUG, VARIABLES],
        _ => &[CONVEX, DEBUG],
    }
}

/// How to see whether a rule holds, by the step that it fails.
pub fn see(step: Step) -> &'static str {
    match step {
        Step::Input => {
            "Paste it into `clerkcheck decode`: it names what was pasted, and what to paste instead."
        }
        Step::Settings => {
            "`clerkcheck env -v` lists every variable that counts, with its file and line, and what hides it."
        }
        Step::Config => {
            "`clerkcheck env` reads the auth config without running it, and `clerkcheck env --format json` shows each provider with its values."
        }
        Step::Versions => {
            "`npm ls convex @clerk/backend` shows what is installed; `clerkcheck env -v` shows which file says so."
        }
        Step::Deployment => {
            "`clerkcheck env --deployment` reads the deployment's variables and providers; `clerkcheck probe` sends it a token."
        }
        Step::Template => {
            "`clerkcheck template` shows the template as its form, with a mark at each field."
        }
        Step::Form | Step::Audience | Step::Claims | Step::Issuer => {
            "`clerkcheck decode` shows header and claims as they are; `clerkcheck check` compares them with the configuration."
        }
        Step::Discovery => {
            "`clerkcheck jwks` asks for discovery and keys as Convex does, and says what came."
        }
        Step::Signature => {
            "`clerkcheck jwks` lists the issuer's keys; `clerkcheck decode` shows the token's `kid` and `alg`."
        }
        Step::Time => {
            "`clerkcheck check -v` draws the life of the token, with `nbf`, `iat`, `exp` and now."
        }
    }
}

/// A rule's page as Markdown, as it is committed in the docs.
pub fn markdown(topic: &str, rule: &Rule) -> String {
    let mut page = format!(
        "# {}\n\n{} of topic `{topic}`: {}.\n\n## Why it matters\n\n{}\n\n## How to see it\n\n{}\n\n## How to mend it\n\n{}\n",
        rule.name,
        capital(rule.severity.word()),
        rule.title,
        rule.why,
        see(rule.step),
        rule.fix
    );
    for row in rule.seed {
        if let Some(trouble) = self::row(row.name()) {
            page.extend(["\n> **", trouble.problem, ".** ", trouble.solution, "\n"]);
        }
    }
    page.push_str("\n## More\n\n");
    for (name, url) in links(topic) {
        page.extend(["- [", name, "](", url, ")\n"]);
    }
    page
}

fn capital(word: &str) -> String {
    let mut word = word.to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}

/// The rule of this name, with its topic.
pub fn rule(name: &str) -> Option<(&'static str, &'static Rule)> {
    crate::rules::all().find(|(_, rule)| rule.name == name)
}

/// The row of this name.
pub fn row(name: &str) -> Option<&'static Trouble> {
    TABLE.iter().find(|trouble| trouble.row.name() == name)
}

/// The row that the page words so: the same words, or some of them in a row, whatever stands between them.
pub fn said(text: &str) -> Option<&'static Trouble> {
    let asked = words(text);
    let said = || {
        TABLE.iter().flat_map(|trouble| {
            let all = trouble.said.iter().chain([&trouble.problem]);
            all.map(move |said| (words(said), trouble))
        })
    };
    let is_part = |part: &str, of: &str, least: usize| {
        part.split_whitespace().count() >= least && of.contains(part)
    };
    said()
        .find(|(said, _)| *said == asked)
        .or_else(|| said().find(|(said, _)| is_part(said, &asked, 2) || is_part(&asked, said, 3)))
        .map(|(_, trouble)| trouble)
}

/// Whether a text is a heading of the page over all its rows.
pub fn is_whole_table(text: &str) -> bool {
    ["troubleshooting", "authentication"].contains(&words(text).trim())
}

/// The words of a text in small letters, a blank around each.
fn words(text: &str) -> String {
    let mut words = String::from(" ");
    for word in text
        .split(|character: char| !character.is_alphanumeric() && !"._/".contains(character))
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
    {
        words.push_str(&word.to_lowercase());
        words.push(' ');
    }
    words
}

/// The rules that answer a row.
pub fn answers(row: Row) -> Vec<&'static str> {
    crate::rules::all()
        .filter(|(_, rule)| rule.seed.contains(&row))
        .map(|(_, rule)| rule.name)
        .collect()
}

/// The name of a rule, a topic or a row that was probably meant.
pub fn nearest(name: &str) -> Option<&'static str> {
    let rows = TABLE.iter().map(|trouble| trouble.row.name());
    nearest_of(crate::rules::names().chain(rows), name)
}

/// The name of a rule or a topic that was probably meant.
pub fn nearest_rule(name: &str) -> Option<&'static str> {
    nearest_of(crate::rules::names(), name)
}

fn nearest_of(names: impl Iterator<Item = &'static str>, name: &str) -> Option<&'static str> {
    let name = name.trim().to_ascii_lowercase();
    names
        .map(|known| (strsim::damerau_levenshtein(known, &name), known))
        .min()
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::{is_whole_table, said};

    #[test]
    fn finds_the_page_in_its_own_words() {
        for (text, row) in [
            ("Unauthorized", "unauthorized"),
            ("Convex shows “Unauthorized”", "unauthorized"),
            (
                "User not appearing in Convex users table",
                "user-not-appearing",
            ),
            (
                "The user is not appearing in the Convex users table!",
                "user-not-appearing",
            ),
            ("Token expires too quickly", "expires-too-quickly"),
            ("the token expires too quickly, why?", "expires-too-quickly"),
            ("Auth Config", "auth-config"),
            ("Why a JWT Template?", "user-not-appearing"),
            ("Step 2: Configure Basic Information", "template-fields"),
            ("Allowed clock skew", "template-fields"),
            ("Step 3: Add Custom Claims", "custom-claims"),
            ("Customize session token section", "custom-claims"),
            ("Preview", "preview"),
            ("Step 6: Restart Your Development Server", "environment"),
            ("Testing the Setup", "testing"),
            ("Additional Notes", "domain-change"),
            ("the token", ""),
            ("hello", ""),
            ("", ""),
        ] {
            let found = said(text).map_or("", |trouble| trouble.row.name());
            assert_eq!(found, row, "{text}");
        }
        assert!(is_whole_table("Troubleshooting:"));
    }
}
