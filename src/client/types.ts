// Made from the schemas in src/dialects/native by `npm run client-types`; change those, not this.

export interface Target {
  readonly type: string;
  readonly id: string;
  readonly name?: string;
}

export interface SubmitTask {
  readonly type: string;
  readonly product?: string;
  readonly input?: { readonly [name: string]: unknown };
  readonly target?: Target;
  readonly attributes?: { readonly [name: string]: unknown };
  readonly labels?: { readonly [name: string]: string };
  /** 0 last, 9 first; 5 by default. */
  readonly priority?: number;
  /** Tasks with the same key run one at a time. */
  readonly concurrencyKey?: string;
  /** If another open task has the key: refuse, wait in line, answer with that one, or cancel those before. */
  readonly whenBusy?: "reject" | "queue" | "join" | "supersede";
  /** Check everything and write nothing; the answer is 200. */
  readonly validateOnly?: boolean;
  /** Instead of notBefore. */
  readonly delayMs?: number;
  /** The same token and request make one task. */
  readonly clientToken?: string;
  readonly notBefore?: string;
  readonly startBy?: string;
  readonly finishBy?: string;
}

export type TaskState =
  | "pending"
  | "running"
  | "paused"
  | "canceling"
  | "succeeded"
  | "failed"
  | "canceled"
  | "expired";

export interface TaskError {
  readonly code: string;
  readonly message: string;
  readonly step?: string;
  readonly attempt?: number;
  readonly retryable: boolean;
  readonly cause?: string;
}

