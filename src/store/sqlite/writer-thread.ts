import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { Cell } from "./batch.ts";
import { connectWriter } from "./file/connection.ts";
import { WriteSession } from "./write-session.ts";

/** What the store tells its writer at the start. */
export interface WriterData {
  readonly file: string;
}

/** A batch, or: write everything down and close. */
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

/** What arrived since: goes into the same transaction. Nothing follows a "close", so none is among them. */
function* queued(): Generator<readonly Cell[]> {
  for (let next = take(); next; next = take()) yield next;
}

function take(): readonly Cell[] | undefined {
  return parentPort ? receiveMessageOnPort(parentPort)?.message : undefined;
}
