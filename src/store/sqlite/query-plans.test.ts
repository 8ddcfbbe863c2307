import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { TASK_STATES, type TaskState } from "../../core/task.ts";
import type { TaskQuery } from "../store.ts";
import { connectMemory } from "./file/connection.ts";
import { countStatement, listStatement } from "./list-query.ts";
import { migrateDatabase } from "./open.ts";
import * as statements from "./statements.ts";

/** EXPLAIN QUERY PLAN, as lines; `top`: not inside a subquery. */
function plan(db: DatabaseSync, sql: string): readonly { detail: string; top: boolean }[] {
  const values = Array(sql.split("?").length - 1).fill(null);
  const rows = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
  return rows.map((row) => ({ detail: String(row["detail"]), top: row["parent"] === 0 }));
}

/** Whether a line of a plan costs the same however many tasks there are. */
function isBounded(detail: string): boolean {
  // The shape of max(): one step to the end of the table.
  if (/^SEARCH \w+$/.test(detail)) return true;
  // "page" is the materialised page of a list: no longer than its limit.
  if (/^SCAN (page|CONSTANT ROW)/.test(detail)) return true;
  if (/^SEARCH/.test(detail))
    return /USING (COVERING )?INDEX|USING (INTEGER )?PRIMARY KEY/.test(detail);
  return !/^SCAN|TEMP B-TREE/.test(detail);
}

/** Walks of the whole log or of the newest rows: a SCAN that begins at the position and ends at the limit. */
const IN_ROWID_ORDER: readonly string[] = [statements.LAST_TASK, statements.LAST_EVENTS];
/** Of a table that has a row an account, product, type and state: read and sorted whole. */
const SMALL: readonly string[] = [statements.READ_ALL_COUNTS, statements.READ_USAGE];

/** Reads all counters for /metrics: their number goes by accounts, types and states, never by tasks. */
const OVER_ALL_COUNTERS: readonly string[] = [statements.READ_ALL_COUNTS];

describe("query plans", () => {
  const db = connectMemory();
  before(() => migrateDatabase(db, ":memory:"));
  after(() => db.close());

  for (const [name, sql] of Object.entries(statements)) {
    if (SMALL.includes(sql)) continue;
    it(`${name} reads no more than it needs`, () => {
      for (const { detail } of plan(db, sql)) {
        if (OVER_ALL_COUNTERS.includes(sql)) {
          assert.match(detail, /^SCAN task_counts|TEMP B-TREE FOR GROUP BY$/);
          continue;
        }
        assert.ok(isBounded(detail) || IN_ROWID_ORDER.includes(sql), `${name}: ${detail}`);
        assert.doesNotMatch(detail, /TEMP B-TREE/);
      }
    });
  }

  it("a count walks the same indexes, and sorts nothing", () => {
    for (const query of queries()) {
      const { sql } = countStatement(query, 100);
      for (const { detail } of plan(db, sql)) {
        // What is scanned is the rows of the walks, which the limit ends.
        const walks = /^(CO-ROUTINE|COMPOUND QUERY|LEFT-MOST SUBQUERY|UNION ALL|SCAN \(subquery)/;
        assert.ok(walks.test(detail) || isBounded(detail), `${sql}: ${detail}`);
        assert.doesNotMatch(detail, /TEMP B-TREE/);
      }
    }
  });

  it("a list, whatever it filters by, walks an index in its order", () => {
    for (const query of queries()) {
      const { sql } = listStatement(query);
      for (const { detail, top } of plan(db, sql)) {
        // Only the page itself is sorted, and it has at most 1,001 rows.
        const sortsPage = top && detail === "USE TEMP B-TREE FOR ORDER BY";
        assert.ok(isBounded(detail) || sortsPage, `${sql}: ${detail}`);
        // The walk starts at the cursor, it does not skip to it.
        if (detail.includes("tasks_by_")) assert.match(detail, /rowid<\?/);
      }
    }
  });
});

/** Every combination of filters, with and without states. */
function queries(): readonly TaskQuery[] {
  const filters = ["product", "type", "targetId", "parentId", "forkOf"] as const;
  const states: readonly (readonly TaskState[])[] = [
    ["failed"],
    ["pending", "running"],
    TASK_STATES,
  ];
  return Array.from({ length: 2 ** filters.length }, (_, chosen) => {
    const given = filters.filter((_, i) => chosen & (1 << i)).map((filter) => [filter, "x"]);
    const query = { account: "a", limit: 20, ...Object.fromEntries(given) };
    return [query, ...states.map((some) => ({ ...query, states: some }))];
  }).flat();
}
