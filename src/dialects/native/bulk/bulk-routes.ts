import { BULK_TYPE, type BulkAction, type BulkOrder } from "../../../bulk/bulk.ts";
import { DomainError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Task } from "../../../core/task.ts";
import type { Caller } from "../../../engine/task-service.ts";
import { parseFilter } from "../../../filter/parse.ts";
import { MAX_SCANNED, scan } from "../../../filter/scan.ts";
import { needRight } from "../../../task-rights.ts";
import type { DialectContext, Route } from "../../dialect.ts";
import { answer, location, route, shownTask } from "../answers.ts";
import { readBody } from "../body.ts";
import { tokenOf } from "../requests.ts";
import { readableBy } from "../rights.ts";
import { TRANSFER_OPERATIONS } from "../transfer/transfer-operations.ts";
import { BulkBody } from "./bulk-schemas.ts";

interface Wanted {
  readonly filter: string;
  readonly action: BulkAction;
  readonly reason: string;
  readonly preview?: boolean;
  readonly clientToken?: string;
}

const SAMPLE = 10;
/** So many of them are in memory at a time. */
const PAGE = 200;
const MOST_COUNTED = 10 * MAX_SCANNED;

export function bulkRoute(context: DialectContext): Route {
  const { service, push } = context;
  return route(TRANSFER_OPERATIONS.bulkTasks, async (call, caller) => {
    const { filter, action, reason, preview, clientToken } = readBody<Wanted>(call, BulkBody);
    const now = push.clock.now();
    if (preview) {
      const { count, more, sample } = await members(context, caller, filter, now);
      return answer(200, { count, more, sample: sample.map((task) => shownTask(service, task)) });
    }
    const asked = { filter, action, reason };
    const given = tokenOf(call, clientToken);
    // Bulk operations share their scope with other submissions: the same token may be used once for each.
    const token = given && `bulk ${given}`;
    const known = token && (await earlier(service, caller.account, token, asked));
    if (known) needRight(caller.rights, "GetTask", known);
    if (known) return answer(200, shownTask(service, known), location(known));
    const snapshotPosition = await service.lastPosition();
    const { count: expected } = await members(context, caller, filter, now);
    const { actor, rights } = caller;
    const by = rights && { orderedBy: rights.maker };
    const order: BulkOrder = {
      ...asked,
      actor,
      snapshotAt: now,
      snapshotPosition,
      expected,
      ...by,
    };
    const { task, outcome } = await service.submitWithOutcome(
      {
        type: BULK_TYPE,
        input: { ...order } as unknown as JsonObject,
        target: { type: "bulk", id: action },
        ...(token && { token, asked }),
      },
      caller,
    );
    const status = outcome === "repeated" ? 200 : 201;
    return answer(status, shownTask(service, task), location(task));
  });
}

/**
 * The bulk operation that the token has made already. It is looked for first, as its moment and its number of tasks
 * were its own. @throws DomainError `TokenMismatch` if it was told to do something else.
 */
async function earlier(
  service: DialectContext["service"],
  account: string,
  token: string,
  asked: Pick<BulkOrder, "filter" | "action" | "reason">,
): Promise<Task | undefined> {
  const known = await service.findByToken(account, token, "native").catch((error: unknown) => {
    if (error instanceof DomainError && error.code === "TaskNotFound") return undefined;
    throw error;
  });
  if (known === undefined) return undefined;
  const { filter, action, reason } = known.input;
  if (filter === asked.filter && action === asked.action && reason === asked.reason) return known;
  const message = `the client token of "${token}" was used before with other parameters; use a new token`;
  throw new DomainError("TokenMismatch", message, { token });
}

/** The number of matching tasks, counted up to a limit, and the newest of them. */
async function members(
  { service }: DialectContext,
  { account, rights }: Caller,
  text: string,
  now: number,
): Promise<{ count: number; more: boolean; sample: readonly Task[] }> {
  const filter = parseFilter(text);
  const sample: Task[] = [];
  const may = readableBy(rights);
  let [count, scanned, cursor]: [number, number, string | undefined] = [0, 0, undefined];
  do {
    const page = await scan(service, { account, filter, cursor, limit: PAGE, now, may });
    count += page.tasks.length;
    scanned += page.scanned;
    sample.push(...page.tasks.slice(0, SAMPLE - sample.length));
    cursor = page.next;
  } while (cursor !== undefined && scanned < MOST_COUNTED);
  return { count, more: cursor !== undefined, sample };
}
