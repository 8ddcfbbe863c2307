// The bare server: only node:http, which answers every request with the same bytes.
// node bare-server.mjs PORT ANSWER.json, where the file holds {status, headers: [[name, value], …], body}.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const [port, file] = process.argv.slice(2);
const { status, headers, body } = JSON.parse(readFileSync(file, "utf8"));
const bytes = Buffer.from(body);
const fixed = Object.fromEntries(headers);

const server = createServer((_request, response) => {
  response.writeHead(status, fixed);
  response.end(bytes);
});
server.keepAliveTimeout = 75_000;
server.listen(Number(port), "127.0.0.1", () => {
  process.stdout.write(`    address    http://127.0.0.1:${server.address().port}\n`);
});
