// Row 28: `eval` of what `taskscribe env` prints, for a data directory whose names mean harm.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { CLIENTS } from "../../src/cli/clients/clients.ts";
import { command } from "../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-env-"));
const mark = join(folder, "mark");
after(() => rmSync(folder, { recursive: true, force: true }));

const SHELLS = { bash: ["-c"], zsh: ["-fc"], fish: ["--no-config", "-c"], sh: ["-c"] } as const;
const touch = `touch ${mark}`;
/** Directories and addresses that would run something if they were not quoted. */
const NAMES = [`$(${touch})`, `\`${touch}\``, `';${touch};'`, `\\';${touch};#`, `";${touch};"`];

/** What is printed for each client and name, once for all shells. */
const setups: { readonly client: string; readonly name: string; readonly code: string }[] = [];
before(async () => {
  for (const [i, name] of NAMES.entries()) {
    const data = join(folder, String(i));
    mkdirSync(data);
    const caFile = join(data, name);
    const way = i % 2 === 0 ? {} : { proxyUrl: "http://127.0.0.1:4011" };
    const running = { url: "https://127.0.0.1:4010", caFile, ...way, pid: process.pid };
    writeFileSync(join(data, "server.json"), JSON.stringify(running));
    const ran = Object.keys(CLIENTS).map(async (client) => {
      const { code, out, err } = await command("env", "--client", client, "--data", data);
      assert.equal(code, 0, err);
      setups.push({ client, name, code: out });
    });
    await Promise.all(ran);
  }
});

describe("row 28: eval of taskscribe env", { timeout: 120_000 }, () => {
  for (const [shell, flags] of Object.entries(SHELLS)) {
    const missing = spawnSync(shell, ["-c", "true"]).error !== undefined;
    const skip = missing && process.env["CI"] !== "true" && `${shell} is not installed`;
    it(`runs nothing in ${shell}`, { skip }, () => {
      for (const { client, name, code } of setups) {
        spawnSync(shell, [...flags, code]);
        assert.ok(!existsSync(mark), `${client} ${name}`);
      }
    });
  }

  it("gives a value as it is", () => {
    for (const { name, code } of setups.filter(({ client }) => client === "go")) {
      const { stdout } = spawnSync("sh", ["-c", `${code}\nprintf %s "$SSL_CERT_FILE"`]);
      assert.ok(String(stdout).endsWith(`/${name}`), String(stdout));
    }
  });

  it("refuses a value with characters that no line can hold", async () => {
    const data = join(folder, "odd");
    mkdirSync(data);
    for (const odd of ["\u001b[2J", "\u009b", "\u202e", "\u2028", "a\nb"]) {
      const running = { url: "https://127.0.0.1:4010", caFile: `/x${odd}`, pid: process.pid };
      writeFileSync(join(data, "server.json"), JSON.stringify(running));
      const { code, out } = await command("env", "--data", data);
      assert.deepEqual([code, out], [2, ""]);
    }
  });
});
