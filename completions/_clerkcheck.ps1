
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'clerkcheck' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'clerkcheck'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'clerkcheck' {
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the token from this file')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'The project folder [default: found from the current folder upwards]')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'Read these env files instead of the project''s; the first wins')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'The issuer that Convex trusts, instead of the configured one')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'The application id that `aud` must equal [default: of the matching provider, else convex]')
            [CompletionResult]::new('--auth-config', '--auth-config', [CompletionResultType]::ParameterName, 'The auth config, instead of the functions folder''s')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Where the deployment is [default: what the key names]')
            [CompletionResult]::new('--jwks', '--jwks', [CompletionResultType]::ParameterName, 'Read the key set from this file instead of the issuer')
            [CompletionResult]::new('--discovery', '--discovery', [CompletionResultType]::ParameterName, 'Read the discovery document from this file instead of the issuer')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Seconds for all requests together')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM file too')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR for HOST:PORT, as curl does')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'Judge as of this time: RFC 3339, or seconds since the epoch')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the report')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'The least severity that makes the exit code 1')
            [CompletionResult]::new('--select', '--select', [CompletionResultType]::ParameterName, 'Ask these rules or topics only')
            [CompletionResult]::new('--ignore', '--ignore', [CompletionResultType]::ParameterName, 'Leave these rules or topics out')
            [CompletionResult]::new('--clipboard', '--clipboard', [CompletionResultType]::ParameterName, 'Read the token from the clipboard')
            [CompletionResult]::new('--show-claims', '--show-claims', [CompletionResultType]::ParameterName, 'Open claims that are shortened otherwise: ids, e-mail, names')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Judge every token of the paste, not only the best')
            [CompletionResult]::new('--deployment', '--deployment', [CompletionResultType]::ParameterName, 'Ask the deployment for its variables and providers too, with `CONVEX_DEPLOY_KEY` or a self-hosted admin key')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Ask nobody')
            [CompletionResult]::new('--trust-token-issuer', '--trust-token-issuer', [CompletionResultType]::ParameterName, 'Fetch keys from the token''s own issuer, whatever it is')
            [CompletionResult]::new('--at-issue', '--at-issue', [CompletionResultType]::ParameterName, 'Judge as of the moment the token was issued')
            [CompletionResult]::new('--ascii', '--ascii', [CompletionResultType]::ParameterName, 'No character beyond ASCII')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Treat every warning, and config-variable-unseen, as an error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'A masked block to paste into a bug report, instead of the report')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Every file read, every variable used, every URL asked, and the identity that functions would see')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Every file read, every variable used, every URL asked, and the identity that functions would see')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Run again when an env file, the auth config or a package file changes; Ctrl-C ends it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Would Convex accept this token? If not: which setting is wrong, and the command that mends it')
            [CompletionResult]::new('decode', 'decode', [CompletionResultType]::ParameterValue, 'What is inside a token, offline, nothing judged')
            [CompletionResult]::new('jwks', 'jwks', [CompletionResultType]::ParameterValue, 'Fetch discovery and JWKS as Convex does, and say whether Convex could use them')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Does the configuration agree with itself? No token and no secret needed')
            [CompletionResult]::new('probe', 'probe', [CompletionResultType]::ParameterValue, 'Ask a Convex deployment for its verdict, and compare it with ours; the only command that sends the token anywhere')
            [CompletionResult]::new('template', 'template', [CompletionResultType]::ParameterValue, 'Check a JWT template: that of the instance whose `CLERK_SECRET_KEY` is here, or a pasted one')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'What a rule, or an error line of Convex, Clerk or the browser means; alone, the troubleshooting table')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'The main job against a built-in Clerk instance on loopback, no account needed')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the JSON Schema of `--format json`')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'clerkcheck;check' {
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the token from this file')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'The project folder [default: found from the current folder upwards]')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'Read these env files instead of the project''s; the first wins')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'The issuer that Convex trusts, instead of the configured one')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'The application id that `aud` must equal [default: of the matching provider, else convex]')
            [CompletionResult]::new('--auth-config', '--auth-config', [CompletionResultType]::ParameterName, 'The auth config, instead of the functions folder''s')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Where the deployment is [default: what the key names]')
            [CompletionResult]::new('--jwks', '--jwks', [CompletionResultType]::ParameterName, 'Read the key set from this file instead of the issuer')
            [CompletionResult]::new('--discovery', '--discovery', [CompletionResultType]::ParameterName, 'Read the discovery document from this file instead of the issuer')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Seconds for all requests together')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM file too')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR for HOST:PORT, as curl does')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'Judge as of this time: RFC 3339, or seconds since the epoch')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the report')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'The least severity that makes the exit code 1')
            [CompletionResult]::new('--select', '--select', [CompletionResultType]::ParameterName, 'Ask these rules or topics only')
            [CompletionResult]::new('--ignore', '--ignore', [CompletionResultType]::ParameterName, 'Leave these rules or topics out')
            [CompletionResult]::new('--clipboard', '--clipboard', [CompletionResultType]::ParameterName, 'Read the token from the clipboard')
            [CompletionResult]::new('--show-claims', '--show-claims', [CompletionResultType]::ParameterName, 'Open claims that are shortened otherwise: ids, e-mail, names')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Judge every token of the paste, not only the best')
            [CompletionResult]::new('--deployment', '--deployment', [CompletionResultType]::ParameterName, 'Ask the deployment for its variables and providers too, with `CONVEX_DEPLOY_KEY` or a self-hosted admin key')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Ask nobody')
            [CompletionResult]::new('--trust-token-issuer', '--trust-token-issuer', [CompletionResultType]::ParameterName, 'Fetch keys from the token''s own issuer, whatever it is')
            [CompletionResult]::new('--at-issue', '--at-issue', [CompletionResultType]::ParameterName, 'Judge as of the moment the token was issued')
            [CompletionResult]::new('--ascii', '--ascii', [CompletionResultType]::ParameterName, 'No character beyond ASCII')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Treat every warning, and config-variable-unseen, as an error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'A masked block to paste into a bug report, instead of the report')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Every file read, every variable used, every URL asked, and the identity that functions would see')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Every file read, every variable used, every URL asked, and the identity that functions would see')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Run again when an env file, the auth config or a package file changes; Ctrl-C ends it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'clerkcheck;decode' {
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the token from this file')
            [CompletionResult]::new('--at', '--at', [CompletionResultType]::ParameterName, 'Judge as of this time: RFC 3339, or seconds since the epoch')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the report')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours')
            [CompletionResult]::new('--clipboard', '--clipboard', [CompletionResultType]::ParameterName, 'Read the token from the clipboard')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Show every token of the paste, not only the best')
            [CompletionResult]::new('--at-issue', '--at-issue', [CompletionResultType]::ParameterName, 'Judge as of the moment the token was issued')
            [CompletionResult]::new('--ascii', '--ascii', [CompletionResultType]::ParameterName, 'No character beyond ASCII')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone')
            [CompletionResult]::new('--show-claims', '--show-claims', [CompletionResultType]::ParameterName, 'Open claims that are shortened otherwise: ids, e-mail, names')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'clerkcheck;jwks' {
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'The project folder [default: found from the current folder upwards]')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'Read these env files instead of the project''s; the first wins')
            [CompletionResult]::new('--jwks', '--jwks', [CompletionResultType]::ParameterName, 'Read the key set from this file instead of the issuer')
            [CompletionResult]::new('--discovery', '--discovery', [CompletionResultType]::ParameterName, 'Read the discovery document from this file instead of the issuer')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Seconds for all requests together')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM file too')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR for HOST:PORT, as curl does')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the report')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'The least severity that makes the exit code 1')
            [CompletionResult]::new('--select', '--select', [CompletionResultType]::ParameterName, 'Ask these rules or topics only')
            [CompletionResult]::new('--ignore', '--ignore', [CompletionResultType]::ParameterName, 'Leave these rules or topics out')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Ask nobody')
            [CompletionResult]::new('--trust-token-issuer', '--trust-token-issuer', [CompletionResultType]::ParameterName, 'Fetch keys from the token''s own issuer, whatever it is')
            [CompletionResult]::new('--ascii', '--ascii', [CompletionResultType]::ParameterName, 'No character beyond ASCII')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Treat every warning, and config-variable-unseen, as an error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'A masked block to paste into a bug report, instead of the report')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Every file read, every variable used, every URL asked, and the identity that functions would see')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Every file read, every variable used, every URL asked, and the identity that functions would see')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'clerkcheck;env' {
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'The project folder [default: found from the current folder upwards]')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'Read these env files instead of the project''s; the first wins')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'The issuer that Convex trusts, instead of the configured one')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'The application id that `aud` must equal [default: of the matching provider, else convex]')
            [CompletionResult]::new('--auth-config', '--auth-config', [CompletionResultType]::ParameterName, 'The auth config, instead of the functions folder''s')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Where the deployment is [default: what the key names]')
            [CompletionResult]::new('--jwks', '--jwks', [CompletionResultType]::ParameterName, 'Read the key set from this file instead of the issuer')
            [CompletionResult]::new('--discovery', '--discovery', [CompletionResultType]::ParameterName, 'Read the discovery document from this file instead of the issuer')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Seconds for all requests together')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM file too')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR for HOST:PORT, as curl does')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the report')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'The least severity that makes the exit code 1')
            [CompletionResult]::new('--select', '--select', [CompletionResultType]::ParameterName, 'Ask these rules or topics only')
            [CompletionResult]::new('--ignore', '--ignore', [CompletionResultType]::ParameterName, 'Leave these rules or topics out')
            [CompletionResult]::new('--deployment', '--deployment', [CompletionResultType]::ParameterName, 'Ask the deployment for its variables and providers too, with `CONVEX_DEPLOY_KEY` or a self-hosted admin key')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Ask nobody')
            [CompletionResult]::new('--trust-token-issuer', '--trust-token-issuer', [CompletionResultType]::ParameterName, 'Fetch keys from the token''s own issuer, whatever it is')
            [CompletionResult]::new('--ascii', '--ascii', [CompletionResultType]::ParameterName, 'No character beyond ASCII')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Treat every warning, and config-variable-unseen, as an error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'A masked block to paste into a bug report, instead of the report')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Every file read, every variable used, every URL asked, and the identity that functions would see')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Every file read, every variable used, every URL asked, and the identity that functions would see')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Run again when an env file, the auth config or a package file changes; Ctrl-C ends it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'clerkcheck;probe' {
            [CompletionResult]::new('--token-file', '--token-file', [CompletionResultType]::ParameterName, 'Read the token from this file')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'The deployment that the token is sent to [default: `CONVEX_URL`, with or without a framework''s prefix]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'The project folder [default: found from the current folder upwards]')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'Read these env files instead of the project''s; the first wins')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'The issuer that Convex trusts, instead of the configured one')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'The application id that `aud` must equal [default: of the matching provider, else convex]')
            [CompletionResult]::new('--auth-config', '--auth-config', [CompletionResultType]::ParameterName, 'The auth config, instead of the functions folder''s')
            [CompletionResult]::new('--jwks', '--jwks', [CompletionResultType]::ParameterName, 'Read the key set from this file instead of the issuer')
            [CompletionResult]::new('--discovery', '--discovery', [CompletionResultType]::ParameterName, 'Read the discovery document from this file instead of the issuer')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Seconds for all requests together')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM file too')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR for HOST:PORT, as curl does')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the report')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'The least severity that makes the exit code 1')
            [CompletionResult]::new('--select', '--select', [CompletionResultType]::ParameterName, 'Ask these rules or topics only')
            [CompletionResult]::new('--ignore', '--ignore', [CompletionResultType]::ParameterName, 'Leave these rules or topics out')
            [CompletionResult]::new('--clipboard', '--clipboard', [CompletionResultType]::ParameterName, 'Read the token from the clipboard')
            [CompletionResult]::new('--show-claims', '--show-claims', [CompletionResultType]::ParameterName, 'Open claims that are shortened otherwise: ids, e-mail, names')
            [CompletionResult]::new('--websocket', '--websocket', [CompletionResultType]::ParameterName, 'Ask over the sync WebSocket, as a browser does')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Ask nobody')
            [CompletionResult]::new('--trust-token-issuer', '--trust-token-issuer', [CompletionResultType]::ParameterName, 'Fetch keys from the token''s own issuer, whatever it is')
            [CompletionResult]::new('--ascii', '--ascii', [CompletionResultType]::ParameterName, 'No character beyond ASCII')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Treat every warning, and config-variable-unseen, as an error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'A masked block to paste into a bug report, instead of the report')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Every file read, every variable used, every URL asked, and the identity that functions would see')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Every file read, every variable used, every URL asked, and the identity that functions would see')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'clerkcheck;template' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The name that the app asks for')
            [CompletionResult]::new('--mint', '--mint', [CompletionResultType]::ParameterName, 'Make a token of the template for this user or session, and check it; development instances only')
            [CompletionResult]::new('--clerk-api', '--clerk-api', [CompletionResultType]::ParameterName, 'The base URL of Clerk''s Backend API [default: `https://api.clerk.com`]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'The project folder [default: found from the current folder upwards]')
            [CompletionResult]::new('--env-file', '--env-file', [CompletionResultType]::ParameterName, 'Read these env files instead of the project''s; the first wins')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'The issuer that Convex trusts, instead of the configured one')
            [CompletionResult]::new('--audience', '--audience', [CompletionResultType]::ParameterName, 'The application id that `aud` must equal [default: of the matching provider, else convex]')
            [CompletionResult]::new('--auth-config', '--auth-config', [CompletionResultType]::ParameterName, 'The auth config, instead of the functions folder''s')
            [CompletionResult]::new('--jwks', '--jwks', [CompletionResultType]::ParameterName, 'Read the key set from this file instead of the issuer')
            [CompletionResult]::new('--discovery', '--discovery', [CompletionResultType]::ParameterName, 'Read the discovery document from this file instead of the issuer')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Seconds for all requests together')
            [CompletionResult]::new('--cacert', '--cacert', [CompletionResultType]::ParameterName, 'Trust the certificates of this PEM file too')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Connect to ADDR for HOST:PORT, as curl does')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the report')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'The least severity that makes the exit code 1')
            [CompletionResult]::new('--select', '--select', [CompletionResultType]::ParameterName, 'Ask these rules or topics only')
            [CompletionResult]::new('--ignore', '--ignore', [CompletionResultType]::ParameterName, 'Leave these rules or topics out')
            [CompletionResult]::new('--fix', '--fix', [CompletionResultType]::ParameterName, 'Mend the template: show the change, ask, write it, read it back')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Write the change of --fix without asking')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Ask nobody')
            [CompletionResult]::new('--trust-token-issuer', '--trust-token-issuer', [CompletionResultType]::ParameterName, 'Fetch keys from the token''s own issuer, whatever it is')
            [CompletionResult]::new('--ascii', '--ascii', [CompletionResultType]::ParameterName, 'No character beyond ASCII')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Treat every warning, and config-variable-unseen, as an error')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'The answer alone')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'The answer alone')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'A masked block to paste into a bug report, instead of the report')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Every file read, every variable used, every URL asked, and the identity that functions would see')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Every file read, every variable used, every URL asked, and the identity that functions would see')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'clerkcheck;explain' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the report')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours')
            [CompletionResult]::new('--ascii', '--ascii', [CompletionResultType]::ParameterName, 'No character beyond ASCII')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'clerkcheck;demo' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form of the report')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours')
            [CompletionResult]::new('--serve', '--serve', [CompletionResultType]::ParameterName, 'Keep the instance up and print its issuer, a project folder and fresh tokens')
            [CompletionResult]::new('--ascii', '--ascii', [CompletionResultType]::ParameterName, 'No character beyond ASCII')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'clerkcheck;schema' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'clerkcheck;completions' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'clerkcheck;help' {
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Would Convex accept this token? If not: which setting is wrong, and the command that mends it')
            [CompletionResult]::new('decode', 'decode', [CompletionResultType]::ParameterValue, 'What is inside a token, offline, nothing judged')
            [CompletionResult]::new('jwks', 'jwks', [CompletionResultType]::ParameterValue, 'Fetch discovery and JWKS as Convex does, and say whether Convex could use them')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Does the configuration agree with itself? No token and no secret needed')
            [CompletionResult]::new('probe', 'probe', [CompletionResultType]::ParameterValue, 'Ask a Convex deployment for its verdict, and compare it with ours; the only command that sends the token anywhere')
            [CompletionResult]::new('template', 'template', [CompletionResultType]::ParameterValue, 'Check a JWT template: that of the instance whose `CLERK_SECRET_KEY` is here, or a pasted one')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'What a rule, or an error line of Convex, Clerk or the browser means; alone, the troubleshooting table')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'The main job against a built-in Clerk instance on loopback, no account needed')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the JSON Schema of `--format json`')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'clerkcheck;help;check' {
            break
        }
        'clerkcheck;help;decode' {
            break
        }
        'clerkcheck;help;jwks' {
            break
        }
        'clerkcheck;help;env' {
            break
        }
        'clerkcheck;help;probe' {
            break
        }
        'clerkcheck;help;template' {
            break
        }
        'clerkcheck;help;explain' {
            break
        }
        'clerkcheck;help;demo' {
            break
        }
        'clerkcheck;help;schema' {
            break
        }
        'clerkcheck;help;completions' {
            break
        }
        'clerkcheck;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
