// Starts the build as a user would, requests one answer of each kind, and stops it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "./steps.ts";

const [data = "./data"] = process.argv.slice(2);

/** By its name, from a directory where nothing is installed. Other classes than the bundle's would be tried again. */
const config = join(data, "smoke.config.mjs");
writeFileSync(
  config,
  `import { defineConfig, defineTask, TerminalError } from "taskscribe";
const step = () => { throw new TerminalError("Smoke", "for good"); };
export default defineConfig({ types: [defineTask({ type: "smoke", steps: { step } })] });
`,
);
const args = [
  ...[join(root, "dist/cli/taskscribe.cjs"), "serve", "--port", "0", "--data", data],
  ...["--speed", "100", "--config", config],
];
const server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
const exited = once(server, "exit");

const url = await addressOf(createInterface({ input: server.stdout }));
for (const path of ["/healthz", "/v1/openapi.json", "/docs"]) {
  const { status } = await fetch(url + path);
  if (status !== 200) throw new Error(`${path} answered ${status}`);
}
await expectTerminal(url);
server.kill("SIGTERM");
const [code] = await exited;
if (code !== 0) throw new Error(`the build stopped with exit code ${code}`);
process.stdout.write("the build starts, answers and stops\n");

/** Runs a task whose only step fails for good. */
async function expectTerminal(url: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ type: "smoke" });
  const submitted = await fetch(`${url}/v1/tasks`, { method: "POST", headers, body });
  const { id } = (await submitted.json()) as { id: string };
  const waited = await fetch(`${url}/v1/tasks/${id}/wait?timeout=10`);
  const { task } = (await waited.json()) as { task: { state: string; steps: object } };
  if (task.state !== "failed") {
    throw new Error(`a step that threw TerminalError was not final: ${JSON.stringify(task)}`);
  }
}

async function addressOf(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const found = /^\s+address\s+(\S+)$/.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error("the server ended before it named its address");
}