export interface Subtask {
  readonly id: string;
  readonly type: string;
  readonly state: TaskState;
  readonly message: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Approval {
  readonly question: string;
  /** Names the question; give it with the answer. */
  readonly number: number;
  readonly askedAt: string;
  readonly verdict?: {
    readonly at: string;
    readonly decision: "approve" | "reject";
    readonly by: string;
    readonly reason: string;
    readonly data?: { readonly [name: string]: unknown };
  };
}

export interface Step {
  readonly name: string;
  readonly after: readonly string[];
  readonly state: "waiting" | "running" | "retrying" | "succeeded" | "failed" | "canceled";
  readonly attempt: number;
  readonly maxAttempts: number;
  /** 10 000 is 100 %. */
  readonly progress: number;
  readonly message?: string;
  readonly outputs?: { readonly [name: string]: unknown };
  readonly subtasks?: readonly Subtask[];
  readonly approvals?: readonly Approval[];
  readonly error?: TaskError;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly retryAt?: string;
}

export interface ControlRecord {
  readonly at: string;
  readonly by: string;
  readonly reason: string;
}

export type Health = "moving" | "retrying" | "slow" | "blocked" | "held" | "silent";

export interface Task {
  readonly id: string;
  readonly product: string;
  readonly type: string;
  readonly state: TaskState;
  /** Grows with every event of the task. */
  readonly version: number;
  /** 10 000 is 100 %. */
  readonly progress: number;
  readonly message?: string;
  readonly error?: TaskError;
  readonly target: Target;
  readonly input: { readonly [name: string]: unknown };
  readonly outputs: { readonly [name: string]: unknown };
  readonly attributes: { readonly [name: string]: unknown };
  readonly labels?: { readonly [name: string]: string };
  readonly priority: number;
  readonly concurrencyKey?: string;
  readonly parent?: {
    readonly taskId: string;
    readonly step: string;
  };
  /** The ended task that this one tries again. */
  readonly forkOf?: {
    readonly taskId: string;
    readonly by: string;
    readonly reason: string;
    readonly fromStep?: string;
  };
  /** Its id where it began; finds it too. */
  readonly importedFrom?: string;
  /** Who vouches for all that came before importedAt. */
  readonly importedBy?: string;
  readonly importedAt?: string;
  /** Who started it where it began, as the importer says. */
  readonly originalActor?: string;
  readonly steps: readonly Step[];
  readonly items: readonly {
    readonly id: string;
    readonly status: "initial" | "success" | "failed";
    readonly message?: string;
  }[];
  readonly notices: readonly {
    readonly at: string;
    readonly level: "Normal" | "Warning";
    readonly action: string;
    readonly reason: string;
    readonly message: string;
    readonly source: string;
  }[];
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly notBefore?: string;
  readonly startBy?: string;
  readonly finishBy?: string;
  readonly paused?: ControlRecord;
  readonly held?: ControlRecord;
  readonly cancel?: ControlRecord;
  readonly requestId?: string;
  readonly actor?: string;
  readonly health?: Health;
  /** Failed attempts so far, over all steps. */
  readonly retries?: number;
}

export interface TaskList {
  readonly tasks: readonly Task[];
  /** Give it as `cursor` to read on. */
  readonly next?: string;
}

export interface Retry {
  /** Why; kept in the log. */
  readonly reason: string;
  /** Steps before it are taken over; absent: from the beginning. */
  readonly fromStep?: string;
}

export interface Signal {
  readonly step: string;
  /** The number of the question, as the task shows it; needed unless the step can have asked no other. */
  readonly number?: number;
  readonly decision: "approve" | "reject";
  /** Why; kept in the log. */
  readonly reason: string;
  readonly data?: { readonly [name: string]: unknown };
}

export interface Reason {
  /** Which fields there are, this tells: docs/native-api.md. */
  readonly code: string;
  /** The same in words. */
  readonly text: string;
  readonly key?: string;
  /** The task that holds the key, or who did it. */
  readonly by?: string;
  readonly ahead?: number;
  readonly running?: number;
  readonly limit?: number;
  readonly heldBytes?: number;
  readonly limitBytes?: number;
  readonly type?: string;
  readonly step?: string;
  readonly steps?: readonly string[];
  readonly subtasks?: readonly string[];
  readonly attempt?: number;
  readonly maxAttempts?: number;
  readonly lastError?: TaskError;
  readonly reason?: string;
  readonly question?: string;
  /** Names the question. */
  readonly number?: number;
  readonly at?: string;
  readonly until?: string;
  readonly since?: string;
  readonly deadline?: string;
  readonly lastSignAt?: string;
  readonly per?: "type" | "key";
  readonly starts?: number;
  readonly perMs?: number;
  readonly nextAt?: string;
  readonly as?: string;
  readonly error?: TaskError;
  readonly runningMs?: number;
  readonly usualMs?: number;
}

export interface Why {
  readonly taskId: string;
  readonly state: TaskState;
  readonly health?: Health;
  readonly retries: number;
  /** The most telling first; none: it moves. */
  readonly reasons: readonly Reason[];
}

export interface Count {
  readonly product: string;
  readonly type: string;
  readonly state: TaskState;
  readonly count: number;
}

export interface Counts {
  readonly counts: readonly Count[];
  readonly total: number;
  /** There are older tasks, which were not counted: a key with a policy has its tasks counted one by one.. */
  readonly more?: boolean;
}

export interface RegisteredType {
  readonly product: string;
  readonly type: string;
  readonly steps: readonly {
    readonly name: string;
    readonly after: readonly string[];
    readonly maxAttempts: number;
  }[];
  readonly timeoutMs?: number;
  readonly maxRunning?: number;
  readonly maxRunningPerAccount?: number;
  readonly cancelable: boolean;
  readonly pausable: boolean;
}

export interface Types {
  readonly types: readonly RegisteredType[];
}

export interface Entry {
  /** Grows with every append of the store; a restore gives positions out again. */
  readonly position: number;
  readonly taskId: string;
  /** The version after the first of `events`. */
  readonly firstVersion: number;
  readonly events: readonly {
    readonly type: string;
    readonly at: number;
    readonly [name: string]: unknown;
  }[];
}

export interface LogEntry {
  /** Give it as `after` to go on behind it. */
  readonly cursor: string;
  /** Grows with every append of the store; a restore gives positions out again. */
  readonly position: number;
  readonly taskId: string;
  /** The version after the first of `events`. */
  readonly firstVersion: number;
  readonly events: readonly {
    readonly type: string;
    readonly at: number;
    readonly [name: string]: unknown;
  }[];
}

export interface EntryList {
  readonly entries: readonly LogEntry[];
  /** Give it as `after` to read on, now or later. */
  readonly next: string;
}

export interface Waited {
  /** False: the time ran out, ask again. */
  readonly met: boolean;
  readonly task: Task;
}

export interface Export {
  readonly format: "taskscribe-task";
  readonly version: 1;
  readonly exportedAt: string;
  readonly task: { readonly [name: string]: unknown };
  readonly log: readonly Entry[];
}

export interface Import {
  readonly format: "taskscribe-task";
  readonly version: 1;
  readonly exportedAt?: string;
  readonly task?: unknown;
  readonly log: readonly {
    readonly position?: number;
    readonly taskId: string;
    readonly firstVersion: number;
    readonly events: readonly {
      readonly type: string;
      readonly at: number;
      readonly [name: string]: unknown;
    }[];
  }[];
  /** Take in an open task, held; it must be stopped where it was. */
  readonly rehome?: boolean;
  /** Take in an open task and let it run on here at once. */
  readonly resume?: boolean;
}

export interface Bulk {
  /** Which tasks; see GET /v1/tasks. */
  readonly filter: string;
  readonly action: "cancel" | "pause" | "resume" | "retry";
  /** Why; kept in the log. */
  readonly reason: string;
  /** Only say how many there are; the answer is 200. */
  readonly preview?: boolean;
  /** The same token: the same task. */
  readonly clientToken?: string;
}

export interface Preview {
  readonly count: number;
  /** There are more than were counted. */
  readonly more: boolean;
  /** The newest of them. */
  readonly sample: readonly Task[];
}
