import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";

/** `AUTH.md §4`, `AUTH.md 1.1`, `CONTRACT.md §2.4`: a page of docs/contract, and a section of it if one is named. */
const CITATION = /\b(AUTH|CONTRACT|CLIENTS)\.md`?(?:\)? ?(?:§ ?)?(\d+(?:\.\d+)*)\b)?/g;

interface Citation {
  readonly file: string;
  readonly page: string;
  readonly section: string | undefined;
}

const citations: readonly Citation[] = globSync("{src,test,docs}/**/*.{ts,md}", {
  exclude: ["docs/contract/**", "test/citations.test.ts"],
}).flatMap((file) =>
  [...readFileSync(file, "utf8").matchAll(CITATION)].map(([, page = "", section]) => ({
    file,
    page,
    section,
  })),
);

/** The numbers of a page's headings, as `1.1` of `### 1.1 CanonicalURI`. */
function sectionsOf(page: string): readonly string[] {
  const text = readFileSync(`docs/contract/${page}.md`, "utf8");
  return [...text.matchAll(/^#+ (\d+(?:\.\d+)*)\.? /gm)].map(([, number = ""]) => number);
}

test("every section of the contract that code, tests and docs cite exists", () => {
  const missing = citations.filter(
    ({ page, section }) => section !== undefined && !sectionsOf(page).includes(section),
  );
  assert.deepEqual(missing, []);
  assert.ok(citations.filter(({ section }) => section !== undefined).length > 20, "none found");
});

test("a section that does not exist is found", () => {
  assert.ok(sectionsOf("AUTH").includes("4"));
  assert.ok(!sectionsOf("AUTH").includes("44"));
  const found = [..."rows 1 of AUTH.md §44".matchAll(CITATION)].map((match) => match[2]);
  assert.deepEqual(found, ["44"]);
});
