// Records what the real packages read: node oracle.mjs > ../../tests/env_oracle.json (after npm install in a copy of this folder)
import { readFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import dotenv from "dotenv";
import next from "@next/env";
import { loadEnv } from "vite";

const lines = JSON.parse(readFileSync(new URL("lines.json", import.meta.url), "utf8"));
const initial = { ...process.env };
const reset = () => {
  for (const key of Object.keys(process.env)) if (!(key in initial)) delete process.env[key];
};
const rows = lines.map((text) => {
  const folder = mkdtempSync(join(tmpdir(), "env-oracle-"));
  writeFileSync(join(folder, ".env"), text);
  reset();
  const read = { text, dotenv: dotenv.parse(text).A ?? null };
  read.next = next.loadEnvConfig(folder, true, { info() {}, error() {} }, true).combinedEnv.A ?? null;
  reset();
  read.vite = loadEnv("development", folder, "A").A ?? null;
  return read;
});
console.log(JSON.stringify(rows, null, 1));
