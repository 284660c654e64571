#!/usr/bin/env bash
# Times whole processes beside what a user would pick instead: the same token and keys, in one run, in turns. Prints medians and ratios.
# Peers that are not installed are left out: jwt (cargo install jwt-cli), node with jose (npm install jose), python3 with PyJWT[crypto].
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked --quiet
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bin=$PWD/target/release/clerkcheck
python3 - "$PWD" "$work" "$bin" <<'PY'
import base64, json, os, shutil, subprocess, sys, time

root, work, bin = sys.argv[1:]
os.chdir(work)
# The demo serves an instance with keys and prints fresh tokens.
serve = subprocess.Popen([bin, "demo", "--serve"], stdout=subprocess.PIPE, text=True)
import re, urllib.request
lines, token, issuer = [], None, None
while token is None or issuer is None:
    line = serve.stdout.readline()
    if not line:
        sys.exit("the demo instance did not start")
    found = re.search(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", line)
    token = token or (found and found.group(0))
    found = re.search(r"http://127\.0\.0\.1:\d+", line)
    issuer = issuer or (found and found.group(0))
keys = urllib.request.urlopen(issuer + "/.well-known/jwks.json").read()
open("keys.json", "wb").write(keys)
open("token.txt", "w").write(token)
serve.terminate()

runs = {
    "/bin/true": ["/bin/true"],
    "clerkcheck --version": [bin, "--version"],
    "clerkcheck decode": [bin, "decode", "token.txt"],
    "clerkcheck check --jwks": [bin, "check", "token.txt", "--jwks", "keys.json", "--issuer", issuer, "--at-issue"],
}
if shutil.which("jwt"):
    runs["jwt-cli decode"] = ["jwt", "decode", token]
    runs["jwt-cli verify"] = ["jwt", "decode", "--alg", "RS256", "--secret", "@keys.json", "--ignore-exp", token]
if shutil.which("node"):
    probe = subprocess.run(["node", "-e", "require.resolve('jose')"], cwd=root, capture_output=True)
    runs["node alone"] = ["node", "-e", "0"]
    if probe.returncode == 0:
        script = "const {createLocalJWKSet,jwtVerify}=require('jose');jwtVerify(process.argv[1],createLocalJWKSet(JSON.parse(require('fs').readFileSync('keys.json'))))"
        runs["node + jose verify"] = ["node", "-e", script, token]
try:
    import jwt  # PyJWT
    script = "import jwt,json,sys;k=jwt.PyJWKSet(json.load(open('keys.json'))['keys']).keys[0];jwt.decode(sys.argv[1],k.key,algorithms=['RS256'],options={'verify_exp':False},audience='convex')"
    runs["PyJWT verify"] = [sys.executable, "-c", script, token]
except ImportError:
    pass

times = {name: [] for name in runs}
for _ in range(40):
    for name, command in runs.items():
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "HOME": work})
        times[name].append((time.perf_counter() - start) * 1000)
ours = sorted(times["clerkcheck check --jwks"])[20]
for name, list in times.items():
    list.sort()
    print(f"{name:<26} median {list[20]:7.2f} ms   best {list[0]:7.2f} ms   {list[20] / ours:6.2f} x of check")
PY
