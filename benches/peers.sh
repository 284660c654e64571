#!/usr/bin/env bash
# Times whole processes beside what a user would pick instead: the same token and keys, in one run, in turns. Prints medians and ratios.
# Peers that are not installed are left out: jwt (cargo install jwt-cli), python3 with PyJWT[crypto], and node with jose and @clerk/backend (npm
# install them in any folder, and set NODE_PATH to its node_modules). A peer that does not accept the token is an error: it would be timed failing.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked --quiet
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A copy, as `cargo install` leaves one: the pages of a file that a linker has just written are dearer to map.
cp target/release/clerkcheck "$work/clerkcheck"
bin=$work/clerkcheck
# What a program costs that reads its arguments with clap, and does nothing.
mkdir "$work/nothing"
cat >"$work/nothing/Cargo.toml" <<'TOML'
[package]
name = "nothing"
edition = "2024"
[[bin]]
name = "nothing"
path = "main.rs"
[dependencies]
clap = { version = "4.6", features = ["derive"] }
[profile.release]
codegen-units = 1
lto = true
panic = "abort"
strip = true
TOML
cat >"$work/nothing/main.rs" <<'RS'
#[derive(clap::Parser)]
struct Args {
    file: Option<String>,
}
fn main() {
    let _ = <Args as clap::Parser>::parse().file;
}
RS
cargo build --release --quiet --manifest-path "$work/nothing/Cargo.toml" --target-dir "$work/target"
cp "$work/target/release/nothing" "$work/doing-nothing"
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
    "clap, doing nothing": [work + "/doing-nothing", "token.txt"],
    "clerkcheck --version": [bin, "--version"],
    "clerkcheck decode": [bin, "decode", "token.txt"],
    "clerkcheck check --jwks": [bin, "check", "token.txt", "--jwks", "keys.json", "--issuer", issuer, "--at-issue"],
}
if shutil.which("jwt"):
    runs["jwt-cli decode"] = ["jwt", "decode", token]
    runs["jwt-cli verify"] = ["jwt", "decode", "--alg", "RS256", "--secret", "@keys.json", "--ignore-exp", token]
if shutil.which("node"):
    has = lambda package: subprocess.run(["node", "-e", f"require.resolve('{package}')"], capture_output=True).returncode == 0
    runs["node alone"] = ["node", "-e", "0"]
    read = "const fs=require('fs');const keys=JSON.parse(fs.readFileSync('keys.json'));const token=fs.readFileSync('token.txt','utf8');"
    if has("jose"):
        runs["node + jose verify"] = ["node", "-e", read + "const {createLocalJWKSet,jwtVerify}=require('jose');jwtVerify(token,createLocalJWKSet(keys))"]
    if has("@clerk/backend"):
        pem = "const pem=require('crypto').createPublicKey({key:keys.keys[0],format:'jwk'}).export({type:'spki',format:'pem'});"
        verify = "require('@clerk/backend').verifyToken(token,{jwtKey:pem}).catch(error=>{console.error(error);process.exit(1)})"
        runs["node + @clerk/backend"] = ["node", "-e", read + pem + verify]
try:
    import jwt  # PyJWT
    script = "import jwt,json,sys;k=jwt.PyJWKSet(json.load(open('keys.json'))['keys']).keys[0];jwt.decode(sys.argv[1],k.key,algorithms=['RS256'],options={'verify_exp':False},audience='convex')"
    runs["PyJWT verify"] = [sys.executable, "-c", script, token]
except ImportError:
    pass

environment = {name: os.environ[name] for name in ("PATH", "NODE_PATH", "PYENV_VERSION") if name in os.environ} | {"HOME": work}


def run(command, **pipes):
    """One run: its milliseconds, and its exit code."""
    start = time.perf_counter()
    code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment, **pipes).returncode
    return (time.perf_counter() - start) * 1000, code


def memory(command):
    """The peak memory in MB, by GNU time: what this script forks begins with its own."""
    if not os.path.exists("/usr/bin/time"):
        return float("nan")
    subprocess.run(["/usr/bin/time", "-f", "%M", "-o", "memory.txt", *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)
    return int(open("memory.txt").read()) / 1024


for name, command in runs.items():
    if run(command)[1] != 0:
        sys.exit(f"{name} failed")
times = {name: [] for name in runs}
for _ in range(60):
    for name, command in runs.items():
        times[name].append(run(command, stderr=subprocess.DEVNULL)[0])
ours = sorted(times["clerkcheck check --jwks"])[30]
for name, list in times.items():
    list.sort()
    print(f"{name:<26} median {list[30]:7.2f} ms   best {list[0]:7.2f} ms   {list[30] / ours:6.2f} x of check   {memory(runs[name]):5.1f} MB")
PY
