import type { Task } from "../core/task.ts";
import { pastTask } from "../engine/past.ts";
import type { Caller } from "../engine/task-service.ts";
import type { Answer } from "../message/answer.ts";
import type { Call } from "../message/call.ts";
import { FAULTS, FaultError } from "../message/fault.ts";
import { readMoment } from "../message/moment.ts";
import { ClientGone } from "../push/watch.ts";
import type { DialectContext } from "./dialect.ts";
import { holdOf } from "./hold.ts";
import { withTask } from "./task-access.ts";

/** The query parameter and the header with which every dialect's describe shows the past. */
const AT_PARAMETER = "taskscribeAt";
const AT_HEADER = "x-taskscribe-at";

/**
 * The task that a describe shows: as it is, as it was at a moment the client names, or, if the client may be held,
 * as it is once it is newer than the last answer to this client. A plain poll pays three look-ups for this.
 * @throws DomainError `MissingParameter`, `TaskNotFound`, `InvalidParameter` for a text that is not a moment.
 */
export function describedTask(
  context: DialectContext,
  product: string | undefined,
  call: Call,
  caller: Caller,
  id: { readonly parameter: string; readonly value: string | undefined },
  use: (task: Task) => Answer,
): Answer | Promise<Answer> {
  const { service, settings } = context;
  const { headers, target } = call;
  const plain =
    headers["prefer"] === undefined &&
    headers[AT_HEADER] === undefined &&
    settings.hold.products.size + settings.hold.keys.size === 0 &&
    !target.includes(AT_PARAMETER);
  if (plain) return withTask(service, product, caller, id, use);
  return shownTask(context, product, call, caller, id).then(({ task, headers: extra }) => {
    const answer = use(task);
    return extra === undefined ? answer : { ...answer, headers: { ...answer.headers, ...extra } };
  });
}

async function shownTask(
  { service, settings, push }: DialectContext,
  product: string | undefined,
  call: Call,
  caller: Caller,
  id: { readonly parameter: string; readonly value: string | undefined },
): Promise<{ readonly task: Task; readonly headers?: Readonly<Record<string, string>> }> {
  const task = await withTask(service, product, caller, id, (found) => found);
  const { account } = caller;
  const at = call.query.get(AT_PARAMETER) ?? call.header(AT_HEADER);
  if (at !== undefined) {
    const until = { at: readMoment(AT_PARAMETER, at) };
    return { task: await pastTask(service, account, task.id, until) };
  }
  const hold = holdOf(settings.hold, task.product, call, caller);
  if (hold === undefined) return { task };
  const { waitMs } = hold;
  const onLeave = (left: () => void) => call.onLeave(left);
  const request = { account, taskId: task.id, client: clientOf(call, caller), waitMs, onLeave };
  const held = await push.holds.hold(request).catch(asFault);
  if (!hold.asked) return { task: held };
  return { task: held, headers: { "preference-applied": `wait=${waitMs / 1_000}` } };
}

/** Identifies a client: pollers with the same key, machine and program count as one. */
function clientOf(call: Call, { actor }: Caller): string {
  return [actor, call.connection?.remoteAddress, call.header("user-agent")].join("\n");
}

/** A client that left gets a time-out, which nobody reads, so that it does not count as an internal error. */
export function asFault(error: unknown): never {
  throw error instanceof ClientGone ? new FaultError(FAULTS.timeout) : error;
}
