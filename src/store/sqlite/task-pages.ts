import { DEFAULT_BUDGETS } from "../../budgets.ts";
import { DomainError } from "../../core/errors.ts";
import type { Task } from "../../core/task.ts";
import type { AtHand, RowRead, TaskPage, TaskQuery } from "../store.ts";
import { cursorOf, listStatement } from "./list-query.ts";
import type { Get } from "./reader.ts";
import { checkFits, type Row, toTask } from "./rows.ts";
import * as sql from "./statements.ts";
import { DamagedRow } from "./sums.ts";
import { taskName, type UnreadableRows } from "./unreadable-rows.ts";

/** A page of open tasks has about so many bytes of rows: small, so that others get their turn between two pages. */
const OPEN_PAGE_BYTES = 1024 * 1024;

/** A page of a list, in a state of the database that does not change while it is read. */
export function readList(
  query: TaskQuery,
  get: Get,
  damaged: UnreadableRows,
  atHand: AtHand | undefined,
  wasRead: RowRead | undefined,
): TaskPage {
  const { limit, bytes: most = DEFAULT_BUDGETS.listPageBytes } = query;
  const statement = listStatement(query);
  const rows = get(statement.sql).all(...statement.values);
  const tasks: Task[] = [];
  let [bytes, seen] = [0, 0];
  let last: Row | undefined;
  const page = () => {
    const damaged = seen - tasks.length;
    return damaged === 0 ? { tasks } : { tasks, damaged };
  };
  for (const row of rows) {
    if (last !== undefined && (bytes >= most || row === rows[limit])) {
      return { ...page(), next: cursorOf(Number(last["seq"])) };
    }
    last = row;
    seen += 1;
    damaged.readable([row], taskName, () => {
      const known = atHand?.(row["id"] as string) ?? readListed(get, row, wasRead);
      checkFits(known.task, query);
      bytes += known.bytes;
      tasks.push(known.task);
    });
  }
  return page();
}

function readListed(get: Get, { seq, id }: Row, wasRead: RowRead | undefined) {
  const row = get(sql.READ_TASK_AT).get(seq ?? null);
  if (row?.["id"] !== id) throw new DamagedRow("a list leads to a task that is not there");
  return readRow(row as Row, wasRead);
}

/** @throws DamagedRow */
export function readRow(row: Row, wasRead: RowRead | undefined) {
  const task = toTask(row);
  const bytes = String(row["doc"]).length;
  wasRead?.(task, bytes);
  return { task, bytes };
}

/** Open tasks in the order of their submission. Only an empty page is the last one. */
export function readOpenPage(
  after: string | undefined,
  limit: number,
  get: Get,
  damaged: UnreadableRows,
  wasRead: RowRead | undefined,
): readonly Task[] {
  const first = after === undefined ? { seq: 0 } : get(sql.FIND_SEQ).get(after);
  if (first === undefined) throw unknownTask(after);
  const tasks: Task[] = [];
  let bytes = 0;
  // Rows are read one by one, so that no more than a page of them is in memory.
  for (const row of get(sql.LIST_OPEN).iterate(Number(first["seq"]), -1)) {
    damaged.readable([row], taskName, () => {
      const read = readRow(row, wasRead);
      bytes += read.bytes;
      tasks.push(read.task);
    });
    if (tasks.length >= limit || bytes >= OPEN_PAGE_BYTES) break;
  }
  return tasks;
}

function unknownTask(id: string | undefined): DomainError {
  return new DomainError("TaskNotFound", `there is no task ${id} to go on after; begin anew`);
}
