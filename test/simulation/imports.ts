import type { TaskCommand } from "../../src/core/commands.ts";
import { decide } from "../../src/core/decide.ts";
import type { TaskEvent } from "../../src/core/events.ts";
import { fold } from "../../src/core/evolve.ts";
import type { Task, TaskDraft } from "../../src/core/task.ts";
import { newNativeTaskId } from "../../src/engine/native-ids.ts";
import type { Known } from "./clients.ts";
import type { Random } from "./random.ts";
import { ACCOUNTS, native, type Prepared } from "./requests.ts";
import type { World } from "./world.ts";

/** How old an exported task is at most, in ms. */
const OLDEST_MS = 60_000;

/** A task exported from a server that the simulation knows nothing of: it waits there, has begun, or has ended. */
export function importing(world: World): Prepared | undefined {
  const { random, scheduler } = world;
  const type = random.pick(["plain", "keyed", "keyed"]);
  const found = world.life?.engine.types().find((one) => one.type.type === type);
  if (found === undefined) return undefined;
  const at = scheduler.now - random.whole(0, OLDEST_MS);
  const draft = draftOf(random, at, type, found.type.plan);
  const log = [{ taskId: draft.id, firstVersion: 1, events: told(random, at, draft) }];
  const how = random.chance(0.8) ? { resume: true } : { rehome: true };
  const body = { format: "taskscribe-task", version: 1, log, ...how };
  const key = random.chance(0.5) ? world.newToken() : undefined;
  const path = "/v1/tasks/import";
  const more = key === undefined ? { repeats: true as const } : { key, token: key };
  return native(random.pick(ACCOUNTS), "import", { method: "POST", path, body, ...more });
}

/** Cancels an imported task, which has to be possible as long as it is open. */
export function cancelImported({ id, account }: Pick<Known, "id" | "account">): Prepared {
  const path = `/v1/tasks/${id}/cancel`;
  const body = { reason: "it is not wanted here" };
  return native(account, "cancel", { method: "POST", path, body, taskId: id });
}

function draftOf(random: Random, at: number, type: string, steps: TaskDraft["steps"]): TaskDraft {
  const id = newNativeTaskId(at, random.next);
  return {
    id,
    account: "3000000000000003",
    product: "native",
    type,
    input: { calm: random.chance(0.4) },
    target: { type: "task", id },
    attributes: {},
    steps,
    priority: random.whole(0, 9),
    ...(type === "keyed" && { concurrencyKey: `key-${random.whole(1, 2)}` }),
    actor: "somebody elsewhere",
  };
}

function told(random: Random, at: number, task: TaskDraft): readonly TaskEvent[] {
  const submit: TaskCommand = { type: "SubmitTask", at, task };
  const how = random.weighted({ waits: 2, begun: 2, ended: 1 });
  if (how === "waits") return decided([submit]);
  if (how === "begun") return decided([submit, { type: "StartTask", at }]);
  const cancel = { by: "somebody elsewhere", reason: "not wanted", deadline: at } as const;
  return decided([submit, { type: "CancelTask", at, ...cancel }]);
}

/** What the core of the other server decided. */
function decided(commands: readonly TaskCommand[]): readonly TaskEvent[] {
  const log: TaskEvent[] = [];
  let task: Task | undefined;
  for (const command of commands) {
    const events = decide(task, command);
    if (events instanceof Error) throw events;
    log.push(...events);
    task = fold(events, task);
  }
  return log;
}
