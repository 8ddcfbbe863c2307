import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { HEADER_RULES, MEANING_HEADERS } from "../src/auth/header-rules.ts";

/* Row 15: every header that the server reads has a rule, so that no new one can change a signed request unnoticed. */

const READERS = ["access", "dialects", "http", "message", "push"];
const READ = [
  /\bheader\("([a-z-]+)"\)/g,
  /headers\["([a-z-]+)"\]/g,
  /\bheaders\.([a-z]+)\b/g,
  /headerText\([^()]*, "([a-z-]+)"\)/g,
  /_HEADER = "([a-z-]+)"/g,
];
/** Methods of Headers and of Fastify's replies, and what is read of answers. */
const NO_HEADERS = new Set(["get", "set", "has", "etag"]);

function headersRead(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const files = READERS.flatMap((room) => globSync(`src/${room}/**/*.ts`));
  for (const file of files.filter((each) => !each.endsWith(".test.ts"))) {
    const source = readFileSync(file, "utf8");
    for (const pattern of READ)
      for (const [, name = ""] of source.matchAll(pattern)) found.set(name, file);
  }
  return found;
}

test("every header that the server reads has a rule: it must be signed, or why it need not be", () => {
  const read = headersRead();
  for (const name of ["prefer", "idempotency-key", "x-taskscribe-at", "accept", "last-event-id"])
    assert.ok(read.has(name), `the search of this test no longer finds ${name}`);
  const unruled = [...read].filter(
    ([name]) => !Object.hasOwn(HEADER_RULES, name) && !name.startsWith("x-acs-"),
  );
  assert.deepEqual(
    unruled.filter(([name]) => !NO_HEADERS.has(name)),
    [],
    "add it to src/auth/header-rules.ts",
  );
});

test("docs/security.md names every header that must be signed, and every other one that clients send", () => {
  const docs = readFileSync("docs/security.md", "utf8");
  for (const [name, { why }] of Object.entries(HEADER_RULES))
    if (MEANING_HEADERS.includes(name)) assert.ok(docs.includes(`\`${name}\` | ${why}`), name);
    else if (/^(accept|user|if|trace|host)/.test(name))
      assert.ok(docs.includes(`\`${name}\``), name);
});
