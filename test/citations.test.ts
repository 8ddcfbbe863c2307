import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
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

/** `src/log.ts`, `docs/decisions/`, `test/fuzz/*.test.ts`: paths from the root of the project. */
const PATH =
  /(?<![\w./$-])(?:\.ci|bench|deploy|docs|examples|scripts|src|test)\/[\w.*{},/-]*[\w*}/]/g;
/** Code between backticks, and blocks of code. */
const CODE = /```[\s\S]*?```|`[^`\n]+`/g;
/** `[text](how-to/operate.md#alerts)`, without addresses of the web. */
const LINK = /\]\((?![a-z]+:)([^)#\s]+)(?:#[^)\s]*)?\)/g;

/** Paths in code that lead nowhere: from the root, or from the folder of the page. What has a placeholder (`<name>`) is left out. */
function missingPaths(page: string, text: string): readonly string[] {
  const named = [...text.matchAll(CODE)].flatMap(([code]) =>
    [...code.matchAll(PATH)]
      .filter(({ 0: path, index }) => code[index + path.length] !== "<")
      .map(([path]) => path),
  );
  const linked = [...text.matchAll(LINK)].map(([, path = ""]) => join(dirname(page), path));
  return [...named, ...linked].filter(
    (path) => globSync([path, join(dirname(page), path)]).length === 0,
  );
}

test("every path that the docs and the READMEs name or link to exists", () => {
  const pages = globSync(["*.md", "{docs,src,bench,deploy,test}/**/*.md", "examples/*/*.md"], {
    exclude: ["docs/contract/**"],
  });
  assert.ok(pages.length > 30, "the pages were not found");
  const missing = pages.flatMap((page) =>
    missingPaths(page, readFileSync(page, "utf8")).map((path) => `${page}: ${path}`),
  );
  assert.deepEqual(missing, []);
});

test("a path that does not exist is found, a glob or a placeholder is not", () => {
  const text = [
    "`src/log.ts`, `npm test -- test/no.test.ts`, `test/*.test.ts`, `src/{core,gone}/task.ts`,",
    "`src/dialects/<name>/routes.ts`, [one](core/task.ts#words), [two](core/no.ts), [web](https://a.b/c.ts)",
  ].join("\n");
  assert.deepEqual(missingPaths("src/README.md", text), ["test/no.test.ts", "src/core/no.ts"]);
});
