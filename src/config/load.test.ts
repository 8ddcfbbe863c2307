import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import * as client from "../client/index.ts";
import * as ourselves from "../index.ts";
import { loadConfig } from "./load.ts";
import {
  DEFAULT_CONFIG,
  environmentName,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
} from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-config-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

function written(text: string): string {
  const file = join(folder, `${files++}.config.ts`);
  writeFileSync(file, text);
  return file;
}

function loadFrom(text: string) {
  return loadConfig({}, { file: written(text), env: {} });
}

const DAY_MS = 86_400_000;
const retention = async (text: string) =>
  (await loadConfig({ retention: text }, { env: {} })).retention;

describe("retention as text", () => {
  it("names states, and * for the others", async () => {
    assert.deepEqual(await retention("succeeded=7d, failed=1h30m"), {
      succeeded: 7 * DAY_MS,
      failed: 5_400_000,
    });
    assert.deepEqual(await retention("*=90d,failed=1d"), {
      succeeded: 90 * DAY_MS,
      failed: DAY_MS,
      canceled: 90 * DAY_MS,
      expired: 90 * DAY_MS,
    });
    assert.deepEqual(await retention(""), {});
  });
  it("refuses what it does not know, in words", async () => {
    for (const text of ["running=7d", "failed", "failed=soon", "failed=1d=2d", "=1d"]) {
      await assert.rejects(
        retention(text),
        /^ConfigError: --retention: found ".*"; give STATE=SPAN such as failed=30d/,
      );
    }
  });
  it("comes from the environment too", async () => {
    const { retention: found } = await loadConfig({}, { env: { TASKSCRIBE_RETENTION: "*=1d" } });
    assert.equal(found.expired, DAY_MS);
  });
});

describe("words that can be chosen", () => {
  it("are taken from the environment, and refused by name", async () => {
    const env = { TASKSCRIBE_BUSY: "queue", TASKSCRIBE_LANGUAGE: "en" };
    assert.partialDeepStrictEqual(await loadConfig({}, { env }), { busy: "queue", language: "en" });
    assert.partialDeepStrictEqual(await loadConfig({}, { env: {} }), { language: "zh" });
    await assert.rejects(
      loadConfig({ busy: "maybe" }, { env: {} }),
      /^ConfigError: --busy: found "maybe"; give one of reject, queue/,
    );
    await assert.rejects(
      loadConfig({ language: "fr" }, { env: {} }),
      /^ConfigError: --language: found "fr"; give one of zh, en/,
    );
  });
});

describe("a setting", () => {
  const sample = (name: SettingName) => SAMPLES[name] ?? "x";

  it("that is empty or blank is not set, wherever it stands", async () => {
    for (const name of SETTING_NAMES.filter((one) => SETTINGS[one].by !== "file")) {
      for (const empty of ["", "  "]) {
        const found = [
          await loadConfig({ [name]: empty }, { env: {} }),
          await loadConfig({}, { env: { [environmentName(name)]: empty } }),
          await loadFrom(`export default { ${name}: ${JSON.stringify(empty)} };`),
        ];
        for (const config of found) assert.deepEqual(config, DEFAULT_CONFIG, name);
      }
    }
    assert.deepEqual(await loadConfig({}, { env: { TASKSCRIBE_CONFIG: "" } }), DEFAULT_CONFIG);
    assert.deepEqual(await loadConfig({}, { env: {}, file: "" }), DEFAULT_CONFIG);
  });
  it("that is empty leaves the next source its turn", async () => {
    const env = { TASKSCRIBE_PORT: "4020", TASKSCRIBE_HOST: "" };
    const file = written('export default { host: "::1", port: undefined };');
    const { port, host } = await loadConfig({ port: "" }, { env, file });
    assert.deepEqual([port, host], [4020, "::1"]);
  });
  it("means the same as an option, as a variable and in the file", async () => {
    for (const name of SETTING_NAMES.filter((one) => SETTINGS[one].by !== "file")) {
      const text = sample(name);
      const pair = name === "tlsCert" ? { tlsKey: "k" } : name === "tlsKey" ? { tlsCert: "c" } : {};
      const option = await loadConfig({ [name]: text, ...pair }, { env: {} });
      assert.notDeepEqual(option, DEFAULT_CONFIG, name);
      const variable = await loadConfig(pair, { env: { [environmentName(name)]: text } });
      assert.deepEqual(variable, option, name);
      const file = written(`export default { ${name}: ${JSON.stringify(text)} };`);
      assert.deepEqual(await loadConfig(pair, { env: {}, file }), option, name);
    }
  });
  it("that is wrong is refused with the source that it stands in", async () => {
    const refusals: readonly (readonly [Promise<unknown>, RegExp])[] = [
      [
        loadConfig({ port: "http" }, { env: {} }),
        /^--port: found "http"; give a whole number from 0 to 65535$/,
      ],
      [
        loadConfig({}, { env: { TASKSCRIBE_DRAIN_MS: "-1" } }),
        /^TASKSCRIBE_DRAIN_MS: found "-1"; give a whole/,
      ],
      [
        loadConfig({}, { env: { TASKSCRIBE_REQUEST_LOG: "2" } }),
        /^TASKSCRIBE_REQUEST_LOG: found "2"; give off, problems/,
      ],
      [
        loadConfig({}, { env: { TASKSCRIBE_METRICS_TOKEN: "hush" } }),
        /^TASKSCRIBE_METRICS_TOKEN: found 4 characters; give at/,
      ],
      [
        loadConfig({ tlsCert: "c" }, { env: {} }),
        /^tlsKey: it is not set, but tlsCert is; give both, or neither$/,
      ],
    ];
    for (const [loading, message] of refusals)
      await assert.rejects(loading, { name: "ConfigError", message });
  });
  it("of several names is a list with commas between", async () => {
    const { allowHost } = await loadConfig({ allowHost: "a.example, b.example," }, { env: {} });
    assert.deepEqual(allowHost, ["a.example", "b.example"]);
    assert.deepEqual((await loadFrom('export default { allowHost: ["c"] };')).allowHost, ["c"]);
  });
});

