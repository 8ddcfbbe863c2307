import { hasEnded, type Task, type TaskscribeClient, TaskscribeError } from "../client/index.ts";
import { ConfigError } from "../config/config-error.ts";
import { EXIT, exitOfError } from "./exit-codes.ts";
import { complain } from "./output.ts";
import { type CommandContext, refusalText } from "./task-command.ts";

/** The highest number of tasks to wait for. For more, the server has streams and bulk operations. */
const MOST_FOLLOWED = 1_000;
const ASKED_AT_ONCE = 16;

/** The result of following some tasks. */
export interface Followed {
  /** The last known state of each task, in the order of the ids. */
  readonly tasks: readonly Task[];
  /** The exit codes of tasks that could not be followed. */
  readonly troubles: readonly number[];
  /** Why the following ended before the tasks did. */
  readonly left: "interrupted" | "timeout" | undefined;
}

export interface FollowOptions {
  readonly timeoutMs?: number | undefined;
  readonly onChange: (task: Task) => void;
}

/** Follows tasks until all have ended, time runs out, or Ctrl-C. Reports tasks that do not exist, and leaves them out. */
export async function followUntilEnd(
  { client }: Pick<CommandContext, "client">,
  ids: readonly string[],
  { timeoutMs, onChange }: FollowOptions,
): Promise<Followed> {
  const over = new AbortController();
  let left: Followed["left"];
  const leave = (why: Followed["left"]) => {
    left ??= why;
    over.abort();
  };
  const interrupted = () => leave("interrupted");
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => leave("timeout"), timeoutMs);
  process.on("SIGINT", interrupted);
  const last = new Map<string, Task>();
  const troubles: number[] = [];
  try {
    for (const found of await look(client, ids, over.signal)) {
      if (typeof found === "number") troubles.push(found);
      else last.set(found.id, found);
    }
    for (const task of last.values()) if (hasEnded(task)) onChange(task);
    const open = [...last.values()].filter((task) => !hasEnded(task)).map(({ id }) => id);
    for await (const task of client.follow(open, { signal: over.signal })) {
      last.set(task.id, task);
      onChange(task);
    }
  } catch (error) {
    if (left === undefined) throw error;
  } finally {
    clearTimeout(timer);
    // Under npm the same Ctrl-C arrives twice. The second must not cut off the last lines.
    if (left !== "interrupted") process.off("SIGINT", interrupted);
  }
  return { tasks: [...last.values()], troubles, left };
}

/** Each task, or the exit code of the error that was printed instead. */
async function look(client: TaskscribeClient, ids: readonly string[], signal: AbortSignal) {
  const found: (Task | number)[] = [];
  const wanted = [...new Set(ids)];
  for (let first = 0; first < wanted.length; first += ASKED_AT_ONCE) {
    const some = wanted.slice(first, first + ASKED_AT_ONCE);
    found.push(...(await Promise.all(some.map((id) => oneOrCode(client, id, signal)))));
  }
  return found;
}

async function oneOrCode(client: TaskscribeClient, id: string, signal: AbortSignal) {
  try {
    return await client.get(id, { signal });
  } catch (error) {
    const code = exitOfError(error);
    if (!(error instanceof TaskscribeError) || code === EXIT.error) throw error;
    complain(refusalText(error));
    return code;
  }
}

/** The named ids, and the ids of the tasks that match the filter now. */
export async function idsOf(
  client: TaskscribeClient,
  named: readonly string[],
  filter: string | undefined,
): Promise<readonly string[]> {
  if (filter === undefined) return named;
  const ids = [...named];
  for await (const { id } of client.list({ filter, limit: 1_000 })) {
    ids.push(id);
    if (ids.length > MOST_FOLLOWED) {
      throw new ConfigError(
        `more than ${MOST_FOLLOWED} tasks fit "${filter}"; narrow it, e.g. with state:open or age<1h`,
      );
    }
  }
  return ids;
}
