import { BULK_TYPE, type BulkAction, type BulkOrder } from "../../../bulk/bulk.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Task } from "../../../core/task.ts";
import { parseFilter } from "../../../filter/parse.ts";
import { MAX_SCANNED, scan } from "../../../filter/scan.ts";
import type { DialectContext, Route } from "../../dialect.ts";
import { answer, location, route, shownTask } from "../answers.ts";
import { readBody } from "../body.ts";
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
const MOST_COUNTED = 10 * MAX_SCANNED;

export function bulkRoute(context: DialectContext): Route {
  const { service, push } = context;
  return route(TRANSFER_OPERATIONS.bulkTasks, async (call, caller) => {
    const { filter, action, reason, preview, clientToken } = readBody<Wanted>(call, BulkBody);
    const now = push.clock.now();
    const { count, more, sample } = await members(context, caller.account, filter, now);
    if (preview) {
      return answer(200, { count, more, sample: sample.map((task) => shownTask(service, task)) });
    }
    const token = clientToken && `bulk ${clientToken}`;
    const known =
      token && (await service.findByToken(caller.account, token, "native").catch(() => undefined));
    if (known) return answer(200, shownTask(service, known), location(known));
    const { actor } = caller;
    const order: BulkOrder = { filter, action, reason, actor, snapshotAt: now, expected: count };
    const task = await service.submit(
      {
        type: BULK_TYPE,
        input: { ...order } as unknown as JsonObject,
        target: { type: "bulk", id: action },
        ...(token && { token }),
      },
      caller,
    );
    return answer(201, shownTask(service, task), location(task));
  });
}

/** How many fit now, and the newest of them; counted up to a bound. */
async function members(
  { service }: DialectContext,
  account: string,
  text: string,
  now: number,
): Promise<{ count: number; more: boolean; sample: readonly Task[] }> {
  const filter = parseFilter(text);
  const sample: Task[] = [];
  let [count, scanned, cursor]: [number, number, string | undefined] = [0, 0, undefined];
  do {
    const page = await scan(service, { account, filter, cursor, limit: 1_000, now });
    count += page.tasks.length;
    scanned += page.scanned;
    sample.push(...page.tasks.slice(0, SAMPLE - sample.length));
    cursor = page.next;
  } while (cursor !== undefined && scanned < MOST_COUNTED);
  return { count, more: cursor !== undefined, sample };
}
