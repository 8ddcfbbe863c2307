import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { BatchReply, Cell } from "./batch.ts";
import { toFailure } from "./file/failure.ts";
import type { WriteSession } from "./write-session.ts";
import type { WriterData, WriterMessage } from "./writer-thread.ts";

/** Makes batches durable, in their order. Rejects, with a `Failure`, only if the writer has died. */
export interface Committer {
  commit(batch: readonly Cell[]): Promise<BatchReply>;
  /** To be called when no commit is under way. */
  close(): Promise<void>;
}

/** Commits in this thread, without waiting. */
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

/** Under `node --watch` a thread sends messages about the modules that it loads, which are not replies. */
function threadEnvironment(): NodeJS.ProcessEnv {
  const { WATCH_REPORT_DEPENDENCIES: _, ...env } = process.env;
  return env;
}

// The source runs as .ts, the build as .js: the thread's file has this file's ending.
const WRITER_THREAD = new URL(`./writer-thread${extname(import.meta.url)}`, import.meta.url);

/** Commits in a separate thread, so that reads do not wait for the disk. A thread that died is replaced. */
export class ThreadCommitter implements Committer {
  readonly #data: WriterData;
  readonly #script: URL;
  /** Started with the first batch, because a server without writes needs no second thread (9 MB, 30 ms). */
  #worker: Worker | undefined;
  /** One for each batch that has no reply yet, in the order of the replies. */
  readonly #waiting: PromiseWithResolvers<BatchReply>[] = [];

  /** `script` is the thread's module: it receives `WriterMessage`s and replies to each batch with a `BatchReply`. */
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
      // Not the options of the process: a thread refuses some, such as --input-type.
      execArgv: [],
      env: threadEnvironment(),
    });
    worker.on("message", (reply: BatchReply) => {
      this.#waiting.shift()?.resolve(reply);
      // An idle store does not keep the process alive.
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
