# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_clerkcheck_global_optspecs
    string join \n token-file= clipboard show-claims all project= env-file= issuer= audience= auth-config= deployment url= jwks= discovery= offline trust-token-issuer timeout= cacert= resolve= at= at-issue format= color= ascii fail-on= strict select= ignore= q/quiet report v/verbose watch h/help V/version
end

function __fish_clerkcheck_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_clerkcheck_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_clerkcheck_using_subcommand
    set -l cmd (__fish_clerkcheck_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l token-file -d 'Read the token from this file' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l project -d 'The project folder [default: found from the current folder upwards]' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l env-file -d 'Read these env files instead of the project\'s; the first wins' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l issuer -d 'The issuer that Convex trusts, instead of the configured one' -r
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l audience -d 'The application id that `aud` must equal [default: of the matching provider, else convex]' -r
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l auth-config -d 'The auth config, instead of the functions folder\'s' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l url -d 'Where the deployment is [default: what the key names]' -r
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l jwks -d 'Read the key set from this file instead of the issuer' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l discovery -d 'Read the discovery document from this file instead of the issuer' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l timeout -d 'Seconds for all requests together' -r
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l cacert -d 'Trust the certificates of this PEM file too' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l resolve -d 'Connect to ADDR for HOST:PORT, as curl does' -r
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l at -d 'Judge as of this time: RFC 3339, or seconds since the epoch' -r
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l format -d 'The form of the report' -r -f -a "human\t'For people'
json\t'One object for programs'
github\t'Annotations for GitHub Actions, the human report in a group, and a job summary'
html\t'One page without scripts, to attach to a bug report or a CI run'
sarif\t'SARIF 2.1.0, for code scanning'"
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l color -d 'Colours' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l fail-on -d 'The least severity that makes the exit code 1' -r -f -a "error\t'Errors'
warning\t'Errors and warnings'
info\t'Anything'"
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l select -d 'Ask these rules or topics only' -r
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l ignore -d 'Leave these rules or topics out' -r
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l clipboard -d 'Read the token from the clipboard'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l show-claims -d 'Open claims that are shortened otherwise: ids, e-mail, names'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l all -d 'Judge every token of the paste, not only the best'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l deployment -d 'Ask the deployment for its variables and providers too, with `CONVEX_DEPLOY_KEY` or a self-hosted admin key'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l offline -d 'Ask nobody'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l trust-token-issuer -d 'Fetch keys from the token\'s own issuer, whatever it is'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l at-issue -d 'Judge as of the moment the token was issued'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l ascii -d 'No character beyond ASCII'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l strict -d 'Treat every warning, and config-variable-unseen, as an error'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -s q -l quiet -d 'The answer alone'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l report -d 'A masked block to paste into a bug report, instead of the report'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -s v -l verbose -d 'Every file read, every variable used, every URL asked, and the identity that functions would see'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -l watch -d 'Run again when an env file, the auth config or a package file changes; Ctrl-C ends it'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -s V -l version -d 'Print version'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -a "check" -d 'Would Convex accept this token? If not: which setting is wrong, and the command that mends it'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -a "decode" -d 'What is inside a token, offline, nothing judged'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -a "jwks" -d 'Fetch discovery and JWKS as Convex does, and say whether Convex could use them'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -a "env" -d 'Does the configuration agree with itself? No token and no secret needed'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -a "probe" -d 'Ask a Convex deployment for its verdict, and compare it with ours; the only command that sends the token anywhere'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -a "template" -d 'Check a JWT template: that of the instance whose `CLERK_SECRET_KEY` is here, or a pasted one'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -a "explain" -d 'What a rule, or an error line of Convex, Clerk or the browser means; alone, the troubleshooting table'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -a "demo" -d 'The main job against a built-in Clerk instance on loopback, no account needed'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -a "schema" -d 'Print the JSON Schema of `--format json`'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -a "completions" -d 'Print a completion script'
complete -c clerkcheck -n "__fish_clerkcheck_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l token-file -d 'Read the token from this file' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l project -d 'The project folder [default: found from the current folder upwards]' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l env-file -d 'Read these env files instead of the project\'s; the first wins' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l issuer -d 'The issuer that Convex trusts, instead of the configured one' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l audience -d 'The application id that `aud` must equal [default: of the matching provider, else convex]' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l auth-config -d 'The auth config, instead of the functions folder\'s' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l url -d 'Where the deployment is [default: what the key names]' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l jwks -d 'Read the key set from this file instead of the issuer' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l discovery -d 'Read the discovery document from this file instead of the issuer' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l timeout -d 'Seconds for all requests together' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l cacert -d 'Trust the certificates of this PEM file too' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l resolve -d 'Connect to ADDR for HOST:PORT, as curl does' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l at -d 'Judge as of this time: RFC 3339, or seconds since the epoch' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l format -d 'The form of the report' -r -f -a "human\t'For people'
json\t'One object for programs'
github\t'Annotations for GitHub Actions, the human report in a group, and a job summary'
html\t'One page without scripts, to attach to a bug report or a CI run'
sarif\t'SARIF 2.1.0, for code scanning'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l color -d 'Colours' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l fail-on -d 'The least severity that makes the exit code 1' -r -f -a "error\t'Errors'
warning\t'Errors and warnings'
info\t'Anything'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l select -d 'Ask these rules or topics only' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l ignore -d 'Leave these rules or topics out' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l clipboard -d 'Read the token from the clipboard'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l show-claims -d 'Open claims that are shortened otherwise: ids, e-mail, names'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l all -d 'Judge every token of the paste, not only the best'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l deployment -d 'Ask the deployment for its variables and providers too, with `CONVEX_DEPLOY_KEY` or a self-hosted admin key'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l offline -d 'Ask nobody'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l trust-token-issuer -d 'Fetch keys from the token\'s own issuer, whatever it is'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l at-issue -d 'Judge as of the moment the token was issued'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l ascii -d 'No character beyond ASCII'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l strict -d 'Treat every warning, and config-variable-unseen, as an error'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -s q -l quiet -d 'The answer alone'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l report -d 'A masked block to paste into a bug report, instead of the report'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -s v -l verbose -d 'Every file read, every variable used, every URL asked, and the identity that functions would see'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -l watch -d 'Run again when an env file, the auth config or a package file changes; Ctrl-C ends it'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand decode" -l token-file -d 'Read the token from this file' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand decode" -l at -d 'Judge as of this time: RFC 3339, or seconds since the epoch' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand decode" -l format -d 'The form of the report' -r -f -a "human\t'For people'
json\t'One object for programs'
github\t'Annotations for GitHub Actions, the human report in a group, and a job summary'
html\t'One page without scripts, to attach to a bug report or a CI run'
sarif\t'SARIF 2.1.0, for code scanning'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand decode" -l color -d 'Colours' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand decode" -l clipboard -d 'Read the token from the clipboard'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand decode" -l all -d 'Show every token of the paste, not only the best'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand decode" -l at-issue -d 'Judge as of the moment the token was issued'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand decode" -l ascii -d 'No character beyond ASCII'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand decode" -s q -l quiet -d 'The answer alone'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand decode" -l show-claims -d 'Open claims that are shortened otherwise: ids, e-mail, names'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand decode" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l project -d 'The project folder [default: found from the current folder upwards]' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l env-file -d 'Read these env files instead of the project\'s; the first wins' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l jwks -d 'Read the key set from this file instead of the issuer' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l discovery -d 'Read the discovery document from this file instead of the issuer' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l timeout -d 'Seconds for all requests together' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l cacert -d 'Trust the certificates of this PEM file too' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l resolve -d 'Connect to ADDR for HOST:PORT, as curl does' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l format -d 'The form of the report' -r -f -a "human\t'For people'
json\t'One object for programs'
github\t'Annotations for GitHub Actions, the human report in a group, and a job summary'
html\t'One page without scripts, to attach to a bug report or a CI run'
sarif\t'SARIF 2.1.0, for code scanning'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l color -d 'Colours' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l fail-on -d 'The least severity that makes the exit code 1' -r -f -a "error\t'Errors'
warning\t'Errors and warnings'
info\t'Anything'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l select -d 'Ask these rules or topics only' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l ignore -d 'Leave these rules or topics out' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l offline -d 'Ask nobody'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l trust-token-issuer -d 'Fetch keys from the token\'s own issuer, whatever it is'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l ascii -d 'No character beyond ASCII'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l strict -d 'Treat every warning, and config-variable-unseen, as an error'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -s q -l quiet -d 'The answer alone'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -l report -d 'A masked block to paste into a bug report, instead of the report'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -s v -l verbose -d 'Every file read, every variable used, every URL asked, and the identity that functions would see'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand jwks" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l project -d 'The project folder [default: found from the current folder upwards]' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l env-file -d 'Read these env files instead of the project\'s; the first wins' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l issuer -d 'The issuer that Convex trusts, instead of the configured one' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l audience -d 'The application id that `aud` must equal [default: of the matching provider, else convex]' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l auth-config -d 'The auth config, instead of the functions folder\'s' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l url -d 'Where the deployment is [default: what the key names]' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l jwks -d 'Read the key set from this file instead of the issuer' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l discovery -d 'Read the discovery document from this file instead of the issuer' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l timeout -d 'Seconds for all requests together' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l cacert -d 'Trust the certificates of this PEM file too' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l resolve -d 'Connect to ADDR for HOST:PORT, as curl does' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l format -d 'The form of the report' -r -f -a "human\t'For people'
json\t'One object for programs'
github\t'Annotations for GitHub Actions, the human report in a group, and a job summary'
html\t'One page without scripts, to attach to a bug report or a CI run'
sarif\t'SARIF 2.1.0, for code scanning'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l color -d 'Colours' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l fail-on -d 'The least severity that makes the exit code 1' -r -f -a "error\t'Errors'
warning\t'Errors and warnings'
info\t'Anything'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l select -d 'Ask these rules or topics only' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l ignore -d 'Leave these rules or topics out' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l deployment -d 'Ask the deployment for its variables and providers too, with `CONVEX_DEPLOY_KEY` or a self-hosted admin key'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l offline -d 'Ask nobody'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l trust-token-issuer -d 'Fetch keys from the token\'s own issuer, whatever it is'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l ascii -d 'No character beyond ASCII'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l strict -d 'Treat every warning, and config-variable-unseen, as an error'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -s q -l quiet -d 'The answer alone'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l report -d 'A masked block to paste into a bug report, instead of the report'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -s v -l verbose -d 'Every file read, every variable used, every URL asked, and the identity that functions would see'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -l watch -d 'Run again when an env file, the auth config or a package file changes; Ctrl-C ends it'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand env" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l token-file -d 'Read the token from this file' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l url -d 'The deployment that the token is sent to [default: `CONVEX_URL`, with or without a framework\'s prefix]' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l project -d 'The project folder [default: found from the current folder upwards]' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l env-file -d 'Read these env files instead of the project\'s; the first wins' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l issuer -d 'The issuer that Convex trusts, instead of the configured one' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l audience -d 'The application id that `aud` must equal [default: of the matching provider, else convex]' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l auth-config -d 'The auth config, instead of the functions folder\'s' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l jwks -d 'Read the key set from this file instead of the issuer' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l discovery -d 'Read the discovery document from this file instead of the issuer' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l timeout -d 'Seconds for all requests together' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l cacert -d 'Trust the certificates of this PEM file too' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l resolve -d 'Connect to ADDR for HOST:PORT, as curl does' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l format -d 'The form of the report' -r -f -a "human\t'For people'
json\t'One object for programs'
github\t'Annotations for GitHub Actions, the human report in a group, and a job summary'
html\t'One page without scripts, to attach to a bug report or a CI run'
sarif\t'SARIF 2.1.0, for code scanning'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l color -d 'Colours' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l fail-on -d 'The least severity that makes the exit code 1' -r -f -a "error\t'Errors'
warning\t'Errors and warnings'
info\t'Anything'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l select -d 'Ask these rules or topics only' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l ignore -d 'Leave these rules or topics out' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l clipboard -d 'Read the token from the clipboard'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l show-claims -d 'Open claims that are shortened otherwise: ids, e-mail, names'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l websocket -d 'Ask over the sync WebSocket, as a browser does'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l offline -d 'Ask nobody'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l trust-token-issuer -d 'Fetch keys from the token\'s own issuer, whatever it is'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l ascii -d 'No character beyond ASCII'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l strict -d 'Treat every warning, and config-variable-unseen, as an error'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -s q -l quiet -d 'The answer alone'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -l report -d 'A masked block to paste into a bug report, instead of the report'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -s v -l verbose -d 'Every file read, every variable used, every URL asked, and the identity that functions would see'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand probe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l name -d 'The name that the app asks for' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l mint -d 'Make a token of the template for this user or session, and check it; development instances only' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l clerk-api -d 'The base URL of Clerk\'s Backend API [default: `https://api.clerk.com`]' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l project -d 'The project folder [default: found from the current folder upwards]' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l env-file -d 'Read these env files instead of the project\'s; the first wins' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l issuer -d 'The issuer that Convex trusts, instead of the configured one' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l audience -d 'The application id that `aud` must equal [default: of the matching provider, else convex]' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l auth-config -d 'The auth config, instead of the functions folder\'s' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l jwks -d 'Read the key set from this file instead of the issuer' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l discovery -d 'Read the discovery document from this file instead of the issuer' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l timeout -d 'Seconds for all requests together' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l cacert -d 'Trust the certificates of this PEM file too' -r -F
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l resolve -d 'Connect to ADDR for HOST:PORT, as curl does' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l format -d 'The form of the report' -r -f -a "human\t'For people'
json\t'One object for programs'
github\t'Annotations for GitHub Actions, the human report in a group, and a job summary'
html\t'One page without scripts, to attach to a bug report or a CI run'
sarif\t'SARIF 2.1.0, for code scanning'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l color -d 'Colours' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l fail-on -d 'The least severity that makes the exit code 1' -r -f -a "error\t'Errors'
warning\t'Errors and warnings'
info\t'Anything'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l select -d 'Ask these rules or topics only' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l ignore -d 'Leave these rules or topics out' -r
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l fix -d 'Mend the template: show the change, ask, write it, read it back'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l yes -d 'Write the change of --fix without asking'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l offline -d 'Ask nobody'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l trust-token-issuer -d 'Fetch keys from the token\'s own issuer, whatever it is'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l ascii -d 'No character beyond ASCII'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l strict -d 'Treat every warning, and config-variable-unseen, as an error'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -s q -l quiet -d 'The answer alone'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -l report -d 'A masked block to paste into a bug report, instead of the report'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -s v -l verbose -d 'Every file read, every variable used, every URL asked, and the identity that functions would see'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand template" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand explain" -l format -d 'The form of the report' -r -f -a "human\t'For people'
json\t'One object for programs'
github\t'Annotations for GitHub Actions, the human report in a group, and a job summary'
html\t'One page without scripts, to attach to a bug report or a CI run'
sarif\t'SARIF 2.1.0, for code scanning'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand explain" -l color -d 'Colours' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand explain" -l ascii -d 'No character beyond ASCII'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand demo" -l format -d 'The form of the report' -r -f -a "human\t'For people'
json\t'One object for programs'
github\t'Annotations for GitHub Actions, the human report in a group, and a job summary'
html\t'One page without scripts, to attach to a bug report or a CI run'
sarif\t'SARIF 2.1.0, for code scanning'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand demo" -l color -d 'Colours' -r -f -a "auto\t'On a terminal that wants it'
always\t'Always'
never\t'Never'"
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand demo" -l serve -d 'Keep the instance up and print its issuer, a project folder and fresh tokens'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand demo" -l ascii -d 'No character beyond ASCII'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand schema" -s h -l help -d 'Print help'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand completions" -s h -l help -d 'Print help'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand help; and not __fish_seen_subcommand_from check decode jwks env probe template explain demo schema completions help" -f -a "check" -d 'Would Convex accept this token? If not: which setting is wrong, and the command that mends it'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand help; and not __fish_seen_subcommand_from check decode jwks env probe template explain demo schema completions help" -f -a "decode" -d 'What is inside a token, offline, nothing judged'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand help; and not __fish_seen_subcommand_from check decode jwks env probe template explain demo schema completions help" -f -a "jwks" -d 'Fetch discovery and JWKS as Convex does, and say whether Convex could use them'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand help; and not __fish_seen_subcommand_from check decode jwks env probe template explain demo schema completions help" -f -a "env" -d 'Does the configuration agree with itself? No token and no secret needed'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand help; and not __fish_seen_subcommand_from check decode jwks env probe template explain demo schema completions help" -f -a "probe" -d 'Ask a Convex deployment for its verdict, and compare it with ours; the only command that sends the token anywhere'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand help; and not __fish_seen_subcommand_from check decode jwks env probe template explain demo schema completions help" -f -a "template" -d 'Check a JWT template: that of the instance whose `CLERK_SECRET_KEY` is here, or a pasted one'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand help; and not __fish_seen_subcommand_from check decode jwks env probe template explain demo schema completions help" -f -a "explain" -d 'What a rule, or an error line of Convex, Clerk or the browser means; alone, the troubleshooting table'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand help; and not __fish_seen_subcommand_from check decode jwks env probe template explain demo schema completions help" -f -a "demo" -d 'The main job against a built-in Clerk instance on loopback, no account needed'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand help; and not __fish_seen_subcommand_from check decode jwks env probe template explain demo schema completions help" -f -a "schema" -d 'Print the JSON Schema of `--format json`'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand help; and not __fish_seen_subcommand_from check decode jwks env probe template explain demo schema completions help" -f -a "completions" -d 'Print a completion script'
complete -c clerkcheck -n "__fish_clerkcheck_using_subcommand help; and not __fish_seen_subcommand_from check decode jwks env probe template explain demo schema completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
