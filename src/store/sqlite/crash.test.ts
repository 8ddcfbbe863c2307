import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { after, describe, it } from "node:test";
import { ACCOUNT, submission } from "../../../test/contracts/store-contract.ts";
import { type Faults, faultEnvironment } from "../../../test/support/faults.ts";
import { fold } from "../../core/evolve.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const root = mkdtempSync(join(tmpdir(), "taskscribe-crash-"));
after(() => rmSync(root, { recursive: true, force: true }));

/**
 * A process that opens `directory` and runs `script`, which knows `store`, `submission` and `tell`: a line of output,
 * written before it returns.
 */
function startProcess(directory: string, script: string, faults: Faults = {}) {
  const program = `
    import { writeSync } from "node:fs";
    const [store_, contract, directory] = process.argv.slice(1);
    const { openSqliteStore } = await import(store_);
    const { submission } = await import(contract);
    const store = await openSqliteStore(directory);
    const tell = (line) => writeSync(1, line + "\\n");
    ${script}`;
  const modules = ["./sqlite-store.ts", "../../../test/contracts/store-contract.ts"].map(
    (path) => new URL(path, import.meta.url).href,
  );
  const args = ["--input-type=module", "-e", program, ...modules, directory];
  const env = { ...process.env, ...faultEnvironment(faults) };
  return spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
}

function assertIntact(file: string): void {
  const db = new DatabaseSync(file);
  assert.equal(db.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok");
  assert.equal(db.prepare("PRAGMA foreign_key_check").get(), undefined);
  db.close();
}

describe("after kill -9", () => {
  it("every append that was told is there, and the log folds to the row", async () => {
    const directory = mkdtempSync(join(root, "kill-"));
    const told: string[] = [];
    for (let round = 1; round <= 3; round++) {
      const child = startProcess(
        directory,
        `let n = 0;
        for (let i = 0; i < 64; i++) (async () => {
          for (;;) {
            const append = submission({ id: "t-${round}-" + ++n });
            await store.append(append);
            tell(append.taskId);
          }
        })();`,
      );
      let lines = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        told.push(line);
        // Whatever it writes after that is read as well: the loop ends with the pipe.
        if (++lines === 300 * round) child.kill("SIGKILL");
      }
    }
    assert.ok(readdirSync(directory).includes("taskscribe.db-wal"), "nobody tidied up");
    const store = await openSqliteStore(directory);
    for (const id of told) {
      const task = await store.read(ACCOUNT, id);
      const log = await store.readEvents({ taskId: id, after: 0, limit: 10 });
      assert.deepEqual(task, fold(log.flatMap(({ events }) => events)));
    }
    await store.append(submission({ id: "t-after" }));
    await store.close();
    assertIntact(store.location);
  });

  const script = `
    const token = { scope: "s", token: "t", fingerprint: "f" };
    await store.append(submission({ id: "t-1" }, { token }));
    tell("told");`;

  it("before a commit, nothing of its appends is there", async () => {
    const directory = mkdtempSync(join(root, "before-"));
    const child = startProcess(directory, script, { "before-commit": "kill" });
    assert.deepEqual(await once(child, "exit"), [null, "SIGKILL"]);
    const store = await openSqliteStore(directory);
    assert.equal(await store.read(ACCOUNT, "t-1"), undefined);
    assert.equal(await store.findToken(ACCOUNT, "s", "t"), undefined);
    await store.close();
  });

  it("between a commit and its answer, a retry with the token finds the task", async () => {
    const directory = mkdtempSync(join(root, "after-"));
    const child = startProcess(directory, script, { "after-commit-before-answer": "kill" });
    assert.deepEqual(await once(child, "exit"), [null, "SIGKILL"]);
    const store = await openSqliteStore(directory);
    const token = { scope: "s", token: "t", fingerprint: "f" };
    assert.deepEqual(await store.append(submission({}, { token })), {
      outcome: "token-taken",
      taskId: "t-1",
      fingerprint: "f",
    });
    await store.close();
  });
});

describe("a process that forgets to close its store", () => {
  it("ends all the same when it has nothing else to do, with its appends done", async () => {
    const directory = mkdtempSync(join(root, "idle-"));
    const child = startProcess(directory, `void store.append(submission({ id: "t-1" }));`);
    assert.deepEqual(await once(child, "exit"), [0, null]);
    const store = await openSqliteStore(directory);
    assert.equal((await store.read(ACCOUNT, "t-1"))?.id, "t-1");
    await store.close();
  });
});
