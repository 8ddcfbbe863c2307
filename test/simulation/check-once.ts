import type { History, Seen } from "./history.ts";

/** The beginning of the reason of an answer to a question; what follows is another number for each answer. */
export const ANSWER = "answer";
/** The beginning of the reason of a command with an Idempotency-Key, which follows. */
export const COMMAND = "command";

/** Checks that what was sent twice happened once, and that what belongs together ends together. */
export function checkOnce(history: History): readonly string[] {
  return [
    ...checkAnswers(history),
    ...checkCommands(history),
    ...checkKeys(history),
    ...checkRepeats(history),
    ...checkSubtasks(history),
    ...checkMoments(history),
  ];
}

/** a client answers the question that it has seen, and no other one. */
function checkAnswers({ remains }: History): string[] {
  const taken = new Set<string>();
  const complaints: string[] = [];
  for (const { taskId, events } of remains.log) {
    for (const event of events) {
      if (event.type !== "ApprovalDecided" || !event.reason.startsWith(ANSWER)) continue;
      const answer = `${taskId} ${event.reason}`;
      if (taken.has(answer)) complaints.push(`R-7 ${answer}: it was taken for two questions`);
      taken.add(answer);
    }
  }
  return complaints;
}

/** a command with a key is carried out once. */
function checkCommands({ remains }: History): string[] {
  const done = new Set<string>();
  const complaints: string[] = [];
  for (const { taskId, events } of remains.log) {
    for (const event of events) {
      if (!("reason" in event) || !event.reason?.startsWith(`${COMMAND} `)) continue;
      const command = `${taskId} ${event.type} ${event.reason}`;
      if (done.has(command)) complaints.push(`R-7 ${command}: it was carried out twice`);
      done.add(command);
    }
  }
  return complaints;
}

/** what was told to be done with a key is told so again. */
function checkKeys({ entries }: History): string[] {
  const calls = new Map<number, { readonly key: string; readonly wasDone: boolean }>();
  const done = new Set<string>();
  const complaints: string[] = [];
  for (const entry of entries) {
    if (entry.type === "call" && entry.key !== undefined) {
      const key = `${entry.account} ${entry.key}`;
      calls.set(entry.call, { key, wasDone: done.has(key) });
    }
    if (entry.type !== "return") continue;
    const { key, wasDone } = calls.get(entry.call) ?? NO_KEY;
    if (entry.status < 300) done.add(key);
    if (!wasDone || entry.status < 300 || entry.status === 503) continue;
    complaints.push(`R-7 ${key}: it was done, and call ${entry.call} is told ${entry.code}`);
  }
  return complaints;
}

const NO_KEY = { key: "", wasDone: false };
const GIVES_TASK: ReadonlySet<string> = new Set(["submit", "import", "retry"]);

/** a token gives the same task each time, also one that another client has made. */
function checkRepeats({ entries }: History): string[] {
  const tokens = new Map<number, string>();
  const given = new Map<string, string>();
  const complaints: string[] = [];
  for (const entry of entries) {
    if (entry.type === "call" && GIVES_TASK.has(entry.operation) && entry.token !== undefined) {
      tokens.set(entry.call, `${entry.account} ${entry.token}`);
    }
    if (entry.type !== "return" || entry.status >= 300) continue;
    const token = tokens.get(entry.call);
    const [task]: readonly Seen[] = entry.seen;
    if (token === undefined || task === undefined) continue;
    const before = given.get(token) ?? task.id;
    if (before !== task.id) complaints.push(`R-7 ${token}: it gave ${before}, then ${task.id}`);
    given.set(token, before);
  }
  return complaints;
}

/** a subtask does not outlive its parent. */
function checkSubtasks({ atRest, remains }: History): string[] {
  const open = new Set(atRest.map(({ id }) => id));
  return remains.log.flatMap(({ taskId, events: [first] }) => {
    const parent = first?.type === "TaskSubmitted" ? first.task.parent?.taskId : undefined;
    const isOrphan = parent !== undefined && open.has(taskId) && !open.has(parent);
    return isOrphan ? [`R-6 ${taskId}: it is open at rest, and its parent ${parent} is not`] : [];
  });
}

/** what is written was decided at the moment at which it is written. */
function checkMoments({ entries }: History): string[] {
  return entries.flatMap((entry) =>
    entry.type === "written-late"
      ? [`R-11 ${entry.taskId}: at ${entry.now} it was written as of ${entry.at}`]
      : [],
  );
}
