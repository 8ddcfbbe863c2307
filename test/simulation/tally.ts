import type { Entry, History } from "./history.ts";

/** Counts what happened in runs, because a fault that never happens proves nothing. */
export type Tally = Readonly<Record<string, number>>;

/** The kind of a problem: its text without numbers and ids. */
export function tallyOf({ entries, remains }: History): Tally {
  const counted: Record<string, number> = {};
  const count = (name: string, times = 1) => {
    counted[name] = (counted[name] ?? 0) + times;
  };
  for (const entry of entries) {
    const name = nameOf(entry);
    if (name !== undefined) count(name);
  }
  count("tasks", remains.rows.length);
  count("tasks imported", remains.rows.filter(({ importedFrom }) => importedFrom).length);
  count("tasks archived", remains.archived.length);
  return counted;
}

export function added(one: Tally, other: Tally): Tally {
  const sum: Record<string, number> = { ...one };
  for (const [name, times] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + times;
  return sum;
}

function nameOf(entry: Entry): string | undefined {
  switch (entry.type) {
    case "fault":
      return entry.what.replace(/ of life \d+| for \S+/g, "").replace(/-?\d+ ms on/, "");
    case "ended":
      return entry.how.replace(/: .*/, "");
    case "call":
      return `call ${entry.operation}`;
    case "lost":
      return "calls without an answer";
    case "return":
      return entry.status === 503 ? "calls answered with 503" : undefined;
    case "handler-ended":
      return entry.well ? "handlers that ended well" : "handlers that did not";
    case "streamed":
      return "entries told to streams";
    case "delivered":
      return "entries told to webhooks";
    default:
      return undefined;
  }
}
