import type { Reason } from "../../src/engine/health.ts";
import type { History, Standing } from "./history.ts";

/** checks that a task that stays open waits for something that has a name and exists. */
export function checkRest({ atRest, stuck, entries }: History): readonly string[] {
  const open = new Set(atRest.map(({ id }) => id));
  return [
    ...atRest.flatMap((standing) => explain(standing, open)),
    ...stuck.map(({ id, state }) => `R-6 ${id}: it is ${state} and never ended, whatever was done`),
    ...unanswered(entries),
  ];
}

function explain({ id, state, now, reasons }: Standing, open: ReadonlySet<string>): string[] {
  const real = reasons.filter((reason) => holds(reason, now, open));
  if (real.length > 0) return [];
  const given = reasons.map((reason) => JSON.stringify(reason)).join(" ") || "nothing";
  return [`R-6 ${id}: it is ${state} at rest, and what explains it is ${given}`];
}

/** Whether the reason explains why a task does not move. A time that has passed does not. */
function holds(reason: Reason, now: number, open: ReadonlySet<string>): boolean {
  switch (reason.code) {
    case "paused":
    case "awaiting-approval":
    case "silent-step":
      return true;
    case "key-held":
      return open.has(reason.by ?? "");
    case "type-limit":
    case "account-limit":
    case "no-free-slot":
      return reason.running > 0;
    case "memory-full":
      return reason.heldBytes > reason.limitBytes;
    case "waiting-for-subtasks":
      return reason.subtasks.every((id) => open.has(id));
    case "delayed":
      return reason.until > now;
    case "waiting-for-retry":
      return reason.at > now;
    case "rate-limit":
      return reason.nextAt > now;
    // This reason alone explains nothing. The step that is being undone has another.
    default:
      return false;
  }
}

function unanswered(entries: History["entries"]): string[] {
  const open = new Map<number, string>();
  for (const entry of entries) {
    if (entry.type === "call") open.set(entry.call, entry.operation);
    if (entry.type === "return" || entry.type === "lost") open.delete(entry.call);
  }
  return [...open].map(([call, operation]) => `R-6 call ${call} (${operation}): never answered`);
}
