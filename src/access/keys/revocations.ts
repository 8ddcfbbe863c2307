import type { Clock } from "../../clock.ts";
import type { Denial } from "../call.ts";
import type { Authenticator } from "./authenticator.ts";
import type { KeyEntry, KeyRing } from "./key-ring.ts";

type Verdict = Denial | undefined;

/** Something that a key has under way: a wait or a stream. */
export interface UnderWay {
  readonly accessKeyId: string;
  /** Decides again whether the key may do this, by its policies as they are now. */
  readonly decide: () => Verdict | Promise<Verdict>;
  /** Called once, when the key is good no longer or may do this no longer. */
  readonly ended: (denial: Denial) => void;
}

/** The conditions of policies that depend on the time are looked at this often. */
const TICK_MS = 1_000;

/** A decision that could not be made, because what it depends on could not be read. */
const UNDECIDED: Denial = {
  status: 503,
  code: "ServiceUnavailable",
  message: "The request has failed due to a temporary failure of the server.",
  reason: "rights-not-decided",
};

/**
 * Ends what a key has under way at the moment the key ends (disabled, deleted or expired), or when a policy, a role or the
 * time takes the right to it away.
 */
export class Revocations {
  readonly #authenticator: Authenticator;
  readonly #ring: KeyRing;
  readonly #clock: Clock;
  readonly #watched = new Map<string, Set<UnderWay>>();
  /** When each watched key ends, if it does. */
  readonly #ends = new Map<string, { readonly at: number; readonly callOff: () => void }>();
  #callOffTick: (() => void) | undefined;

  constructor(authenticator: Authenticator, ring: KeyRing, clock: Clock) {
    this.#authenticator = authenticator;
    this.#ring = ring;
    this.#clock = clock;
    ring.onChange(() => {
      for (const accessKeyId of this.#watched.keys()) {
        this.#check(accessKeyId);
        this.#scheduleEnd(accessKeyId);
      }
      this.#tickIfNeeded();
    });
  }

  /** The returned function calls it off. */
  watch(one: UnderWay): () => void {
    const { accessKeyId } = one;
    const all = this.#watched.get(accessKeyId) ?? new Set();
    this.#watched.set(accessKeyId, all.add(one));
    const entry = this.#ring.entry(accessKeyId);
    this.#scheduleEnd(accessKeyId);
    if (entry !== undefined && dependsOnTime(entry)) this.#tickIfNeeded();
    return () => {
      all.delete(one);
      if (all.size > 0) return;
      this.#watched.delete(accessKeyId);
      this.#ends.get(accessKeyId)?.callOff();
      this.#ends.delete(accessKeyId);
    };
  }

  /** The end of the whole chain: a key ends with the first that it comes from. It moves when one of them is changed. */
  #scheduleEnd(accessKeyId: string): void {
    const at = this.#ring.entry(accessKeyId)?.endsAt ?? Number.POSITIVE_INFINITY;
    const before = this.#ends.get(accessKeyId);
    if (before?.at === at) return;
    before?.callOff();
    this.#ends.delete(accessKeyId);
    if (!Number.isFinite(at) || !this.#watched.has(accessKeyId)) return;
    const callOff = this.#clock.schedule(at, () => this.#check(accessKeyId));
    this.#ends.set(accessKeyId, { at, callOff });
  }

  #check(accessKeyId: string): void {
    const all = [...(this.#watched.get(accessKeyId) ?? [])];
    const denial = this.#authenticator.recheck(accessKeyId);
    if (denial !== undefined) for (const one of all) this.#end(one, denial);
    else if (isHeld(this.#ring.entry(accessKeyId))) for (const one of all) this.#decide(one);
  }

  #decide(one: UnderWay): void {
    const verdict = decided(one);
    if (verdict instanceof Promise) {
      void verdict.catch(() => UNDECIDED).then((denial) => denial && this.#end(one, denial));
    } else if (verdict !== undefined) this.#end(one, verdict);
  }

  #end(one: UnderWay, denial: Denial): void {
    if (this.#watched.get(one.accessKeyId)?.has(one)) one.ended(denial);
  }

  /** One timer for all, and only while a policy of somebody who waits depends on the time. */
  #tickIfNeeded(): void {
    if (this.#callOffTick !== undefined || this.#timed().length === 0) return;
    this.#callOffTick = this.#clock.after(TICK_MS, () => {
      this.#callOffTick = undefined;
      for (const accessKeyId of this.#timed()) this.#check(accessKeyId);
      this.#tickIfNeeded();
    });
  }

  #timed(): readonly string[] {
    return [...this.#watched.keys()].filter((id) => {
      const entry = this.#ring.entry(id);
      return entry !== undefined && dependsOnTime(entry);
    });
  }
}

function decided({ decide }: UnderWay): Verdict | Promise<Verdict> {
  try {
    return decide();
  } catch {
    return UNDECIDED;
  }
}

/** Whether there is something to decide: policies, or networks that it may be used from. */
function isHeld(entry: KeyEntry | undefined): boolean {
  return entry?.rights !== "full" || entry.networks !== undefined;
}

function dependsOnTime({ rights }: KeyEntry): boolean {
  if (rights === "full") return false;
  return rights.every.some(({ policies }) =>
    policies.some(({ policy }) =>
      policy.statements.some(({ conditions }) =>
        conditions.some(({ key }) => key === "acs:CurrentTime"),
      ),
    ),
  );
}
