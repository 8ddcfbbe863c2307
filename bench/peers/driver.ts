/** One way to run the durable 4-step task: our engine, or a peer. */
export interface Driver {
  /** Submits one task with INPUT and resolves when its end is durable. */
  run(): Promise<void>;
  /** Durable transactions so far, where they can be counted. */
  commits?(): number;
  close(): Promise<void>;
}

/** Step names of the task; each does nothing, and is durable before the next begins. */
export const STEPS = ["one", "two", "three", "four"] as const;

/** 500 bytes, so that nobody is measured with an empty message. */
export const INPUT = { text: "x".repeat(480) };

export interface Work {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of one task; undefined where it cannot be counted. */
  readonly commits: number | undefined;
  /** CPU time of this process for one task. */
  readonly cpuUs: number;
  /** In use afterwards; after a full collection if the process runs with --expose-gc. */
  readonly heapBytes: number;
}

export interface WorkRequest {
  readonly tasks: number;
  /** Each waits for its task's end before it submits the next. */
  readonly submitters: number;
}
