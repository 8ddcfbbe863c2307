import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { COMMAND } from "../support/program.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-dev-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** As `npm run dev` runs it: a restart when the source or the configuration changes, and none when data is written. */
test("node --watch restarts the server for its configuration, not for its data", async () => {
  const config = join(folder, "taskscribe.config.ts");
  const typeNamed = (type: string) =>
    writeFileSync(
      config,
      `import { defineTask } from "taskscribe";
export default { types: [defineTask({ type: "${type}", steps: { a: async () => {} } })] };\n`,
    );
  typeNamed("before");
  const child = spawn(
    process.execPath,
    ["--watch", ...COMMAND, "serve", "--port", "0", "--data", "data", "--log-level", "warn"],
    { cwd: folder, stdio: ["ignore", "pipe", "pipe"] },
  );
  const exited = once(child, "exit");
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  /** The address in the next banner. */
  const ready = async (): Promise<string> => {
    for (;;) {
      const { value, done } = await output.next();
      if (done) throw new Error(`it ended: ${lines.join("\n")}\n${errors}`);
      lines.push(value);
      const [, address] = /^\s+address\s+(\S+)$/.exec(value) ?? [];
      if (address !== undefined) return address;
    }
  };
  const submit = async (address: string, type: string): Promise<number> => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ type, input: {} });
    return (await fetch(`${address}/v1/tasks`, { method: "POST", headers, body })).status;
  };
  try {
    const first = await ready();
    for (let i = 0; i < 20; i++) assert.equal(await submit(first, "before"), 201, errors);
    assert.deepEqual(
      lines.filter((line) => /restart|fail/i.test(line)),
      [],
      errors,
    );
    typeNamed("after");
    const second = await ready();
    assert.notEqual(second, first);
    assert.equal(await submit(second, "after"), 201, errors);
  } finally {
    child.kill("SIGTERM");
    await exited;
  }
});
