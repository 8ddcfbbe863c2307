import type { Caller } from "../engine/task-service.ts";
import type { Fault } from "../message/fault.ts";

/** A request as it came, for whoever finds out who sent it. Signatures cover the raw target and the raw body. */
export interface IncomingCall {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Name, value, name, value …: shows headers that were sent twice. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
  readonly requestId: string;
  readonly dialect: string;
  /** Whether the request said that it is the dialect's; else that one only lends its words for the refusal. */
  readonly recognised: boolean;
  readonly style: "roa" | "rpc";
  readonly action: string;
  /** The address it came from. */
  readonly source: string;
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** Whether it came from this machine. */
  readonly local: boolean;
  /** By `performance.now()`. */
  readonly startedAt: number;
  /** Whether its answer was kept back until there was news. */
  readonly held: boolean;
  /** Every value that a parameter has, in the path, the query, the form and the JSON body; what cannot be read has none. */
  values(name: string): readonly string[];
  /** The first of them: the path's before the query's before the body's. */
  value(name: string): string | undefined;
}

/** How a call ended, told before its answer goes out. */
export interface Outcome {
  readonly status: number;
  readonly problem?: { readonly code: string; readonly reason?: string } | undefined;
}

/** Headers to add to the answer. */
export type Extra = Readonly<Record<string, string>> | undefined;

/** Says who calls, or why the gateway refuses. Need not be asynchronous: the hot path is faster without a promise. */
export interface Identify {
  (call: IncomingCall): Caller | Fault | Promise<Caller | Fault>;
  /** Who calls, when there is no such operation: the gateway looks at the signature first (AUTH.md §4, rows 14 to 16). */
  readonly vet?: (call: IncomingCall) => Caller | Fault;
  /** Calls back if the caller's key is taken away while the call is under way; the returned function calls it off. */
  readonly watch?: (
    call: IncomingCall,
    caller: Caller,
    revoked: (fault: Fault) => void,
  ) => (() => void) | undefined;
  /** Hears how the call ended. The answer waits for the promise; if that rejects, it is not given. */
  readonly conclude?: (
    call: IncomingCall,
    caller: Caller | undefined,
    outcome: Outcome,
  ) => Extra | Promise<Extra>;
  /** Hears of every answer as it goes out. On the path of every request: never throws, costs next to nothing. */
  readonly told?: Told | undefined;
}

/** `ms`: from the whole request to its answer. */
export type Told = (
  call: IncomingCall,
  caller: Caller | undefined,
  outcome: Outcome,
  ms: number,
) => void;

/** Everyone is the same account: the way of a server without keys. */
export function identifyAs(account: string): Identify {
  return ({ requestId }) => ({ account, requestId, actor: "anonymous" });
}

/** What access control offers; whoever it is, they must have all of it. */
export interface Door {
  identify(call: IncomingCall): Caller | Fault | Promise<Caller | Fault>;
  vet(call: IncomingCall): Caller | Fault;
  watch(
    call: IncomingCall,
    caller: Caller,
    revoked: (fault: Fault) => void,
  ): (() => void) | undefined;
  conclude(
    call: IncomingCall,
    caller: Caller | undefined,
    outcome: Outcome,
  ): Extra | Promise<Extra>;
}

export function identifyBy(door: Door, told?: Told): Identify {
  const identify = (call: IncomingCall) => door.identify(call);
  return Object.assign(identify, {
    vet: (call: IncomingCall) => door.vet(call),
    watch: (call: IncomingCall, caller: Caller, revoked: (fault: Fault) => void) =>
      door.watch(call, caller, revoked),
    conclude: (call: IncomingCall, caller: Caller | undefined, outcome: Outcome) =>
      door.conclude(call, caller, outcome),
    told,
  });
}

export function isFault(answer: Caller | Fault): answer is Fault {
  return "code" in answer;
}
