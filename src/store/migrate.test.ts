import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DomainError } from "../core/errors.ts";
import { type MigrationTarget, migrate, migrationsOf } from "./migrate.ts";

const files = ["0002-b.sql", "0001-a.sql", "0003-c.sql"].map((name) => ({ name, sql: name }));

function target(version: number): MigrationTarget & { readonly applied: string[] } {
  const applied: string[] = [];
  return {
    location: "here",
    applied,
    version: () => version,
    apply: ({ name }) => void applied.push(name),
  };
}

describe("migrate", () => {
  it("applies in order what is not applied yet", async () => {
    for (const [version, expected] of [
      [0, ["0001-a.sql", "0002-b.sql", "0003-c.sql"]],
      [2, ["0003-c.sql"]],
      [3, []],
    ] as const) {
      const store = target(version);
      await migrate(store, migrationsOf(files));
      assert.deepEqual(store.applied, expected);
    }
  });

  it("refuses a store of a newer Taskscribe", async () => {
    const store = target(7);
    await assert.rejects(
      migrate(store, migrationsOf(files)),
      new DomainError(
        "StoreUnavailable",
        "here was made by a newer Taskscribe (schema 7, this one knows 3); use that version, or restore a backup",
        { location: "here", found: 7, expected: 3 },
      ),
    );
    assert.deepEqual(store.applied, []);
  });

  it("refuses files with a gap, a double number or none at all", () => {
    for (const names of [
      ["0002-b.sql"],
      ["0001-a.sql", "0003-c.sql"],
      ["0001-a.sql", "0001-b.sql"],
      ["a.sql"],
      [],
    ]) {
      assert.throws(() => migrationsOf(names.map((name) => ({ name, sql: "" }))), /expected/);
    }
  });
});
