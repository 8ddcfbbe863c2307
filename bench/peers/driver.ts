/** One way to run the durable 4-step task: our engine, or a peer. */
export interface Driver {
  /** Submits one task with INPUT and resolves when its end is durable. */
  run(): Promise<void>;
  /** The number of durable transactions so far, if it can be counted. */
  commits?(): number;
  close(): Promise<void>;
}

/** The names of the steps. Each does nothing, and is durable before the next one begins. */
export const STEPS = ["one", "two", "three", "four"] as const;

/** An input of 500 bytes, so that no engine is measured with an empty message. */
export const INPUT = { text: "x".repeat(480) };

export interface Work {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Durable transactions for one task, undefined if they cannot be counted. */
  readonly commits: number | undefined;
  /** CPU time of this process for one task. */
  readonly cpuUs: number;
  /** Heap in use afterwards. With `--expose-gc`, after a full collection. */
  readonly heapBytes: number;
}

export interface WorkRequest {
  readonly tasks: number;
  /** How many submitters there are. Each waits for the end of its task before it submits the next. */
  readonly submitters: number;
}
