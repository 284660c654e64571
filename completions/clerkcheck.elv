
use builtin;
use str;

set edit:completion:arg-completer[clerkcheck] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'clerkcheck'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'clerkcheck'= {
            cand --token-file 'Read the token from this file'
            cand --project 'The project folder [default: found from the current folder upwards]'
            cand --env-file 'Read these env files instead of the project''s; the first wins'
            cand --issuer 'The issuer that Convex trusts, instead of the configured one'
            cand --audience 'The application id that `aud` must equal [default: of the matching provider, else convex]'
            cand --auth-config 'The auth config, instead of the functions folder''s'
            cand --url 'Where the deployment is [default: what the key names]'
            cand --jwks 'Read the key set from this file instead of the issuer'
            cand --discovery 'Read the discovery document from this file instead of the issuer'
            cand --timeout 'Seconds for all requests together'
            cand --cacert 'Trust the certificates of this PEM file too'
            cand --resolve 'Connect to ADDR for HOST:PORT, as curl does'
            cand --at 'Judge as of this time: RFC 3339, or seconds since the epoch'
            cand --format 'The form of the report'
            cand --color 'Colours'
            cand --fail-on 'The least severity that makes the exit code 1'
            cand --select 'Ask these rules or topics only'
            cand --ignore 'Leave these rules or topics out'
            cand --clipboard 'Read the token from the clipboard'
            cand --show-claims 'Open claims that are shortened otherwise: ids, e-mail, names'
            cand --all 'Judge every token of the paste, not only the best'
            cand --deployment 'Ask the deployment for its variables and providers too, with `CONVEX_DEPLOY_KEY` or a self-hosted admin key'
            cand --offline 'Ask nobody'
            cand --trust-token-issuer 'Fetch keys from the token''s own issuer, whatever it is'
            cand --at-issue 'Judge as of the moment the token was issued'
            cand --ascii 'No character beyond ASCII'
            cand --strict 'Treat every warning, and config-variable-unseen, as an error'
            cand -q 'The answer alone'
            cand --quiet 'The answer alone'
            cand --report 'A masked block to paste into a bug report, instead of the report'
            cand -v 'Every file read, every variable used, every URL asked, and the identity that functions would see'
            cand --verbose 'Every file read, every variable used, every URL asked, and the identity that functions would see'
            cand --watch 'Run again when an env file, the auth config or a package file changes; Ctrl-C ends it'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand check 'Would Convex accept this token? If not: which setting is wrong, and the command that mends it'
            cand decode 'What is inside a token, offline, nothing judged'
            cand jwks 'Fetch discovery and JWKS as Convex does, and say whether Convex could use them'
            cand env 'Does the configuration agree with itself? No token and no secret needed'
            cand probe 'Ask a Convex deployment for its verdict, and compare it with ours; the only command that sends the token anywhere'
            cand template 'Check a JWT template: that of the instance whose `CLERK_SECRET_KEY` is here, or a pasted one'
            cand explain 'What a rule, or an error line of Convex, Clerk or the browser means; alone, the troubleshooting table'
            cand demo 'The main job against a built-in Clerk instance on loopback, no account needed'
            cand schema 'Print the JSON Schema of `--format json`'
            cand completions 'Print a completion script'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'clerkcheck;check'= {
            cand --token-file 'Read the token from this file'
            cand --project 'The project folder [default: found from the current folder upwards]'
            cand --env-file 'Read these env files instead of the project''s; the first wins'
            cand --issuer 'The issuer that Convex trusts, instead of the configured one'
            cand --audience 'The application id that `aud` must equal [default: of the matching provider, else convex]'
            cand --auth-config 'The auth config, instead of the functions folder''s'
            cand --url 'Where the deployment is [default: what the key names]'
            cand --jwks 'Read the key set from this file instead of the issuer'
            cand --discovery 'Read the discovery document from this file instead of the issuer'
            cand --timeout 'Seconds for all requests together'
            cand --cacert 'Trust the certificates of this PEM file too'
            cand --resolve 'Connect to ADDR for HOST:PORT, as curl does'
            cand --at 'Judge as of this time: RFC 3339, or seconds since the epoch'
            cand --format 'The form of the report'
            cand --color 'Colours'
            cand --fail-on 'The least severity that makes the exit code 1'
            cand --select 'Ask these rules or topics only'
            cand --ignore 'Leave these rules or topics out'
            cand --clipboard 'Read the token from the clipboard'
            cand --show-claims 'Open claims that are shortened otherwise: ids, e-mail, names'
            cand --all 'Judge every token of the paste, not only the best'
            cand --deployment 'Ask the deployment for its variables and providers too, with `CONVEX_DEPLOY_KEY` or a self-hosted admin key'
            cand --offline 'Ask nobody'
            cand --trust-token-issuer 'Fetch keys from the token''s own issuer, whatever it is'
            cand --at-issue 'Judge as of the moment the token was issued'
            cand --ascii 'No character beyond ASCII'
            cand --strict 'Treat every warning, and config-variable-unseen, as an error'
            cand -q 'The answer alone'
            cand --quiet 'The answer alone'
            cand --report 'A masked block to paste into a bug report, instead of the report'
            cand -v 'Every file read, every variable used, every URL asked, and the identity that functions would see'
            cand --verbose 'Every file read, every variable used, every URL asked, and the identity that functions would see'
            cand --watch 'Run again when an env file, the auth config or a package file changes; Ctrl-C ends it'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'clerkcheck;decode'= {
            cand --token-file 'Read the token from this file'
            cand --at 'Judge as of this time: RFC 3339, or seconds since the epoch'
            cand --format 'The form of the report'
            cand --color 'Colours'
            cand --clipboard 'Read the token from the clipboard'
            cand --all 'Show every token of the paste, not only the best'
            cand --at-issue 'Judge as of the moment the token was issued'
            cand --ascii 'No character beyond ASCII'
            cand -q 'The answer alone'
            cand --quiet 'The answer alone'
            cand --show-claims 'Open claims that are shortened otherwise: ids, e-mail, names'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'clerkcheck;jwks'= {
            cand --project 'The project folder [default: found from the current folder upwards]'
            cand --env-file 'Read these env files instead of the project''s; the first wins'
            cand --jwks 'Read the key set from this file instead of the issuer'
            cand --discovery 'Read the discovery document from this file instead of the issuer'
            cand --timeout 'Seconds for all requests together'
            cand --cacert 'Trust the certificates of this PEM file too'
            cand --resolve 'Connect to ADDR for HOST:PORT, as curl does'
            cand --format 'The form of the report'
            cand --color 'Colours'
            cand --fail-on 'The least severity that makes the exit code 1'
            cand --select 'Ask these rules or topics only'
            cand --ignore 'Leave these rules or topics out'
            cand --offline 'Ask nobody'
            cand --trust-token-issuer 'Fetch keys from the token''s own issuer, whatever it is'
            cand --ascii 'No character beyond ASCII'
            cand --strict 'Treat every warning, and config-variable-unseen, as an error'
            cand -q 'The answer alone'
            cand --quiet 'The answer alone'
            cand --report 'A masked block to paste into a bug report, instead of the report'
            cand -v 'Every file read, every variable used, every URL asked, and the identity that functions would see'
            cand --verbose 'Every file read, every variable used, every URL asked, and the identity that functions would see'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'clerkcheck;env'= {
            cand --project 'The project folder [default: found from the current folder upwards]'
            cand --env-file 'Read these env files instead of the project''s; the first wins'
            cand --issuer 'The issuer that Convex trusts, instead of the configured one'
            cand --audience 'The application id that `aud` must equal [default: of the matching provider, else convex]'
            cand --auth-config 'The auth config, instead of the functions folder''s'
            cand --url 'Where the deployment is [default: what the key names]'
            cand --jwks 'Read the key set from this file instead of the issuer'
            cand --discovery 'Read the discovery document from this file instead of the issuer'
            cand --timeout 'Seconds for all requests together'
            cand --cacert 'Trust the certificates of this PEM file too'
            cand --resolve 'Connect to ADDR for HOST:PORT, as curl does'
            cand --format 'The form of the report'
            cand --color 'Colours'
            cand --fail-on 'The least severity that makes the exit code 1'
            cand --select 'Ask these rules or topics only'
            cand --ignore 'Leave these rules or topics out'
            cand --deployment 'Ask the deployment for its variables and providers too, with `CONVEX_DEPLOY_KEY` or a self-hosted admin key'
            cand --offline 'Ask nobody'
            cand --trust-token-issuer 'Fetch keys from the token''s own issuer, whatever it is'
            cand --ascii 'No character beyond ASCII'
            cand --strict 'Treat every warning, and config-variable-unseen, as an error'
            cand -q 'The answer alone'
            cand --quiet 'The answer alone'
            cand --report 'A masked block to paste into a bug report, instead of the report'
            cand -v 'Every file read, every variable used, every URL asked, and the identity that functions would see'
            cand --verbose 'Every file read, every variable used, every URL asked, and the identity that functions would see'
            cand --watch 'Run again when an env file, the auth config or a package file changes; Ctrl-C ends it'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'clerkcheck;probe'= {
            cand --token-file 'Read the token from this file'
            cand --url 'The deployment that the token is sent to [default: `CONVEX_URL`, with or without a framework''s prefix]'
            cand --project 'The project folder [default: found from the current folder upwards]'
            cand --env-file 'Read these env files instead of the project''s; the first wins'
            cand --issuer 'The issuer that Convex trusts, instead of the configured one'
            cand --audience 'The application id that `aud` must equal [default: of the matching provider, else convex]'
            cand --auth-config 'The auth config, instead of the functions folder''s'
            cand --jwks 'Read the key set from this file instead of the issuer'
            cand --discovery 'Read the discovery document from this file instead of the issuer'
            cand --timeout 'Seconds for all requests together'
            cand --cacert 'Trust the certificates of this PEM file too'
            cand --resolve 'Connect to ADDR for HOST:PORT, as curl does'
            cand --format 'The form of the report'
            cand --color 'Colours'
            cand --fail-on 'The least severity that makes the exit code 1'
            cand --select 'Ask these rules or topics only'
            cand --ignore 'Leave these rules or topics out'
            cand --clipboard 'Read the token from the clipboard'
            cand --show-claims 'Open claims that are shortened otherwise: ids, e-mail, names'
            cand --websocket 'Ask over the sync WebSocket, as a browser does'
            cand --offline 'Ask nobody'
            cand --trust-token-issuer 'Fetch keys from the token''s own issuer, whatever it is'
            cand --ascii 'No character beyond ASCII'
            cand --strict 'Treat every warning, and config-variable-unseen, as an error'
            cand -q 'The answer alone'
            cand --quiet 'The answer alone'
            cand --report 'A masked block to paste into a bug report, instead of the report'
            cand -v 'Every file read, every variable used, every URL asked, and the identity that functions would see'
            cand --verbose 'Every file read, every variable used, every URL asked, and the identity that functions would see'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'clerkcheck;template'= {
            cand --name 'The name that the app asks for'
            cand --mint 'Make a token of the template for this user or session, and check it; development instances only'
            cand --clerk-api 'The base URL of Clerk''s Backend API [default: `https://api.clerk.com`]'
            cand --project 'The project folder [default: found from the current folder upwards]'
            cand --env-file 'Read these env files instead of the project''s; the first wins'
            cand --issuer 'The issuer that Convex trusts, instead of the configured one'
            cand --audience 'The application id that `aud` must equal [default: of the matching provider, else convex]'
            cand --auth-config 'The auth config, instead of the functions folder''s'
            cand --jwks 'Read the key set from this file instead of the issuer'
            cand --discovery 'Read the discovery document from this file instead of the issuer'
            cand --timeout 'Seconds for all requests together'
            cand --cacert 'Trust the certificates of this PEM file too'
            cand --resolve 'Connect to ADDR for HOST:PORT, as curl does'
            cand --format 'The form of the report'
            cand --color 'Colours'
            cand --fail-on 'The least severity that makes the exit code 1'
            cand --select 'Ask these rules or topics only'
            cand --ignore 'Leave these rules or topics out'
            cand --fix 'Mend the template: show the change, ask, write it, read it back'
            cand --yes 'Write the change of --fix without asking'
            cand --offline 'Ask nobody'
            cand --trust-token-issuer 'Fetch keys from the token''s own issuer, whatever it is'
            cand --ascii 'No character beyond ASCII'
            cand --strict 'Treat every warning, and config-variable-unseen, as an error'
            cand -q 'The answer alone'
            cand --quiet 'The answer alone'
            cand --report 'A masked block to paste into a bug report, instead of the report'
            cand -v 'Every file read, every variable used, every URL asked, and the identity that functions would see'
            cand --verbose 'Every file read, every variable used, every URL asked, and the identity that functions would see'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'clerkcheck;explain'= {
            cand --format 'The form of the report'
            cand --color 'Colours'
            cand --ascii 'No character beyond ASCII'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'clerkcheck;demo'= {
            cand --format 'The form of the report'
            cand --color 'Colours'
            cand --serve 'Keep the instance up and print its issuer, a project folder and fresh tokens'
            cand --ascii 'No character beyond ASCII'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'clerkcheck;schema'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'clerkcheck;completions'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'clerkcheck;help'= {
            cand check 'Would Convex accept this token? If not: which setting is wrong, and the command that mends it'
            cand decode 'What is inside a token, offline, nothing judged'
            cand jwks 'Fetch discovery and JWKS as Convex does, and say whether Convex could use them'
            cand env 'Does the configuration agree with itself? No token and no secret needed'
            cand probe 'Ask a Convex deployment for its verdict, and compare it with ours; the only command that sends the token anywhere'
            cand template 'Check a JWT template: that of the instance whose `CLERK_SECRET_KEY` is here, or a pasted one'
            cand explain 'What a rule, or an error line of Convex, Clerk or the browser means; alone, the troubleshooting table'
            cand demo 'The main job against a built-in Clerk instance on loopback, no account needed'
            cand schema 'Print the JSON Schema of `--format json`'
            cand completions 'Print a completion script'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'clerkcheck;help;check'= {
        }
        &'clerkcheck;help;decode'= {
        }
        &'clerkcheck;help;jwks'= {
        }
        &'clerkcheck;help;env'= {
        }
        &'clerkcheck;help;probe'= {
        }
        &'clerkcheck;help;template'= {
        }
        &'clerkcheck;help;explain'= {
        }
        &'clerkcheck;help;demo'= {
        }
        &'clerkcheck;help;schema'= {
        }
        &'clerkcheck;help;completions'= {
        }
        &'clerkcheck;help;help'= {
        }
    ]
    $completions[$command]
}
