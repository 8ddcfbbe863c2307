import { FINAL_STATES, isFinal, type TaskState } from "../../src/core/task.ts";
import type { Entry, History, Seen } from "./history.ts";
import type { Past } from "./past.ts";
import { LAST_WORDS } from "./requests.ts";

type Call = Extract<Entry, { type: "call" }>;
type Return = Extract<Entry, { type: "return" }>;

/** The answers about a task, with their times. A later answer must not be older. */
interface Told {
  readonly at: number;
  readonly version: number;
}

/** Which versions may have been shown. */
interface Range {
  readonly least: number;
  readonly most: number;
}

const OWN_WORDS: Partial<Record<TaskState, string>> = Object.fromEntries(
  FINAL_STATES.map((state) => [state, state]),
);

const EVENT_OF: Readonly<Record<string, string>> = {
  cancel: "CancelRequested",
  pause: "TaskPaused",
};

/** as clients see them: compares their answers with the final log. */
export function checkReads({ entries, remains }: History, past: Past): readonly string[] {
  const calls = new Map<number, Call & { readonly at: number }>();
  const reads = new Reads(past);
  const logged = new Map<string, Set<string>>();
  for (const { taskId, events } of remains.log) {
    const types = logged.get(taskId) ?? new Set();
    for (const { type } of events) types.add(type);
    logged.set(taskId, types);
  }
  for (const [at, entry] of entries.entries()) {
    if (entry.type === "call") calls.set(entry.call, { ...entry, at });
    const call = entry.type === "return" ? calls.get(entry.call) : undefined;
    if (call === undefined || entry.type !== "return") continue;
    reads.take(call, entry, at);
    reads.complaints.push(...controlled(call, entry, logged));
  }
  return reads.complaints;
}

/** Checks that an accepted request is in the log. */
function controlled(
  { operation, taskId = "", call }: Call,
  { status }: Return,
  logged: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const event = EVENT_OF[operation];
  if (event === undefined || status >= 300 || logged.get(taskId)?.has(event)) return [];
  return [`R-1 ${taskId}: call ${call} was told that it is to ${operation}, the log is not`];
}

class Reads {
  readonly complaints: string[] = [];
  readonly #past: Past;
  readonly #told = new Map<string, Told[]>();
  readonly #byToken = new Map<string, string>();

  constructor(past: Past) {
    this.#past = past;
  }

  take(call: Call & { readonly at: number }, answer: Return, at: number): void {
    const { operation, call: number } = call;
    const what = `call ${number} (${operation} by ${call.dialect})`;
    if (answer.status >= 500 && answer.status !== 503) {
      this.complaints.push(`R-13 ${what}: answered ${answer.status} ${answer.code}`);
    }
    if (answer.status < 300 && operation === "strange") {
      this.complaints.push(`R-9 ${what}: another account sees ${call.taskId}`);
      return;
    }
    for (const seen of answer.seen) this.#see(call, seen, at, what);
    this.#checkToken(call, answer, what);
  }

  #see(call: Call & { readonly at: number }, seen: Seen, at: number, what: string): void {
    const versions = this.#past.of(seen.id);
    if (versions === undefined) {
      this.complaints.push(`R-1 ${seen.id}: told by ${what}, and it is gone`);
      return;
    }
    const shown = this.#rangeOf(call, seen, what);
    if (shown === undefined || call.operation === "past") return;
    const told = this.#told.get(seen.id) ?? [];
    this.#told.set(seen.id, told);
    const before = told.findLast((one) => one.at < call.at);
    if (before !== undefined && shown.most < before.version) {
      const complaint = `version ${shown.most} is shown by ${what} after ${before.version}`;
      this.complaints.push(`R-2 ${seen.id}: ${complaint}`);
    }
    const highest = told.at(-1)?.version ?? 0;
    told.push({ at, version: Math.max(highest, shown.least) });
  }

  /** Checks that an answer shows a state that the task had. */
  #compare({ id, state, progress }: Seen, version: number, what: string): void {
    const then = this.#past.of(id)?.[version];
    if (then === undefined) {
      this.complaints.push(`R-1 ${id}: version ${version} was told by ${what}, and it is lost`);
    } else if (then.state !== state || then.progress !== progress) {
      const real = `${then.state} at ${then.progress}`;
      const complaint = `version ${version} is ${real}, and ${what} showed ${state} at ${progress}`;
      this.complaints.push(`R-2 ${id}: ${complaint}`);
    }
  }

  /** The possible versions of an answer without a version: the last one for an end, else any before it. */
  #rangeOf({ dialect }: Call, seen: Seen, what: string): Range | undefined {
    const { id, version } = seen;
    if (version !== undefined) {
      this.#compare(seen, version, what);
      return { least: version, most: version };
    }
    const last = this.#past.last(id);
    const said = seen.word ?? seen.state;
    if (last === undefined || said === undefined) return undefined;
    const ends = dialect === "native" ? OWN_WORDS : LAST_WORDS[dialect];
    const { version: latest } = last;
    if (!Object.values(ends).includes(said)) {
      return { least: 1, most: isFinal(last.state) ? latest - 1 : latest };
    }
    if (ends[last.state] !== said) {
      this.complaints.push(`R-3 ${id}: ${what} says ${said}, its end is ${last.state}`);
    }
    return { least: latest, most: latest };
  }

  #checkToken({ token, account }: Call, { status, seen }: Return, what: string): void {
    const [first] = seen;
    if (token === undefined || first === undefined || status !== 201) return;
    const known = this.#byToken.get(`${account} ${token}`) ?? first.id;
    this.#byToken.set(`${account} ${token}`, known);
    if (known !== first.id) {
      this.complaints.push(`R-7 ${token}: ${what} made ${first.id}, before it was ${known}`);
    }
  }
}
