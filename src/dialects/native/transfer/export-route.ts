import type { Task } from "../../../core/task.ts";
import { JSON_TYPE } from "../../../message/answer.ts";
import { redactEvents } from "../../../redact.ts";
import { logPages } from "../../../store/log-walk.ts";
import type { RecordedEvents } from "../../../store/store.ts";
import type { DialectContext, Route } from "../../dialect.ts";
import { withTask } from "../../task-access.ts";
import { utcMillis } from "../../timestamps.ts";
import { idOf, route } from "../answers.ts";
import { nativeTask } from "../wire.ts";
import { TRANSFER_OPERATIONS } from "./transfer-operations.ts";

/**
 * One task as one file, without its secrets, so that it can be read and imported on another server. It is the task as it was
 * when it was asked for: what is written to its log from then on is left out. A file of any length is written page by page.
 */
export function exportRoute({ service, push }: DialectContext): Route {
  return route(TRANSFER_OPERATIONS.exportTask, async (call, caller) => {
    const task = await withTask(service, undefined, caller, idOf(call), (found) => found);
    const bytes = push.feed.budgets.logPageBytes;
    const pages = logPages(service, { account: task.account, taskId: task.id, bytes });
    // The first page is read before the head goes out, because what fails here can still be answered as an error.
    const first = await pages.next();
    const exportedAt = utcMillis(push.clock.now());
    const file = `attachment; filename="${task.id.replace(/[^\w.-]/g, "_")}.json"`;
    return {
      status: 200,
      type: JSON_TYPE,
      body: "",
      headers: { "content-disposition": file },
      parts: partsOf(task, exportedAt, first.value ?? [], pages),
    };
  });
}

async function* partsOf(
  task: Task,
  exportedAt: string,
  first: readonly RecordedEvents[],
  others: AsyncIterable<readonly RecordedEvents[]>,
): AsyncGenerator<string, void, void> {
  const head = { format: "taskscribe-task", version: 1, exportedAt, task: nativeTask(task) };
  yield `${JSON.stringify(head).slice(0, -1)},"log":[${entriesOf(first, task)}`;
  if (!reaches(first, task)) {
    for await (const page of others) {
      yield `,${entriesOf(page, task)}`;
      if (reaches(page, task)) break;
    }
  }
  yield "]}";
}

/** Those of the entries that led to the task, as JSON with commas between. */
function entriesOf(entries: readonly RecordedEvents[], { version }: Task): string {
  return entries
    .filter(({ firstVersion }) => firstVersion <= version)
    .map(({ position, taskId, firstVersion, events }) =>
      JSON.stringify({ position, taskId, firstVersion, events: redactEvents(events) }),
    )
    .join();
}

function reaches(entries: readonly RecordedEvents[], { version }: Task): boolean {
  const last = entries.at(-1);
  return last !== undefined && last.firstVersion + last.events.length > version;
}
