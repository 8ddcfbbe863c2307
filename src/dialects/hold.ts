import type { Caller } from "../engine/task-service.ts";
import type { Call } from "../message/call.ts";

/** Which describe requests are held without a request of the client, and for how long. All values are in ms. */
export interface HoldSettings {
  /** By product; `*` is every product. */
  readonly products: ReadonlyMap<string, number>;
  /** By access key, which has priority over the product. */
  readonly keys: ReadonlyMap<string, number>;
  /** No client is held longer than this. It must stay below the clients' read timeouts: 3 s in the TypeScript SDK. */
  readonly capMs: number;
}

const DEFAULT_HOLD_CAP_MS = 2_500;

export const NO_HOLD: HoldSettings = {
  products: new Map(),
  keys: new Map(),
  capMs: DEFAULT_HOLD_CAP_MS,
};

/**
 * Reads `ack=2,lingjun=2.5,key:LTAI…=1`: seconds by product, or by access key.
 * @throws TypeError that says what is wrong.
 */
export function parseHold(text: string, capMs: number): HoldSettings {
  const products = new Map<string, number>();
  const keys = new Map<string, number>();
  for (const part of text.split(",").filter((one) => one.trim() !== "")) {
    const [, key, name = "", seconds = ""] = /^\s*(key:)?([^=]+)=([\d.]+)\s*$/.exec(part) ?? [];
    const ms = Number(seconds) * 1_000;
    if (name === "" || !Number.isFinite(ms)) {
      throw new TypeError(
        `"${part}" is no hold; give product=seconds, *=seconds or key:ID=seconds`,
      );
    }
    (key === undefined ? products : keys).set(name.trim(), ms);
  }
  return { products, keys, capMs };
}

export interface Hold {
  readonly waitMs: number;
  /** Whether the client asked for it (`Prefer: wait`). */
  readonly asked: boolean;
}

/** How long this describe may be kept open; undefined: it is answered at once. */
export function holdOf(
  { products, keys, capMs }: HoldSettings,
  product: string,
  call: Call,
  caller: Caller,
): Hold | undefined {
  const wanted = preferredMs(call.header("prefer"));
  const set =
    keys.size + products.size === 0
      ? undefined
      : (keys.get(caller.actor) ?? products.get(product) ?? products.get("*"));
  const ms = wanted ?? set;
  if (ms === undefined || ms <= 0) return undefined;
  return { waitMs: Math.min(ms, capMs), asked: wanted !== undefined };
}

/** `Prefer: wait=N` (RFC 7240), N in seconds. */
function preferredMs(prefer: string | undefined): number | undefined {
  if (prefer === undefined) return undefined;
  const [, seconds] = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6}(?:\.\d{1,3})?)/i.exec(prefer) ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}
