// Loaded into a server process before everything else: writes a line to file descriptor 3 each time the event loop stood still,
// from the first connection on.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { writeSync } from "node:fs";
import { LoopWatch } from "./loop-watch.ts";

const CONNECTED = "net.server.socket";
const REPORT = 3;

function begin(): void {
  unsubscribe(CONNECTED, begin);
  const watch = new LoopWatch((ms) => void writeSync(REPORT, `${ms}\n`));
  watch.skip();
}

subscribe(CONNECTED, begin);
