//! Variants of `auth.config`, evaluated right or said to be undecided.

use super::*;

const HOST: &str = "https://a.clerk.accounts.dev";

fn variables(name: &str) -> Option<String> {
    match name {
        "X" | "CLERK_ISSUER_URL" => Some(HOST.to_owned()),
        "HOST" => Some("a.clerk.accounts.dev".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn nothing(_: &str, _: &str) -> Option<(String, String)> {
    None
}

/// Each provider's `domain` and `applicationID`, the variables read, and the names of the oddities.
#[track_caller]
fn sees(source: &str, domains: &[&str], reads: &[&str], oddities: &[&str]) {
    let config = read("convex/auth.config.ts", source, &nothing);
    check(&config, domains, reads, oddities);
}

#[track_caller]
fn check(config: &AuthConfig, domains: &[&str], reads: &[&str], oddities: &[&str]) {
    let seen: Vec<String> = match config.providers_with(&variables) {
        Evaluated::Known(Plain::Array(list)) => list
            .iter()
            .map(|entry| entry.to_json()["domain"].as_str().unwrap_or("-").to_owned())
            .collect(),
        Evaluated::Known(_) => vec!["none".to_owned()],
        Evaluated::Unset(names) => vec![format!("unset {}", names.join(" "))],
        Evaluated::Undecided { .. } => vec!["undecided".to_owned()],
    };
    assert_eq!(seen, domains, "{config:#?}");
    let names: Vec<&str> = config
        .reads
        .iter()
        .filter(|read| read.reach != Reach::Never)
        .map(|read| read.name.as_str())
        .collect();
    assert_eq!(names, reads, "reads");
    let odd: Vec<String> = config
        .oddities
        .iter()
        .map(|odd| {
            format!("{odd:?}")
                .split([' ', '{'])
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    assert_eq!(odd, oddities, "oddities");
}

/// A config whose one domain is this expression, after these statements.
fn one(before: &str, domain: &str) -> String {
    format!(
        "{before}\nexport default {{ providers: [{{ domain: {domain}, applicationID: 'convex' }}] }};"
    )
}

/// Statements, the domain, its value, the variables read, the oddities.
type Variant = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn a_domain_is_evaluated() {
    let table: &[Variant] = &[
        ("", "'https://a.clerk.accounts.dev'", HOST, &[], &[]),
        ("", "process.env.X", HOST, &["X"], &[]),
        ("", "process.env.X!", HOST, &["X"], &[]),
        ("", "process.env['X'] as string", HOST, &["X"], &[]),
        ("", "process.env?.X", HOST, &["X"], &[]),
        (
            "",
            "`https://${process.env.HOST}`",
            HOST,
            &["HOST"],
            &["SchemeDoubled"],
        ),
        (
            "",
            "'https://' + process.env.HOST",
            HOST,
            &["HOST"],
            &["SchemeDoubled"],
        ),
        (
            "",
            "process.env.X ?? 'https://b.dev'",
            HOST,
            &["X"],
            &["FallbackDead"],
        ),
        (
            "",
            "process.env.X ?? process.env.B",
            HOST,
            &["X"],
            &["FallbackDead"],
        ),
        (
            "",
            "process.env.EMPTY || 'b'",
            "b",
            &["EMPTY"],
            &["FallbackDead"],
        ),
        (
            "",
            "process.env.X ? process.env.X : 'b'",
            HOST,
            &["X", "X"],
            &["FallbackDead"],
        ),
        (
            "",
            "process.env.NODE_ENV === 'production' ? process.env.X : process.env.DEV",
            HOST,
            &["X"],
            &["NodeEnvBranch"],
        ),
        (
            "const dev = process.env.NODE_ENV !== 'production';",
            "dev ? process.env.DEV : 'p'",
            "p",
            &[],
            &["NodeEnvBranch"],
        ),
        (
            "const { CLERK_ISSUER_URL } = process.env;",
            "CLERK_ISSUER_URL",
            HOST,
            &["CLERK_ISSUER_URL"],
            &[],
        ),
        (
            "const { X: domain = 'b' } = process.env;",
            "domain",
            HOST,
            &["X"],
            &["FallbackDead"],
        ),
        ("const env = process.env;", "env.X", HOST, &["X"], &[]),
        (
            "import { env } from './_generated/server';",
            "env.X",
            HOST,
            &["X"],
            &[],
        ),
        ("", "String(process.env.X)", HOST, &["X"], &[]),
        ("", "process.env.X!.replace(/\\/+$/, '')", HOST, &["X"], &[]),
        (
            "",
            "process.env.X!.replace('https://', '').trim()",
            "a.clerk.accounts.dev",
            &["X"],
            &[],
        ),
        ("", "new URL(process.env.X!).origin", HOST, &["X"], &[]),
        (
            "",
            "new URL('https://A.dev/x').href",
            "https://a.dev/x",
            &[],
            &[],
        ),
        (
            "const get = (name: string) => process.env[name];",
            "get('X')",
            HOST,
            &["X"],
            &[],
        ),
        (
            "function need(v?: string) { if (!v) { throw new Error('no') } return v }",
            "need(process.env.X)",
            HOST,
            &["X"],
            &["SideEffect"],
        ),
        (
            "const fail = () => { throw new Error('no') };",
            "process.env.X ?? fail()",
            HOST,
            &["X"],
            &["SideEffect"],
        ),
        (
            "const fail = () => { throw new Error('no') };",
            "process.env.X ? process.env.X : fail()",
            HOST,
            &["X", "X"],
            &["SideEffect"],
        ),
        (
            "",
            "(() => { const x = process.env.X; return x })()",
            HOST,
            &["X"],
            &[],
        ),
        (
            "enum E { A = 'https://e.dev' }",
            "E.A",
            "https://e.dev",
            &[],
            &[],
        ),
        (
            "const o = { a: { b: 'c' } } as const;",
            "o.a.b",
            "c",
            &[],
            &[],
        ),
        (
            "let x; if (process.env.EMPTY) { x = 'a' } else { x = 'b' }",
            "x",
            "b",
            &["EMPTY"],
            &["FallbackDead"],
        ),
        (
            "let x = 'https://'; x += process.env.HOST;",
            "x",
            HOST,
            &["HOST"],
            &["SchemeDoubled"],
        ),
        (
            "",
            "['https:', '', process.env.HOST].join('/')",
            HOST,
            &["HOST"],
            &["SchemeDoubled"],
        ),
        (
            "",
            "'https:'.concat('//', process.env.HOST)",
            HOST,
            &["HOST"],
            &["SchemeDoubled"],
        ),
        ("", "process.env.X.concat('')", HOST, &["X"], &[]),
        (
            "",
            "process.env.MISSING",
            "unset MISSING",
            &["MISSING"],
            &[],
        ),
        ("", "someGlobal(process.env.X)", "undecided", &["X"], &[]),
        (
            "import x from 'package';",
            "x.domain",
            "undecided",
            &[],
            &[],
        ),
        (
            "declare const process: { env: Record<string, string> };",
            "process.env.X",
            HOST,
            &["X"],
            &[],
        ),
        (
            "function get(name: string): string; function get(name: string) { return process.env[name]; }",
            "get('X')",
            HOST,
            &["X"],
            &[],
        ),
        (
            "import x from './lost';",
            "x",
            "undecided",
            &[],
            &["ImportUnread"],
        ),
        (
            "console.log(process.env.X);",
            "process.env.X",
            HOST,
            &["X", "X"],
            &[],
        ),
        ("", "'a' + Math.random()", "undecided", &[], &["SideEffect"]),
        ("", "`${Date.now()}`", "undecided", &[], &["SideEffect"]),
        (
            "",
            "import.meta.env.VITE_X",
            "undecided",
            &[],
            &["SideEffect"],
        ),
        ("", "process.env.X.split('/')[2]", "undecided", &["X"], &[]),
        ("", "/* X */ '\u{e9}'", "\u{e9}", &[], &[]),
        (
            "const f = (n) => f(n + 'a');",
            "f('a')",
            "undecided",
            &[],
            &[],
        ),
        (
            "let a = 'aaaaaaaaaa'; for (let i = 0; i < 9; i++) { a += process.env.X }",
            "a",
            "undecided",
            &["X"],
            &[],
        ),
        (
            "function un() { return process.env.UNUSED }",
            "'a'",
            "a",
            &[],
            &[],
        ),
    ];
    for (before, domain, value, reads, oddities) in table {
        sees(&one(before, domain), &[value], reads, oddities);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn the_list_is_followed() {
    let p = "{ domain: 'a', applicationID: 'convex' }";
    let q = "{ domain: process.env.X, applicationID: 'convex' }";
    sees(
        &format!("const providers = [{p}]; providers.push({q}); export default {{ providers }};"),
        &["a", HOST],
        &["X"],
        &[],
    );
    sees(
        &format!(
            "const a = [{p}]; export default {{ providers: [...a, {q}] }} satisfies AuthConfig;"
        ),
        &["a", HOST],
        &["X"],
        &[],
    );
    sees(
        &format!("const x = {{ providers: [{p}] }}; export {{ x as default }};"),
        &["a"],
        &[],
        &[],
    );
    sees(
        &format!("const b = {p}; export default {{ providers: [{{ ...b, domain: 'c' }}] }};"),
        &["c"],
        &[],
        &[],
    );
    sees(
        &format!(
            "export default {{ providers: [process.env.EMPTY && {p}, {q}].filter(Boolean) }};"
        ),
        &[HOST],
        &["EMPTY", "X"],
        &["FallbackDead"],
    );
    sees(
        &format!("export default {{ providers: [...(process.env.EMPTY ? [{p}] : []), {q}] }};"),
        &[HOST],
        &["EMPTY", "X"],
        &["FallbackDead"],
    );
    sees(
        &format!(
            "const l = []; if (process.env.X) l.push({p}); export default {{ providers: l }};"
        ),
        &["a"],
        &["X"],
        &["FallbackDead"],
    );
    sees(
        "export default { providers: ['a', 'b'].map((domain) => ({ domain, applicationID: 'convex' })) };",
        &["a", "b"],
        &[],
        &[],
    );
    sees(
        "const l = []; for (const domain of ['a', 'b']) { l.push({ domain }) } export default { providers: l };",
        &["a", "b"],
        &[],
        &[],
    );
    sees(
        "export default defineAuthConfig({ providers: [] });",
        &["undecided"],
        &[],
        &[],
    );
    for (source, domains) in [
        (
            "[{ ...(process.env.EMPTY ? { domain: 'a' } : { domain: 'b' }), z: 1 }]",
            &["b"][..],
        ),
        ("[{ ...(process.env.EMPTY || { domain: 'a' }) }]", &["a"]),
        (
            "['a', 'b'].map((name, at) => ({ domain: name + '-' + `${at}` }))",
            &["a-0", "b-1"],
        ),
        (
            "[{ domain: ['a', , undefined, 'b'].join('-') }]",
            &["a---b"],
        ),
    ] {
        let config = read(
            "convex/auth.config.ts",
            &format!("export default {{ providers: {source} }};"),
            &nothing,
        );
        let seen: Vec<String> = match config.providers_with(&variables) {
            Evaluated::Known(Plain::Array(list)) => list
                .iter()
                .map(|entry| entry.to_json()["domain"].to_string().replace('"', ""))
                .collect(),
            other => panic!("{source}: {other:?}"),
        };
        assert_eq!(seen, domains, "{source}");
    }
    sees(
        "const o = { domain: 'a' }; delete o.domain; export default { providers: [o] };",
        &["undecided"],
        &[],
        &[],
    );
    sees("module.exports = { providers: [] };", &[], &[], &[]);
    sees(
        "export default { providers: {} };",
        &["none"],
        &[],
        &["ProvidersNotArray"],
    );
    sees(
        "export default { authProviders: [] };",
        &["none"],
        &[],
        &["NoProviders"],
    );
    sees("export const a = 1;", &["none"], &[], &["NoDefaultExport"]);
    sees(
        "export default () => ({ providers: [] });",
        &["none"],
        &[],
        &["NoProviders"],
    );
    sees(
        "export default { providers: [{ domain: 'a', applicationId: 'convex' }] };",
        &["a"],
        &[],
        &["SpellingApplicationId"],
    );
    sees(
        "export default { providers: [{ domain: 'a', application_id: 'convex' }] };",
        &["a"],
        &[],
        &["SpellingApplicationId"],
    );
    sees(
        "export default { providers: [",
        &["undecided"],
        &[],
        &["SyntaxError"],
    );
}

#[test]
fn imports_are_followed() {
    let load = |_: &str, specifier: &str| match specifier {
        "./env" => Some((
            "convex/env.ts".to_owned(),
            "export const domain = process.env.X!; export const stripe = process.env.STRIPE;"
                .to_owned(),
        )),
        "./again" => Some((
            "convex/again.ts".to_owned(),
            "export * from './env'; export { domain as default } from './env';".to_owned(),
        )),
        "./loop" => Some(("convex/auth.config.ts".to_owned(), String::new())),
        _ => None,
    };
    for import in [
        "import { domain } from './env';",
        "import { domain } from './again';",
        "import domain from './again';",
    ] {
        let config = read("convex/auth.config.ts", &one(import, "domain"), &load);
        check(
            &config,
            &[HOST],
            &["X", "STRIPE"],
            &["ImportedVariable", "ImportedVariable"],
        );
        assert!(
            config
                .reads
                .iter()
                .all(|read| read.imported && read.place.path == "convex/env.ts")
        );
    }
    check(
        &read(
            "convex/auth.config.ts",
            &one("import x from './loop';", "x"),
            &load,
        ),
        &["undecided"],
        &[],
        &[],
    );
}

#[test]
fn common_modules_are_followed_where_they_are_some() {
    let list = "{ providers: [{ domain: process.env.X, applicationID: 'convex' }] }";
    for source in [
        format!("module.exports = {list};"),
        format!("const config = {list};\nmodule.exports = config;"),
        format!("exports.providers = {list}.providers;"),
        format!("const c = {list};\nexport = c;"),
    ] {
        sees(&source, &[HOST], &["X"], &[]);
        let typed = |_: &str, specifier: &str| {
            (specifier == "../package.json")
                .then(|| ("package.json".to_owned(), r#"{"type":"module"}"#.to_owned()))
        };
        let config = read("convex/auth.config.ts", &source, &typed);
        let found = config.providers_with(&variables);
        let is_typescript = source.contains("export =");
        assert_eq!(
            matches!(found, Evaluated::Undecided { .. }),
            !is_typescript,
            "{source}"
        );
    }
    sees(
        &format!("exports.default = {list};"),
        &["none"],
        &["X"],
        &["NoProviders"],
    );
    sees("const a = 1;", &["none"], &[], &["NoDefaultExport"]);
}

#[test]
fn json_is_imported() {
    let load = |_: &str, specifier: &str| {
        let text = match specifier {
            "./clerk.json" => {
                r#"{"issuer": "https://a.clerk.accounts.dev", "list": [{"domain": "https://b.dev"}]}"#
            }
            "./broken.json" => "{",
            _ => return None,
        };
        Some((format!("convex/{}", &specifier[2..]), text.to_owned()))
    };
    for (import, domain, seen) in [
        ("import { issuer } from './clerk.json';", "issuer", HOST),
        (
            "import clerk from './clerk.json' with { type: 'json' };",
            "clerk.list[0].domain",
            "https://b.dev",
        ),
        (
            "import * as clerk from './clerk.json';",
            "clerk.issuer",
            HOST,
        ),
    ] {
        let config = read("convex/auth.config.ts", &one(import, domain), &load);
        check(&config, &[seen], &[], &[]);
    }
    let source = one("import clerk from './broken.json';", "clerk.issuer");
    let config = read("convex/auth.config.ts", &source, &load);
    check(&config, &["undecided"], &[], &["SyntaxError"]);
}

#[test]
fn places_count_characters_behind_a_mark_and_carriage_returns() {
    let config = read(
        "a.ts",
        "\u{feff}// \u{e9}\r\nexport default { providers: [{ domain: '\u{e9}' + process.env.X }] };\r\n",
        &nothing,
    );
    let place = &config.reads[0].place;
    assert_eq!((place.line, place.column), (2, 46));
    let config = read(
        "a.ts",
        "\u{feff}export default { providers: [process.env.X] };",
        &nothing,
    );
    assert_eq!(
        (config.reads[0].place.line, config.reads[0].place.column),
        (1, 30)
    );
}

#[test]
fn deep_sources_do_not_overflow_the_stack() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("!", ""),
        ("a=>", ""),
        ("1?2:", ""),
        ("- ", ""),
        ("a+", ""),
        ("'a'+", ""),
        ("typeof ", ""),
        ("process.env.X||", ""),
    ] {
        for count in [150, 3_000, 300_000] {
            let source = one(
                "",
                &format!("{}1{}", open.repeat(count), close.repeat(count)),
            );
            read("a.ts", &source, &nothing);
        }
    }
    let doubled = one(
        &format!("let a = process.env.X; {}", "a = a + a;".repeat(100)),
        "a",
    );
    sees(&doubled, &["undecided"], &["X"], &[]);
}

#[test]
fn mutated_sources_do_not_panic() {
    let seeds = [
        one("const f = (n) => process.env[n] ?? `https://${n}`; if (process.env.A) { throw 1 }", "f('X').replace(/a+$/g, '')"),
        "const l: any[] = []; for (const a of ['x']) l.push({ ...a, b: [a, ...l] }); switch (l) { case 1: l.push(l) } export { l as default };".to_owned(),
    ];
    arbtest::arbtest(|u| {
        let mut source: Vec<char> = u.choose(&seeds)?.chars().collect();
        for _ in 0..u.int_in_range(0..=6)? {
            let at = u.choose_index(source.len())?;
            match u.int_in_range(0..=2)? {
                0 => source.truncate(at),
                1 => {
                    source[at] =
                        *u.choose(&['(', ')', '{', '}', '`', '\'', '$', '\u{e9}', '?', '.', ' '])?;
                }
                _ => drop(source.drain(at..(at + 5).min(source.len()))),
            }
            if source.is_empty() {
                break;
            }
        }
        let config = read("a.ts", &source.into_iter().collect::<String>(), &nothing);
        config.providers_with(&variables);
        config.entries_with(&variables);
        Ok(())
    })
    .budget_ms(2_000);
}

#[test]
fn entries_keep_fields_conditions_and_what_could_be_told() {
    let source = "export default { providers: [process.env.B && { domain: process.env.X, applicationID: 'convex', extra: 1 }, lost()].filter(Boolean) };";
    let config = read("a.ts", source, &nothing);
    assert!(matches!(&config.providers, Providers::Undecided { known, .. } if known.len() == 1));
    let entries = config.entries_with(&variables);
    assert_eq!(entries[0].present, None);
    assert_eq!(
        entries[0].value("domain").and_then(Evaluated::text),
        Some(HOST)
    );
    assert_eq!(entries[0].entry.fields.len(), 3);
    assert_eq!(config.reads[1].reach, Reach::Sometimes);
    let set = |name: &str| (name == "B").then(String::new);
    assert_eq!(config.entries_with(&set)[0].present, Some(false));
}

#[test]
fn a_module_that_looks_like_a_cycle_or_is_broken_is_undecided() {
    let load = |_: &str, specifier: &str| {
        (specifier == "./x").then(|| ("x.ts".to_owned(), "export const domain = ;".to_owned()))
    };
    let config = read(
        "a.ts",
        &one("import { domain } from './x';", "domain"),
        &load,
    );
    check(&config, &["undecided"], &[], &["SyntaxError"]);
    assert!(
        matches!(&config.oddities[0], Oddity::SyntaxError { place, .. } if place.path == "x.ts")
    );
}

/// Each line doubles what stands in the line before: whoever follows them to the end fills the memory.
#[test]
fn lists_that_double_again_and_again_are_undecided() {
    let chain = |first: &str, line: &dyn Fn(usize) -> String| {
        let lines: String = (0..40).map(line).collect();
        format!("const a0 = {first};{lines}export default {{ providers: a40 }}")
    };
    let sources = [
        chain("[1, 1]", &|at| {
            format!("const a{} = [...a{at}, ...a{at}];", at + 1)
        }),
        chain("[1, 1]", &|at| {
            format!("const a{} = a{at}.concat(a{at});", at + 1)
        }),
        chain("[1, 1]", &|at| {
            format!("const a{} = [a{at}, a{at}].flat();", at + 1)
        }),
        chain("[]", &|at| {
            format!(
                "const a{0} = process.env.Q{at} ? [...a{at}, 1] : a{at};",
                at + 1
            )
        }),
        chain("{}", &|at| {
            format!(
                "const a{0} = {{ ...(process.env.Q{at} ? a{at} : a{at}), b{at}: 1 }};",
                at + 1
            )
        }),
        format!(
            "const a = [1];{}export default {{ providers: a }}",
            "a.push(...a, ...a);".repeat(400)
        ),
        format!(
            "const a = [1];{}export default {{ providers: a }}",
            "a.push(...a, 1); a.slice();".repeat(400)
        ),
    ];
    for source in sources {
        let config = read("a.ts", &source, &nothing);
        assert!(
            matches!(
                &config.providers,
                Providers::Undecided { .. } | Providers::Missing
            ),
            "{:?} of {}",
            config.providers,
            &source[..120]
        );
        config.entries_with(&variables);
    }
}
