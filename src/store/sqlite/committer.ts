import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { BatchReply, Cell } from "./batch.ts";
import { toFailure } from "./file/failure.ts";
import type { WriteSession } from "./write-session.ts";
import type { WriterData, WriterMessage } from "./writer-thread.ts";

/** Makes batches durable, in their order. Rejects, with a `Failure`, only when the writer is gone. */
export interface Committer {
  commit(batch: readonly Cell[]): Promise<BatchReply>;
  /** Call it when no commit is under way. */
  close(): Promise<void>;
}

/** Commits at once, in this thread. */
export class InlineCommitter implements Committer {
  readonly #session: WriteSession;

  constructor(session: WriteSession) {
    this.#session = session;
  }

  async commit(batch: readonly Cell[]): Promise<BatchReply> {
    return this.#session.commit(batch);
  }

  async close(): Promise<void> {
    this.#session.close();
  }
}

/** Under `node --watch` a thread reports the modules that it loads as messages, which would be taken for replies. */
function threadEnvironment(): NodeJS.ProcessEnv {
  const { WATCH_REPORT_DEPENDENCIES: _, ...env } = process.env;
  return env;
}

// The source runs as .ts, the build as .js: the thread's file has this file's ending.
const WRITER_THREAD = new URL(`./writer-thread${extname(import.meta.url)}`, import.meta.url);

/** Commits on a thread of its own, so that no read waits for the disk. A thread that died is replaced. */
export class ThreadCommitter implements Committer {
  readonly #data: WriterData;
  readonly #script: URL;
  /** Started with the first batch: a server that nobody changes anything on needs no second thread (9 MB, 30 ms). */
  #worker: Worker | undefined;
  /** One for each batch sent and not answered, in the order of the answers to come. */
  readonly #waiting: PromiseWithResolvers<BatchReply>[] = [];

  /** `script`, the thread's module, takes `WriterMessage`s and answers each batch with a `BatchReply`. */
  constructor(data: WriterData, script: URL = WRITER_THREAD) {
    this.#data = data;
    this.#script = script;
  }

  commit(batch: readonly Cell[]): Promise<BatchReply> {
    const waiting = Promise.withResolvers<BatchReply>();
    this.#worker ??= this.#start();
    if (this.#waiting.push(waiting) === 1) this.#worker.ref();
    this.#worker.postMessage(batch satisfies WriterMessage);
    return waiting.promise;
  }

  close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (!worker) return Promise.resolve();
    return new Promise((resolve) => {
      worker.ref();
      worker.once("exit", () => resolve());
      worker.postMessage("close" satisfies WriterMessage);
    });
  }

  #start(): Worker {
    const worker = new Worker(this.#script, {
      workerData: this.#data,
      name: "taskscribe-writer",
      // Not the process's own: some, like --input-type, are refused in a thread.
      execArgv: [],
      env: threadEnvironment(),
    });
    worker.on("message", (reply: BatchReply) => {
      this.#waiting.shift()?.resolve(reply);
      // An idle store keeps no process alive.
      if (this.#waiting.length === 0) worker.unref();
    });
    worker.on("error", (error) => this.#died(worker, error));
    worker.on("exit", (code) => this.#died(worker, `the writer's thread ended with code ${code}`));
    worker.unref();
    return worker;
  }

  #died(worker: Worker, reason: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const failure = toFailure(reason);
    for (const { reject } of this.#waiting.splice(0)) reject(failure);
  }
}
