import { DomainError } from "../../core/errors.ts";
import { TASK_STATES } from "../../core/task.ts";
import type { TaskFilter, TaskQuery } from "../store.ts";
import { PHASES, phaseOf } from "./rows.ts";

export interface Sql {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/**
 * The indexes, the most selective first. A filter that the index does not cover is checked row by row. `split` is the
 * column between the filter and the order of submission.
 */
const PATHS = [
  { filter: "forkOf", column: "fork_of", index: "tasks_by_fork", split: "none" },
  { filter: "parentId", column: "parent_id", index: "tasks_by_parent", split: "none" },
  { filter: "targetId", column: "target_id", index: "tasks_by_target", split: "phase" },
  { filter: "type", column: "type", index: "tasks_by_type", split: "state" },
  { filter: "product", column: "product", index: "tasks_by_product", split: "state" },
] as const;

const WHOLE_ACCOUNT = { index: "tasks_by_account", split: "none" } as const;
const BY_STATE = { index: "tasks_by_state", split: "state" } as const;

/**
 * A list, newest first, in the order of an index: `… state = ? AND seq < ? ORDER BY seq DESC` needs no sorting. Each of
 * several states is such a walk of the index; SQLite merges the walks and reads only the page plus one row for each
 * walk. The rows have positions and ids; the tasks are read one by one, unless they are in memory.
 */
export function listStatement(query: TaskQuery): Sql {
  const walks = walksOf(query, query.cursor);
  return {
    sql: `
      WITH page AS MATERIALIZED (${walks.sql} ORDER BY seq DESC LIMIT ? OFFSET ?)
      SELECT page.seq AS seq, tasks.id AS id FROM page CROSS JOIN tasks ON tasks.seq = page.seq
      ORDER BY page.seq DESC`,
    values: [...walks.values, query.limit + 1, query.skip ?? 0],
  };
}

/** The same walks, up to `most` rows. */
export function countStatement(filter: TaskFilter, most: number): Sql {
  const walks = walksOf(filter);
  return {
    sql: `SELECT count(*) AS count FROM (${walks.sql} LIMIT ?)`,
    values: [...walks.values, most],
  };
}

function walksOf(query: TaskFilter, cursor?: string): Sql {
  const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : parseCursor(cursor);
  const { index, split } =
    PATHS.find(({ filter }) => query[filter] !== undefined) ??
    (query.states ? BY_STATE : WHOLE_ACCOUNT);
  const walks = splits(query, split).map((part) => {
    const conditions = [...filters(query), ...part, { sql: "seq < ?", values: [before] }];
    const where = conditions.map(({ sql }) => sql).join(" AND ");
    return {
      sql: `SELECT seq FROM tasks INDEXED BY ${index} WHERE ${where}`,
      values: conditions.flatMap(({ values }) => values),
    };
  });
  return {
    sql: walks.map(({ sql }) => sql).join(" UNION ALL "),
    values: walks.flatMap(({ values }) => values),
  };
}

function filters(query: TaskFilter): readonly Sql[] {
  const given = PATHS.flatMap(({ filter, column }) => {
    const value = query[filter];
    return value === undefined ? [] : [equal(column, value)];
  });
  return [equal("account", query.account), ...given];
}

/** The conditions of each walk: together they select each requested state once. */
function splits({ states }: TaskFilter, split: "none" | "phase" | "state"): readonly Sql[][] {
  if (split === "state")
    return unique(states ?? TASK_STATES).map((state) => [equal("state", state)]);
  const asked = states ? [anyOf("state", unique(states))] : [];
  if (split === "none") return [asked];
  const phases = states ? unique(states.map(phaseOf)) : PHASES;
  return phases.map((phase) => [equal("phase", phase), ...asked]);
}

function equal(column: string, value: string): Sql {
  return { sql: `${column} = ?`, values: [value] };
}

function anyOf(column: string, values: readonly string[]): Sql {
  return { sql: `${column} IN (${values.map(() => "?").join(", ")})`, values };
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}

export function cursorOf(seq: number): string {
  return String(seq);
}

function parseCursor(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new DomainError(
    "InvalidParameter",
    `"${cursor}" is no cursor of this store; use the one that came with the page before, unchanged`,
    { parameter: "cursor", found: cursor },
  );
}