/** A value of each setting that any text does not fit, and that is not its default. */
const SAMPLES: Partial<Record<SettingName, string>> = {
  port: "4020",
  speed: "20",
  busy: "queue",
  concurrency: "5",
  drainMs: "1",
  retention: "failed=1d",
  holdCapMs: "1",
  schemes: "acs3",
  requireNonce: "true",
  maxClockDifferenceMs: "60000",
  requireTls: "true",
  tlsClientAuth: "required",
  tls: "true",
  proxyPort: "0",
  auth: "strict",
  insecure: "true",
  failedState: "fail",
  language: "en",
  logLevel: "warn",
  requestLog: "0.5",
  metricsToken: "0123456789abcdef",
  auditUrl: "https://siem.example/audit",
  auditRetention: "400d",
};

describe("a configuration file", () => {
  it("imports this very program by its name, from wherever it is", async () => {
    const { types } = await loadFrom(`
import { defineConfig, defineTask, TerminalError } from "taskscribe";
import { hasEnded } from "taskscribe/client";
const labels = { TerminalError, hasEnded } as never;
export default defineConfig({ types: [defineTask({ type: "t", steps: { a: { run: async () => {}, labels } } })] });
`);
    const { TerminalError } = ourselves;
    const { hasEnded } = client;
    assert.deepEqual(types[0]?.plan[0]?.labels, { TerminalError, hasEnded });
  });

  it("is refused in words if its types are none", async () => {
    await assert.rejects(
      loadFrom('export default { types: { type: "t" } };'),
      /config\.ts:1:18: types: found {"type":"t"}; give a list: types: \[defineTask/,
    );
    await assert.rejects(
      loadFrom('export default { types: [{ type: "t", steps: { a: async () => {} } }] };'),
      /config\.ts:1:26: types\[0\]: it is not a task type; write defineTask/,
    );
    await assert.rejects(loadFrom("export default { types: [undefined] };"), /types\[0\]/);
  });

  it("is refused in words if its dialects are none", async () => {
    await assert.rejects(
      loadFrom("export default { dialects: {} };"),
      /config\.ts:1:18: dialects: found {}; give a list: dialects: \[defineDialect/,
    );
    await assert.rejects(
      loadFrom('export default { dialects: [{ name: "kiln" }] };'),
      /config\.ts:1:29: dialects\[0\]: it is not a dialect; write defineDialect/,
    );
  });
});

describe("where the secret key comes from", () => {
  const from = async (env: NodeJS.ProcessEnv) => (await loadConfig({}, { env })).secretKeyCommand;

  it("may be a command: a list of words, or one text with blanks or JSON", async () => {
    const TASKSCRIBE_SECRET_KEY_COMMAND = "  vault kv  get -field=key secret/t ";
    const words = ["vault", "kv", "get", "-field=key", "secret/t"];
    assert.deepEqual(await from({ TASKSCRIBE_SECRET_KEY_COMMAND }), words);
    const json = '["sh", "-c", "age -d key.age", ""]';
    const found = await from({ TASKSCRIBE_SECRET_KEY_COMMAND: json });
    assert.deepEqual(found, ["sh", "-c", "age -d key.age", ""]);
    const { secretKeyCommand } = await loadFrom(`export default { secretKeyCommand: ${json} };`);
    assert.deepEqual(secretKeyCommand, found);
  });

  it("is refused in words if it is no command", async () => {
    for (const wrong of ["[]", "[", '["", "x"]', "[7]"]) {
      await assert.rejects(
        from({ TASKSCRIBE_SECRET_KEY_COMMAND: wrong }),
        /^ConfigError: TASKSCRIBE_SECRET_KEY_COMMAND: found .+; give /,
      );
    }
    await assert.rejects(
      loadFrom("export default { secretKeyCommand: { run: 1 } };"),
      /secretKeyCommand: found {"run":1}; give the words of a command/,
    );
  });

  it("is one place: two are refused, and the key is not shown", async () => {
    const key = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ=";
    const file = written('export default { secretKeyFile: "/run/secrets/key" };');
    await assert.rejects(
      loadConfig({}, { file, env: { TASKSCRIBE_SECRET_KEY: key } }),
      (error: Error) => {
        assert.match(
          error.message,
          /secretKeyFile: it is set .+, and so is secretKey \(TASKSCRIBE_/,
        );
        return !error.message.includes(key);
      },
    );
  });
});
