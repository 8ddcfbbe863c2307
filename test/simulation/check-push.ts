import { isDeepStrictEqual } from "node:util";
import { redactEvents } from "../../src/redact.ts";
import type { RecordedEvents } from "../../src/store/store.ts";
import type { Delivered, Heard, History } from "./history.ts";

/**
 * every listener receives every entry of the log unchanged. A stream receives it once and in order, over all its
 * connections; a webhook at least once, and each task's in order. What was archived before it came to that is excused
 * (docs/how-to/waiting.md).
 */
export function checkPush(history: History): readonly string[] {
  return [...checkStreams(history), ...checkWebhooks(history)];
}

function* checkStreams({ entries, remains }: History): Generator<string> {
  const heard = new Map<string, { account: string; of?: string; all: Heard[] }>();
  for (const entry of entries) {
    if (entry.type === "listening") {
      const { account, of } = entry;
      heard.set(`stream ${entry.listener}`, { account, ...(of && { of }), all: [] });
    }
    if (entry.type === "streamed") heard.get(`stream ${entry.listener}`)?.all.push(entry);
  }
  for (const [who, { account, of, all }] of heard) {
    const meant = remains.log.filter(
      (one) => one.account === account && (of === undefined || one.taskId === of),
    );
    yield* compare(who, all, meant);
    let last = 0;
    for (const { position } of all) {
      if (position <= last) yield `R-10 ${who}: position ${position} came after ${last}`;
      last = position;
    }
    yield* missing(who, all, meant, of === undefined ? remains.archived : []);
  }
}

function* checkWebhooks({ entries, remains }: History): Generator<string> {
  for (const { id, account, letters } of remains.webhooks) {
    const all = entries
      .filter((entry) => entry.type === "delivered")
      .filter((one) => one.webhook === id);
    yield* ids(id, all);
    const meant = remains.log.filter((one) => one.account === account);
    yield* compare(id, all, meant);
    const buried = meant.filter(({ position }) => letters.includes(position));
    yield* missing(id, [...all, ...buried], meant, remains.archived);
    const last = new Map<string, number>();
    for (const { taskId, position } of firsts(all)) {
      const before = last.get(taskId) ?? 0;
      if (position < before) yield `R-10 ${id}: ${taskId} at ${position} came after ${before}`;
      last.set(taskId, position);
    }
  }
}

/** An entry keeps its id, also over restores, and no other entry gets it. */
function* ids(who: string, all: readonly Delivered[]) {
  const [named, placed] = [new Map<number, string>(), new Map<string, number>()];
  for (const { id, position } of all) {
    const isOther = (named.get(position) ?? id) !== id || (placed.get(id) ?? position) !== position;
    if (isOther)
      yield `R-10 ${who}: ${position} came as ${id}, and one of the two otherwise before`;
    named.set(position, id);
    placed.set(id, position);
  }
}

/** The entries, each when it was received first. It may be received again. */
function firsts(all: readonly Heard[]): readonly Heard[] {
  const known = new Set<number>();
  return all.filter(({ position }) => !known.has(position) && known.add(position));
}

function* compare(who: string, all: readonly Heard[], meant: readonly RecordedEvents[]) {
  const log = new Map(meant.map((one) => [one.position, one]));
  for (const { position, taskId, firstVersion, events } of all) {
    const real = log.get(position);
    const same =
      real?.taskId === taskId &&
      real.firstVersion === firstVersion &&
      isDeepStrictEqual(plain(events), plain(redactEvents(real.events)));
    if (!same) yield `R-10 ${who}: what came as ${position} of ${taskId} is not in the log`;
  }
}

function* missing(
  who: string,
  all: readonly Heard[],
  meant: readonly RecordedEvents[],
  excused: readonly string[],
) {
  const known = new Set(all.map(({ position }) => position));
  for (const { position, taskId } of meant) {
    if (known.has(position) || excused.includes(taskId)) continue;
    yield `R-10 ${who}: ${position} of ${taskId} never came`;
  }
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
