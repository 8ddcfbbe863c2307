import type { Entry } from "./history.ts";
import type { Run } from "./simulate.ts";

/** Describes a run for people: what happened from outside, the log, and the broken promises. */
export function* tell({ seed, history, violations, digest }: Run): Generator<string> {
  yield `seed ${seed}, digest ${digest}`;
  yield "";
  for (const entry of history.entries) yield line(entry);
  yield "";
  yield "the log:";
  for (const { position, taskId, firstVersion, events } of history.remains.log) {
    const told = events.map((event) => {
      const { type, at, ...rest } = event;
      const more = "task" in rest ? { type: rest.task.type, key: rest.task.concurrencyKey } : rest;
      return `${type} ${JSON.stringify(more)} at ${at}`;
    });
    yield `${position} ${taskId} from version ${firstVersion}: ${told.join("; ")}`;
  }
  yield "";
  yield violations.length === 0 ? "all is as promised" : "not as promised:";
  yield* violations;
}

function line(entry: Entry): string {
  const { type, ...rest } = entry;
  const fields = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${type} ${fields.join(" ")}`;
}
