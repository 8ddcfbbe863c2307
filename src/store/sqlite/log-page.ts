import type { EventQuery } from "../store.ts";
import type { Get } from "./reader.ts";
import type { Row } from "./rows.ts";
import { READ_ACCOUNT_EVENTS, READ_ALL_EVENTS, READ_TASK_EVENTS } from "./statements.ts";

/** The rows of a page of the log. What is behind the end of the page is not read. */
export function logRows(get: Get, query: EventQuery): readonly Row[] {
  const { account, taskId, after, limit, bytes } = query;
  const [statement, values] =
    taskId !== undefined
      ? [READ_TASK_EVENTS, [taskId, account ?? null, after, limit]]
      : account !== undefined
        ? [READ_ACCOUNT_EVENTS, [account, after, limit]]
        : [READ_ALL_EVENTS, [after, limit]];
  const rows = get(statement);
  return bytes === undefined ? rows.all(...values) : upTo(bytes, rows.iterate(...values));
}

function upTo(most: number, rows: Iterable<Row>): readonly Row[] {
  const page: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    page.push(row);
    bytes += Buffer.byteLength(String(row["events"]));
    if (bytes >= most) break;
  }
  return page;
}
