// The bare server for changes: only node:http, which holds every GET until a POST names the change.
// node bare-holder.mjs. A GET of /v1/events is a stream.
import { createServer } from "node:http";

// This text has the length of the server's answer about such a task.
const task = `{"id":"T-1","note":"${"x".repeat(700)}"}`;
const answer = Buffer.from(`{"met":true,"task":${task}}`);
const frame = Buffer.from(`id: 1\ndata: {"position":1,"events":[{"type":"TaskCanceled"}]}\n\n`);
const streams = new Set();
let held = [];

const server = createServer((request, response) => {
  const { method, url } = request;
  if (method === "GET" && url === "/v1/events") {
    response.writeHead(200, { "content-type": "text/event-stream", connection: "close" });
    response.flushHeaders();
    streams.add(response);
    response.once("close", () => streams.delete(response));
  } else if (method === "GET") held.push(response);
  else {
    request.resume();
    response.writeHead(200, { "content-type": "application/json", "content-length": task.length });
    response.end(task);
    if (url.endsWith("/cancel")) release();
  }
});
server.keepAliveTimeout = 75_000;
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`    address    http://127.0.0.1:${server.address().port}\n`);
});
process.on("SIGTERM", () => process.exit(0));

function release() {
  const waiting = held;
  held = [];
  for (const response of waiting) {
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": answer.length,
      "x-acs-request-id": "00000000-0000-0000-0000-000000000000",
    });
    response.end(answer);
  }
  for (const response of streams) response.write(frame);
}
