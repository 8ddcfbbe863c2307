import type { Clock } from "../../clock.ts";
import { fault } from "../../fault-points.ts";
import type { FeedEntry } from "../feed-entry.ts";
import type { DeliveryLane } from "./delivery-lane.ts";
import type { DeliveryResult } from "./sender.ts";

const MAX_ATTEMPTS = 16;
export const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 3_600_000;
/** Delays are longer or shorter by this part of themselves, by chance. */
const SPREAD = 0.2;

const NOT_TRIED =
  "not tried: an earlier entry of its task was given up, and the next got no answer";

export interface LaneDeliveryHost {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Aborted once nothing may be delivered any more. */
  readonly signal: AbortSignal;
  /** Makes one attempt. What `next` gives is looked up at the last moment; undefined: nothing is left to be delivered. */
  readonly attempt: (next: () => Promise<FeedEntry | undefined>) => Promise<DeliveryResult>;
  /** Keeps the entry as a dead letter. */
  readonly bury: (entry: FeedEntry, attempts: number, error: string) => Promise<void>;
  /** The lane is no longer as it was saved. */
  readonly moved: () => void;
  /** Resolves after that long, or once nothing may be delivered any more. */
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * Delivers the entries of a lane in order, also those that are added meanwhile. One that failed 16 times is given up. Those
 * behind it have one attempt each, until one is delivered; if one of them gets no answer, all that wait are given up with it.
 */
export async function deliverLane(lane: DeliveryLane, host: LaneDeliveryHost): Promise<void> {
  await tryAgainAtStart(lane, host);
  while (!host.signal.aborted && !lane.isEmpty) {
    try {
      await deliverNext(lane, host);
    } catch {
      await host.sleep(FIRST_DELAY_MS); // the store failed, so that not even a dead letter could be kept
    }
  }
}

/** A start may come long before the delay of an entry is over: this attempt is made at once, and counts as none if it fails. */
async function tryAgainAtStart(lane: DeliveryLane, host: LaneDeliveryHost): Promise<void> {
  const left = leftOf(lane, host.clock);
  if (left === 0) return;
  const failed = await attemptNext(lane, host).catch(() => true);
  if (failed !== undefined) await host.sleep(left);
}

/**
 * How much is left of a delay that began before the start. The clock may have been set since: it is never longer than a whole
 * one.
 */
function leftOf({ retryAt, attempts }: DeliveryLane, clock: Clock): number {
  const longest = delayAfter(attempts) * (1 + SPREAD);
  return Math.min(Math.max(0, retryAt - clock.now()), longest);
}

function delayAfter(attempts: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** Math.max(0, attempts - 1), MAX_DELAY_MS);
}

/** Tries the next entry, or retries it; resolves when it is time for the next attempt. @throws what the store throws */
async function deliverNext(lane: DeliveryLane, host: LaneDeliveryHost): Promise<void> {
  const failed = await attemptNext(lane, host);
  if (failed === undefined || host.signal.aborted) return;
  const { clock, random, moved, sleep } = host;
  lane.attempts += 1;
  moved();
  if (lane.isGivenUp || lane.attempts >= MAX_ATTEMPTS) return giveUp(lane, host, failed);
  const delay = delayAfter(lane.attempts) * (1 - SPREAD + 2 * SPREAD * random());
  lane.retryAt = clock.now() + delay;
  lane.letGo();
  await sleep(delay);
}

/** Why the attempt failed; undefined: the entry is delivered. */
async function attemptNext(lane: DeliveryLane, host: LaneDeliveryHost) {
  let tried: FeedEntry | undefined;
  fault("before-delivery");
  const result = await host.attempt(async () => {
    [tried] = await lane.next();
    return tried;
  });
  fault("after-delivery");
  if (!result.delivered) return result;
  if (tried !== undefined) lane.finish(tried);
  lane.isGivenUp = false;
  host.moved();
  return undefined;
}

/** Makes the next entry a dead letter; and all others that wait, if there is no reason to expect more of them. */
async function giveUp(
  lane: DeliveryLane,
  host: LaneDeliveryHost,
  { status, error }: DeliveryResult & { readonly error: string },
): Promise<void> {
  const { last } = lane;
  const isAll = lane.isGivenUp && status === undefined;
  let [next] = await lane.next();
  if (next !== undefined) await host.bury(next, lane.attempts, error);
  lane.isGivenUp = true;
  while (next !== undefined) {
    lane.finish(next);
    host.moved();
    if (!isAll || host.signal.aborted) return;
    const others = (await lane.next()).filter(({ position }) => position <= last);
    await Promise.all(others.map((entry) => host.bury(entry, 0, NOT_TRIED)));
    next = others.at(-1);
  }
}
