import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { ACCESS_ACTIONS } from "../src/access/api.ts";
import { ASSUME_ROLE } from "../src/access/roles/assume-role.ts";
import { systemClock } from "../src/clock.ts";
import { ACCESS } from "../src/dialects/access/dialect.ts";
import { DEFAULT_SETTINGS, type Dialect } from "../src/dialects/dialect.ts";
import { DIALECTS } from "../src/dialects/registry.ts";
import { Push } from "../src/push/push.ts";
import { FakeTaskService } from "./support/fake-task-service.ts";

/** What policies call operations and resources: the docs are held to the dialects, in both directions. */

const PAGE = "docs/how-to/keys-and-policies.md";

interface Named {
  readonly name: string;
  readonly prefix: string;
  readonly resource: string | undefined;
  readonly actions: ReadonlySet<string>;
}

const NAMED: readonly Named[] = [
  ...DIALECTS.map((dialect) => ({
    name: dialect.name,
    prefix: dialect.policy.prefix,
    resource: dialect.policy.resource,
    actions: new Set(actionsOf(dialect)),
  })),
  {
    name: ACCESS.name,
    prefix: ACCESS.policy.prefix,
    resource: ACCESS.policy.resource,
    actions: new Set(ACCESS_ACTIONS),
  },
];

function actionsOf(dialect: Dialect): readonly string[] {
  const service = new FakeTaskService();
  const push = new Push({ service, clock: systemClock, onCommit: () => () => undefined });
  const routes = dialect.routes({ service, settings: DEFAULT_SETTINGS, push });
  return routes.map(({ action }) => action);
}

/** The rows of the table `product | actions | resource`. */
function rowsIn(text: string): readonly (readonly string[])[] {
  const [, after = ""] = text.split("| product | actions | resource |\n");
  const lines = after.split("\n").slice(1);
  const end = lines.findIndex((line) => !line.startsWith("|"));
  return lines.slice(0, end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function inCode(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

describe(PAGE, () => {
  const rows = rowsIn(readFileSync(PAGE, "utf8"));

  test("has a row for every dialect, in the order of the registry", () => {
    assert.equal(rows.length, NAMED.length);
  });

  for (const [index, { name, prefix, resource, actions }] of NAMED.entries()) {
    const [, actionCell = "", resourceCell = ""] = rows[index] ?? [];
    test(`names actions of ${name} that there are, as ${prefix}:Action`, () => {
      const named = inCode(actionCell);
      assert.ok(named.length > 0, "the row names no action");
      for (const action of named) {
        assert.ok(action.startsWith(`${prefix}:`), action);
        assert.ok(actions.has(action.slice(prefix.length + 1)), action);
      }
    });
    test(`says what a policy on ${name} can be about`, () => {
      const [written = ""] = inCode(resourceCell);
      const expected =
        resource === undefined ? "*" : `acs:${prefix}:{region}:{account}:${resource}`;
      assert.equal(written.replace(/\{\w+\}$/, "{id}"), expected);
    });
  }
});

describe("an action, wherever it is written with a prefix", () => {
  const prefixes = new Map<string, Set<string>>();
  for (const { prefix, actions } of NAMED) {
    for (const action of actions) {
      prefixes.set(action, (prefixes.get(action) ?? new Set()).add(prefix));
    }
  }
  // Whoever assumes a role is also judged by RAM's own name for it.
  const [prefix = "", action = ""] = ASSUME_ROLE.split(":");
  prefixes.get(action)?.add(prefix);
  const files = globSync([
    "{README,ARCHITECTURE,CHANGELOG}.md",
    "docs/**/*.md",
    "src/**/*.{ts,md}",
    "{deploy,bench,scripts}/**/*.{ts,md}",
  ]).filter((file) => !file.endsWith(".test.ts"));

  test("has the one that the code judges by", () => {
    assert.ok(files.length > 100, "no files found; run this from the project's folder");
    let seen = 0;
    for (const file of files) {
      const text = readFileSync(file, "utf8");
      for (const [whole, prefix = "", action = ""] of text.matchAll(
        /(?<![\w:-])([a-z]+):([A-Z][A-Za-z0-9]+)\b/g,
      )) {
        const right = prefixes.get(action);
        if (right === undefined) continue;
        seen += 1;
        assert.ok(
          right.has(prefix),
          `${file}: ${whole}; give ${[...right].join(" or ")}:${action}`,
        );
      }
    }
    assert.ok(seen > 10, `only ${seen} were found`);
  });

  test("is written in full where our own API says who may do it", () => {
    const text = readFileSync("docs/native-api.md", "utf8");
    const permissions = [...text.matchAll(/permission `([^`]+)`/g)].map(([, name = ""]) => name);
    assert.ok(permissions.length > 0, "the page names no permission");
    for (const name of permissions) assert.match(name, /^taskscribe:/);
  });
});
