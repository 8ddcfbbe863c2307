import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, test } from "node:test";

/** One exported type name has one meaning in src/: whoever reads it need not ask which of several is meant. */

interface Source {
  readonly path: string;
  readonly text: string;
}

/** A declaration, not a re-export: a name that an index file passes on is the same thing. */
const EXPORTED_TYPE =
  /^export (?:declare )?(?:interface|type|(?:abstract )?class|enum) ([A-Za-z_$][\w$]*)/gm;

/** Folders whose direct folders play one role each, so that the same name in two of them is the same part of each. */
const ONE_ROLE = ["src/products/", "src/dialects/"];
/** The folders that are not one product or one dialect, although they stand beside them. */
const OTHER_ROLE = ["src/dialects/native", "src/dialects/access", "src/dialects/vendor"];

const CLIENT = "src/client/";
/** The client may name the wire form of a thing as these folders name the thing. */
const KNOWN_TO_CLIENTS = [
  "src/core/",
  "src/engine/",
  "src/store/",
  "src/bulk/",
  "src/push/",
  "src/dialects/native/",
];

function typesIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(EXPORTED_TYPE)].map(([, name = ""]) => name));
}

/** The product or dialect that a file belongs to, e.g. `src/products/ack`; undefined: it belongs to none. */
function memberOf(path: string): string | undefined {
  const role = ONE_ROLE.find((folder) => path.startsWith(folder));
  const [member = ""] = role === undefined ? [] : path.slice(role.length).split("/");
  const folder = `${role}${member}`;
  return role === undefined || folder === path || OTHER_ROLE.includes(folder) ? undefined : folder;
}

/** Whether two files may declare the same name, because it means the same in both. */
function mayShare(one: string, other: string): boolean {
  const [a, b] = [memberOf(one), memberOf(other)];
  if (a !== undefined && b !== undefined) return a !== b && dirname(a) === dirname(b);
  const isWireForm = (client: string, thing: string) =>
    client.startsWith(CLIENT) && KNOWN_TO_CLIENTS.some((folder) => thing.startsWith(folder));
  return isWireForm(one, other) || isWireForm(other, one);
}

/** The names that are declared more than once without a reason, in words. */
function namesWithTwoMeanings(sources: readonly Source[]): readonly string[] {
  const files = new Map<string, string[]>();
  for (const { path, text } of sources) {
    for (const name of typesIn(text)) files.set(name, [...(files.get(name) ?? []), path]);
  }
  return [...files].flatMap(([name, paths]) => {
    const isClear = paths.every((one, i) =>
      paths.slice(i + 1).every((other) => mayShare(one, other)),
    );
    return isClear ? [] : [`${name}: declared in ${paths.join(" and ")}; rename one`];
  });
}

describe("the exported type names of src/", () => {
  test("have one meaning each", () => {
    const paths = globSync("src/**/*.ts").filter((path) => !path.endsWith(".test.ts"));
    assert.ok(paths.length > 300, "the sources are found");
    const sources = paths.sort().map((path) => ({ path, text: readFileSync(path, "utf8") }));
    const declared = sources.flatMap(({ text }) => [...typesIn(text)]);
    assert.ok(declared.length > 300, "their types are found");
    assert.deepEqual(namesWithTwoMeanings(sources), []);
  });
});

describe("the check of names", () => {
  const declares = (...paths: readonly string[]) =>
    namesWithTwoMeanings(
      paths.map((path) => ({
        path,
        text: "export interface Place {\n  readonly id: string;\n}\n",
      })),
    );

  test("finds a name with two meanings, and says where", () => {
    assert.deepEqual(declares("src/engine/a.ts", "src/store/sqlite/b.ts"), [
      "Place: declared in src/engine/a.ts and src/store/sqlite/b.ts; rename one",
    ]);
    assert.equal(declares("src/engine/a.ts", "src/engine/b.ts").length, 1);
  });

  test("finds it whatever kind of type it is", () => {
    const kinds = [
      "interface X {}",
      "type X = 1;",
      "class X {}",
      "abstract class X {}",
      "enum X {}",
    ];
    for (const kind of kinds) {
      const sources = [
        { path: "src/http/a.ts", text: `const a = 1;\nexport ${kind}\n` },
        { path: "src/push/b.ts", text: "export class X<T> extends Y {}\n" },
      ];
      assert.equal(namesWithTwoMeanings(sources).length, 1, kind);
    }
  });

  test("counts neither a re-export, nor a type of the file alone, nor a constant with its type", () => {
    const sources = [
      { path: "src/core/a.ts", text: "export const X = 1;\nexport type X = typeof X;\n" },
      { path: "src/index.ts", text: 'export type { X } from "./core/a.ts";\n' },
      { path: "src/store/b.ts", text: "interface X {}\n" },
    ];
    assert.deepEqual(namesWithTwoMeanings(sources), []);
  });

  test("lets two products or two dialects use one name, but not two files of one of them", () => {
    assert.deepEqual(declares("src/products/ack/a.ts", "src/products/lingjun/deep/b.ts"), []);
    assert.deepEqual(declares("src/dialects/bdrc/a.ts", "src/dialects/lingjun/b.ts"), []);
    assert.equal(declares("src/products/ack/a.ts", "src/products/ack/deep/b.ts").length, 1);
    assert.equal(declares("src/products/ack/a.ts", "src/dialects/ack/b.ts").length, 1);
    assert.equal(declares("src/products/a.ts", "src/products/ack/b.ts").length, 1);
    assert.equal(declares("src/dialects/vendor/a.ts", "src/dialects/ack/b.ts").length, 1);
  });

  test("lets the client use the name of what it shows, and no other", () => {
    for (const folder of KNOWN_TO_CLIENTS) {
      assert.deepEqual(declares("src/client/types.ts", `${folder}a.ts`), [], folder);
    }
    assert.equal(declares("src/client/types.ts", "src/http/a.ts").length, 1);
    assert.equal(declares("src/client/types.ts", "src/client/bulk.ts").length, 1);
    assert.equal(declares("src/client/types.ts", "src/core/a.ts", "src/engine/b.ts").length, 1);
  });
});
