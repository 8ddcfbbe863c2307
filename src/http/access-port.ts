import type { Caller } from "../engine/task-service.ts";
import type { CallOutcome } from "../message/answer.ts";
import type { Fault, ReasonedFault } from "../message/fault.ts";
import type { Operation } from "../message/operation.ts";
import type { Exchange } from "./exchange.ts";
import type { HeldRefusals } from "./held-refusals.ts";

export type AddedHeaders = Readonly<Record<string, string>> | undefined;

/** What the server asks about every call. `AccessControl` is one; `everyoneAs` lets everyone in. */
export interface AccessPort {
  /**
   * Why a request is refused of which the body is not there yet; undefined: nothing speaks against it so far. Without it
   * every body is read.
   */
  readonly beforeBody?: ((call: Exchange) => Fault | undefined) | undefined;
  /** Counts what callers have. Without it nothing is limited but each single request. */
  readonly shares?: SharePort | undefined;
  /** Asked once for each route and method, when the server is built. Without it an operation has its plain name. */
  operation?(dialect: string, action: string, method: string): Operation;
  /**
   * Says who calls, or why the call is refused. It answers without a promise wherever it can, which makes every poll
   * faster.
   */
  identify(call: Exchange): Caller | Fault | Promise<Caller | Fault>;
  /** Says who calls when there is no such operation: the gateway checks the signature first (AUTH.md §4, rows 14 to 16). */
  vet?(call: Exchange): Caller | Fault;
  /** For how many ms the answer to a call that was turned away is kept back; without it none is. */
  refusalDelayMs?(call: Exchange, caller: Caller | undefined): number;
  /** Calls `revoked` if the caller's key is taken away while the call is under way; the returned function stops that. */
  watch?(call: Exchange, caller: Caller, revoked: (fault: Fault) => void): (() => void) | undefined;
  /**
   * Hears how the call ended, before its answer goes out, and may add headers to it. The answer waits for the promise;
   * if the promise rejects, the answer is not given.
   */
  conclude?(
    call: Exchange,
    caller: Caller | undefined,
    outcome: CallOutcome,
  ): AddedHeaders | Promise<AddedHeaders>;
}

/** What is counted for callers; `amount` is in bytes or a number of things. */
type SharedKind = "requests" | "connections" | "bodyBytes";

/** Counts what accounts have, and what addresses have while it is not known who calls; `Shares` is one. */
export interface SharePort {
  /** A fault: there is no room, and nothing was taken. */
  take(account: string, kind: SharedKind, amount: number): ReasonedFault | undefined;
  give(account: string, kind: SharedKind, amount: number): void;
  takeUnproven(address: string, kind: SharedKind, amount: number): ReasonedFault | undefined;
  giveUnproven(address: string, kind: SharedKind, amount: number): void;
}

/**
 * Hears of every answer as it goes out. `ms` is the time from the whole request to its answer. It runs on the path of
 * every request, so it must not throw and has to cost next to nothing.
 */
export type AnswerListener = (call: Exchange, outcome: CallOutcome, ms: number) => void;

/** Whom the server asks and tells about every call. */
export interface CallPorts {
  readonly access: AccessPort;
  readonly answered?: AnswerListener | undefined;
  /** Keeps the answers back that `refusalDelayMs` names; without it all go out at once. */
  readonly held?: HeldRefusals | undefined;
}

/** Everyone is the same account, as in a server without keys. */
export function everyoneAs(account: string): AccessPort {
  return { identify: ({ requestId }) => ({ account, requestId, actor: "anonymous" }) };
}
