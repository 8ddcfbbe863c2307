import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { architecturePage, tableGaps } from "../scripts/architecture-page.ts";
import { COMPUTED, FREE, RULES, type Rules } from "../scripts/rooms.ts";

interface Source {
  readonly path: string;
  readonly text: string;
}

/** What breaks the rules, in words; nothing if all is well. */
function complaints(sources: readonly Source[], rules: Rules): string[] {
  return sources
    .filter(({ path }) => !path.endsWith(".test.ts") && !FREE.includes(path))
    .flatMap(({ path, text }) => {
      const rule = ruleOf(path, rules);
      if (rule === undefined) return [`no rule covers ${path}; add one to ${RULES_FILE}`];
      return importsIn(text)
        .filter((specifier) => !allowed(path, rule, specifier, rules))
        .map((specifier) => `${path} imports ${specifier}, which ${rule} may not`);
    });
}

const RULES_FILE = "scripts/rooms.ts";
const STATIC_IMPORT = /^\s*(?:import|export)\s(?:[^"'`;()=]*?\sfrom\s*)?["']([^"']+)["']/gm;
const DYNAMIC_IMPORT =
  /(?<![.\w])(?:import|require(?:\.resolve)?)\s*\(\s*(?:(["'`])([^"'`$]+)\1\s*[,)]|(?!\s*["'`][^$]*?["'`]\s*[,)]))/g;

function importsIn(text: string): string[] {
  const code = text
    .replace(/\/\*[^"'`]*?\*\//g, "")
    .replace(/^\s*\*.*$|(?:^|\s)\/(?:\/|\*\*).*$/gm, "");
  const statics = [...code.matchAll(STATIC_IMPORT)].map(([, specifier = ""]) => specifier);
  const dynamics = [...code.matchAll(DYNAMIC_IMPORT)].map(
    ([, , specifier = COMPUTED]) => specifier,
  );
  return [...statics, ...dynamics];
}

function allowed(path: string, rule: string, specifier: string, rules: Rules): boolean {
  const target = specifier.startsWith(".") ? join(dirname(path), specifier) : specifier;
  if (target.endsWith(".test.ts")) return false;
  if (FREE.includes(target)) return rules[rule]?.includes(target) ?? false;
  if (target.startsWith("src/") || target.startsWith("console/")) {
    if (ruleOf(target, rules) === rule && home(target, rule) === home(path, rule)) return true;
  }
  return (rules[rule] ?? []).some((entry) => covers(entry, target));
}

/** The most specific key that covers the file: a name beats `*`, deeper beats higher. */
function ruleOf(path: string, rules: Rules): string | undefined {
  const keys = Object.keys(rules).filter((key) => home(path, key) !== undefined);
  return keys.toSorted((a, b) => specificity(b) - specificity(a))[0];
}

function specificity(key: string): number {
  return key.split("/").length * 2 - (key.includes("*") ? 1 : 0);
}

/** The folder (or file) that `key` stands for in this path, e.g. src/dialects/ack for src/dialects/*. */
function home(path: string, key: string): string | undefined {
  if (path === key) return path;
  const wanted = key.split("/");
  const folders = dirname(path).split("/");
  const same = wanted.every((part, i) => part === folders[i] || (part === "*" && folders[i]));
  return same ? folders.slice(0, wanted.length).join("/") : undefined;
}

function covers(entry: string, target: string): boolean {
  if (target === entry) return true;
  if (!target.startsWith("src/")) {
    return target.startsWith(entry.endsWith(":") ? entry : `${entry}/`);
  }
  const folder = dirname(target);
  return home(target, entry) === folder;
}

// --- The project -------------------------------------------------------------------------------------------------

test("every file keeps to the rule of its folder", () => {
  const paths = globSync("{src,console}/**/*.{ts,tsx,mts}", {
    exclude: (name) => /(^|\/)(node_modules|dist)$/.test(name),
  });
  assert.ok(paths.length > 20, "no sources found; run this from the project's folder");
  const sources = paths.map((path) => ({ path, text: readFileSync(path, "utf8") }));
  assert.deepEqual(complaints(sources, RULES), []);
});

test("ARCHITECTURE.md tells every room", () => {
  assert.deepEqual(tableGaps(), []);
  assert.equal(readFileSync("ARCHITECTURE.md", "utf8"), architecturePage(), "run npm run docs");
});

test("no file reaches itself over what it imports, and no folder of src over another", () => {
  const paths = globSync("{src,console}/**/*.{ts,tsx,mts}", { exclude: ["**/*.test.ts"] });
  const files = new Map(
    paths.map((path) => [
      path,
      importsIn(readFileSync(path, "utf8")).map((to) => join(dirname(path), to)),
    ]),
  );
  assert.deepEqual(circles(files), []);
  const rooms = new Map<string, string[]>();
  for (const [path, targets] of files) {
    const from = room(path);
    const others = targets.filter((to) => files.has(to)).map(room);
    rooms.set(from, [...(rooms.get(from) ?? []), ...others.filter((to) => to !== from)]);
  }
  assert.ok(rooms.size > 10, "no folders found");
  assert.deepEqual(circles(rooms), []);
});

test("a folder of src holds at most 20 files besides tests, and a file at most 400 lines", () => {
  const paths = globSync("src/**/*.*", { exclude: ["**/*.test.ts"] });
  const folders = Map.groupBy(paths, (path) => dirname(path));
  const crowded = [...folders].filter(([, files]) => files.length > 20).map(([folder]) => folder);
  assert.deepEqual(crowded, []);
  const long = paths.filter(
    (path) => path.endsWith(".ts") && readFileSync(path, "utf8").split("\n").length > 401,
  );
  assert.deepEqual(long, []);
});

test("a circle is found, of two and of more", () => {
  const graph = (...arrows: string[]) => Map.groupBy(arrows, (arrow) => arrow.charAt(0));
  const circlesOf = (...arrows: string[]) =>
    circles(
      new Map([...graph(...arrows)].map(([from, all]) => [from, all.map((to) => to.charAt(1))])),
    );
  assert.deepEqual(circlesOf("ab", "bc", "ac"), []);
  assert.deepEqual(circlesOf("ab", "ba"), [["a", "b"]]);
  assert.deepEqual(circlesOf("xa", "ab", "bc", "ca", "cd"), [["a", "b", "c"]]);
});

/** The folder of `src` a file is in; a file of `src` itself stands for itself. */
function room(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

/** Every circle of a graph, as the names on it. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    const start = path.indexOf(name);
    if (start >= 0) found.push(path.slice(start));
    if (start >= 0 || done.has(name)) return;
    for (const next of new Set(graph.get(name))) visit(next, [...path, name]);
    done.add(name);
  };
  for (const name of graph.keys()) visit(name, []);
  return found;
}

test("the client library runs where there is no Node", () => {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    const text = readFileSync(path, "utf8");
    for (const specifier of importsIn(text)) {
      assert.ok(specifier.startsWith("."), `${path} imports ${specifier}`);
      visit(join(dirname(path), specifier));
    }
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    assert.doesNotMatch(code, /(?<![\w.])(?:process|Buffer|global|setImmediate|require)\b/, path);
  };
  visit("src/client/index.ts");
  assert.ok(found.has("src/auth/percent.ts"), "the walk did not reach the end");
});

// --- The rules bite ----------------------------------------------------------------------------------------------

const complain = (path: string, text: string) => complaints([{ path, text }], RULES);
const refused = (path: string, text: string, specifier: string) => {
  const [found, ...more] = complain(path, text);
  assert.deepEqual(more, []);
  assert.match(found ?? "nothing", new RegExp(`^${path} imports ${literally(specifier)}, which`));
};
const accepted = (path: string, text: string) => assert.deepEqual(complain(path, text), []);
const literally = (text: string) => text.replace(/[()[\].*+?^$|\\{}]/g, "\\$&");

describe("an import is found", () => {
  const forms: Readonly<Record<string, string>> = {
    "by name": 'import { readFileSync } from "node:fs";',
    "of everything": 'import * as fs from "node:fs";',
    "by default and name": 'import fs, { readFileSync } from "node:fs";',
    "of a type": 'import type { Stats } from "node:fs";',
    "over several lines":
      'import {\n  readFileSync,\n  type Stats, // don\'t ask\n} from "node:fs";',
    "for its effect": 'import "node:fs";',
    "in single quotes": "import { readFileSync } from 'node:fs';",
    "passed on": 'export { readFileSync } from "node:fs";',
    "passed on whole": 'export * from "node:fs";',
    "with attributes": 'import fs from "node:fs" with { type: "json" };',
    "with a phase": 'import source fs from "node:fs";',
    indented: '  import fs from "node:fs";',
    "that waits": 'const fs = await import("node:fs");',
    "that waits, over lines": 'const fs = await import(\n  "node:fs"\n);',
    "that waits, in backticks": "const fs = await import(`node:fs`);",
    "that waits, with options": 'await import("node:fs", { with: { type: "json" } });',
    "inside a type": 'let stats: import("node:fs").Stats;',
    "by require": 'const fs = require("node:fs");',
    "by import and require": 'import fs = require("node:fs");',
    "after a comment": '/* why */ import fs from "node:fs";',
    "between others": 'import "./task.ts";\nimport fs from "node:fs";\nimport "./json.ts";',
  };
  for (const [form, text] of Object.entries(forms)) {
    test(form, () => refused("src/core/task.ts", text, "node:fs"));
  }
  test("even if its name is computed", () => {
    for (const text of [
      "await import(name);",
      'await import("node:" + name);',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
      "await import(`node:${name}`);",
    ]) {
      refused("src/core/task.ts", text, COMPUTED);
    }
  });
  test("but not in comments, nor where something is only called so", () => {
    accepted("src/core/task.ts", '/** Like `import("node:fs")`. */\nconst a = 1;');
    accepted("src/core/task.ts", '// import fs from "node:fs";\nconst a = 1;');
    accepted("src/core/task.ts", "catalog.import(name); const important = (1); reimport(x);");
    accepted("src/core/task.ts", 'export const from = "node:fs";');
    accepted("src/core/task.ts", 'export function a() { return "x"; }');
  });
});

describe("the rules bite", () => {
  const breaches: readonly (readonly [path: string, specifier: string])[] = [
    ["src/core/task.ts", "fastify"],
    ["src/core/task.ts", "./task.test.ts"],
    ["src/core/task.ts", "../../test/support/task-spec.ts"],
    ["src/core/task.ts", "../store/store.ts"],
    ["src/store/store.ts", "../engine/engine.ts"],
    ["src/store/store.ts", "./sqlite/sqlite-store.ts"],
    ["src/store/sqlite/sqlite-store.ts", "../../engine/engine.ts"],
    ["src/store/sqlite/sqlite-store.ts", "pg"],
    ["src/store/sqlite/sqlite-store.ts", "../postgres/postgres-store.ts"],
    ["src/engine/engine.ts", "../store/sqlite/sqlite-store.ts"],
    ["src/engine/engine.ts", "./local/local-executor.ts"],
    ["src/engine/engine.ts", "../products/registry.ts"],
    ["src/engine/local/local-executor.ts", "../../store/sqlite/sqlite-store.ts"],
    ["src/engine/local/local-executor.ts", "../temporal/activities.ts"],
    ["src/products/ack/cut-cluster.ts", "../lingjun/world.ts"],
    ["src/products/ack/cut-cluster.ts", "../../engine/engine.ts"],
    ["src/auth/authenticate.ts", "node:fs"],
    ["src/auth/schemes/acs3.ts", "../../core/errors.ts"],
    ["src/dialects/ack/wire.ts", "../lingjun/wire.ts"],
    ["src/dialects/ack/wire.ts", "../../engine/local/local-executor.ts"],
    ["src/dialects/ack/wire.ts", "../../http/app.ts"],
    ["src/dialects/ack/wire.ts", "node:fs"],
    ["src/dialects/native/wire.ts", "../vendor/xml.ts"],
    ["src/dialects/native/tasks/task-routes.ts", "../../vendor/collect.ts"],
    ["src/dialects/access/dialect.ts", "../vendor/vendor.ts"],
    ["src/dialects/dialect.ts", "./vendor/vendor.ts"],
    ["src/dialects/vendor/vendor.ts", "../ack/dialect.ts"],
    ["src/message/call.ts", "fastify"],
    ["src/message/call.ts", "../ack/wire.ts"],
    ["src/http/app.ts", "../store/store.ts"],
    ["src/http/app.ts", "../dialects/ack/dialect.ts"],
    ["src/client/client.ts", "../dialects/native/wire.ts"],
    ["src/client/types.ts", "../dialects/native/schemas.ts"],
    ["src/client/sign.ts", "../auth/sign.ts"],
    ["src/cli/main.ts", "../engine/engine.ts"],
    ["src/cli/main.ts", "fastify"],
    ["src/config/load.ts", "../engine/engine.ts"],
    ["src/config/load.ts", "../server/start-server.ts"],
    ["src/index.ts", "./server/start-server.ts"],
    ["console/src/main.tsx", "../../src/engine/engine.ts"],
  ];
  for (const [path, specifier] of breaches) {
    test(`${path} may not import ${specifier}`, () => {
      refused(path, `import "${specifier}";`, specifier);
    });
  }

  const links: readonly (readonly [path: string, specifier: string])[] = [
    ["src/core/decide.ts", "./task.ts"],
    ["src/store/sqlite/sqlite-store.ts", "node:worker_threads"],
    ["src/store/sqlite/sqlite-store.ts", "../store.ts"],
    ["src/engine/engine.ts", "../store/store.ts"],
    ["src/engine/local/local-executor.ts", "../executor.ts"],
    ["src/engine/temporal/worker.ts", "@temporalio/worker"],
    ["src/products/registry.ts", "./ack/product.ts"],
    ["src/products/ack/product.ts", "./deep/er.ts"],
    ["src/auth/authenticate.ts", "./schemes/acs3.ts"],
    ["src/auth/schemes/acs3.ts", "../refusals.ts"],
    ["src/dialects/registry.ts", "./ack/dialect.ts"],
    ["src/dialects/ack/routes.ts", "../../message/call.ts"],
    ["src/dialects/ack/routes.ts", "../dialect.ts"],
    ["src/dialects/ack/schemas.ts", "typebox/value"],
    ["src/client/sign.ts", "../auth/acs3-request.ts"],
    ["src/cli/commands/serve.ts", "../../server/start-server.ts"],
    ["src/cli/commands/serve.ts", "../output.ts"],
    ["src/server/start-server.ts", "../store/sqlite/sqlite-store.ts"],
    ["src/core/decide.test.ts", "node:test"],
  ];
  for (const [path, specifier] of links) {
    test(`${path} may import ${specifier}`, () => accepted(path, `import "${specifier}";`));
  }

  test("a folder without a rule is not free", () => {
    const [complaint] = complain("src/utils/strings.ts", "");
    assert.match(complaint ?? "", /^no rule covers src\/utils\/strings.ts/);
    assert.equal(complain("src/loose.ts", "").length, 1);
    assert.equal(complain("src/enginex/a.ts", "").length, 1);
  });
  test("each breach is told", () => {
    assert.equal(complain("src/core/a.ts", 'import "pg";\nimport "node:fs";').length, 2);
  });
});
