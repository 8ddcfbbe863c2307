import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { Cell } from "./batch.ts";
import { connectWriter } from "./file/connection.ts";
import { WriteSession } from "./write-session.ts";

/** The data that the store starts its writer thread with. */
export interface WriterData {
  readonly file: string;
}

/** A batch; or "close": write everything, then close. */
export type WriterMessage = readonly Cell[] | "close";

const { file } = workerData as WriterData;
const session = new WriteSession(() => connectWriter(file));

parentPort?.on("message", (message: WriterMessage) => {
  if (message === "close") {
    session.close();
    parentPort?.close();
  } else {
    for (const reply of session.commitAll([message, ...queued()])) parentPort?.postMessage(reply);
  }
});

/**
 * The batches that arrived meanwhile: they go into the same transaction. Nothing follows a "close", so it is not one of
 * them.
 */
function* queued(): Generator<readonly Cell[]> {
  for (let next = take(); next; next = take()) yield next;
}

function take(): readonly Cell[] | undefined {
  return parentPort ? receiveMessageOnPort(parentPort)?.message : undefined;
}
