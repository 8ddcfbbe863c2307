import type { Json, JsonObject } from "./json.ts";
import type { ResourceWriter } from "./resource.ts";
import type { Item, Notice, Target, Task } from "./task.ts";

/** The answer to an approval: who approved, why, and the data they sent. */
export interface Approved {
  readonly by: string;
  readonly reason: string;
  readonly data: JsonObject;
}

export interface SubtaskRequest {
  /** Names the subtask within its step: a repeated attempt finds the one it made before. */
  readonly key: string;
  readonly type: string;
  readonly input: JsonObject;
  readonly target?: Target;
  readonly attributes?: JsonObject;
}

/** What a step's handler can do. Reports are recorded soon after, in order, and at the latest with the step's end. */
export interface StepContext {
  readonly taskId: string;
  readonly account: string;
  readonly step: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The same in all attempts of this step of this task. Pass it to systems that must not act twice. */
  readonly idempotencyKey: string;
  readonly attributes: JsonObject;
  /** Outputs of the task so far. */
  readonly outputs: JsonObject;
  /** Aborted on cancel, timeout, expiry, failure elsewhere and shutdown. */
  readonly signal: AbortSignal;
  /** ms since the epoch, on the engine's clock. */
  now(): number;
  /** Progress of this step in basis points, 0 to 10 000; falling values are ignored. */
  progress(basisPoints: number): void;
  message(text: string): void;
  notice(
    notice: Omit<Notice, "at" | "source" | "level"> & Partial<Pick<Notice, "source" | "level">>,
  ): void;
  item(id: string, status: Item["status"], message?: string): void;
  output(name: string, value: Json): void;
  /** Changes a fact that dialects show (see `Task.attributes`). */
  attribute(name: string, value: Json): void;
  /** Reports only that the step is alive (see `StepDefinition.heartbeatMs`). */
  heartbeat(): void;
  /** Waits on the engine's clock. @throws the abort reason when the signal fires. */
  sleep(ms: number): Promise<void>;
  /**
   * Runs another task inside this step and waits for its end, whatever its final state is. The same key gives the same
   * subtask, also in a later attempt; but if the parent canceled it, because the attempt was given up, a later one gets a new
   * subtask.
   */
  subtask(request: SubtaskRequest): Promise<Task>;
  /**
   * Waits until somebody approves, also over restarts; later attempts get an answer that came before. The wait counts
   * as the attempt's time (`timeoutMs`). If the answer is a rejection, the step fails and the promise never resolves.
   */
  approval(request: { readonly question: string }): Promise<Approved>;
  readonly resources: ResourceWriter;
}

/** Runs at least once, so it must be idempotent. What it returns is added to the outputs of the step and the task. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler may simply return nothing
export type StepHandler = (input: JsonObject, context: StepContext) => Promise<JsonObject | void>;
