import { isFinal } from "../../src/core/task.ts";
import type { History } from "./history.ts";
import type { Past } from "./past.ts";

/** Checks that a task that was imported, told or not, is one like any other. */
export function checkImports(history: History, past: Past): readonly string[] {
  return [...importedTwice(history), ...uncanceled(history, past)];
}

/** a task is imported into an account once, however often its file is sent. */
function importedTwice({ remains }: History): string[] {
  const taken = new Map<string, string>();
  const complaints: string[] = [];
  for (const { taskId, account, events } of remains.log) {
    const [first] = events;
    const origin = first?.type === "TaskSubmitted" ? first.task.importedFrom : undefined;
    // Forks copy what is said of the task that they were made of.
    if (first?.type !== "TaskSubmitted" || origin === undefined || first.task.forkOf) continue;
    const name = `${account} ${origin}`;
    const other = taken.get(name);
    if (other !== undefined) complaints.push(`R-7 ${name}: imported as ${other} and ${taskId}`);
    taken.set(name, taskId);
  }
  return complaints;
}

/** once nothing fails any more, an imported task that is open can be canceled, and then ends. */
function uncanceled({ entries }: History, past: Past): string[] {
  const rest = entries.findIndex(({ type }) => type === "at-rest");
  const canceled = new Map<number, string>();
  const complaints: string[] = [];
  for (const entry of entries.slice(rest)) {
    if (entry.type === "call" && entry.operation === "cancel" && entry.taskId !== undefined) {
      canceled.set(entry.call, entry.taskId);
    }
    const id = entry.type === "return" ? canceled.get(entry.call) : undefined;
    if (id === undefined || entry.type !== "return") continue;
    // It may have ended by itself just before.
    if (entry.status >= 300 && entry.code !== "TaskEnded") {
      complaints.push(`R-6 ${id}: it was imported, and its cancel was refused: ${entry.code}`);
    } else if (!isFinal(past.last(id)?.state ?? "pending")) {
      complaints.push(`R-6 ${id}: it was imported and canceled, and has not ended`);
    }
  }
  return complaints;
}
