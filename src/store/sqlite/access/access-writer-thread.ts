import { parentPort, workerData } from "node:worker_threads";
import { connectWriter } from "../file/connection.ts";
import type { WriterData, WriterMessage } from "../writer-thread.ts";
import { AccessSession } from "./access-session.ts";

const { file } = workerData as WriterData;
const session = new AccessSession(() => connectWriter(file));

parentPort?.on("message", (message: WriterMessage) => {
  if (message === "close") {
    session.close();
    parentPort?.close();
  } else {
    parentPort?.postMessage(session.commit(message));
  }
});
