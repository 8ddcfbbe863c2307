import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { FAULT_POINTS } from "../src/fault-points.ts";
import { faultEnvironment } from "./support/faults.ts";

const HOME = "src/fault-points.ts";
const sources = globSync("src/**/*.ts", { exclude: ["**/*.test.ts"] })
  .filter((path) => path !== HOME)
  .map((path) => ({ path, text: readFileSync(path, "utf8") }));

describe("production code can do no more with a fault than name a point", () => {
  test("it imports nothing but the function", () => {
    for (const { path, text } of sources) {
      for (const [, names] of text.matchAll(
        /import\s+([^;]*?)\s+from\s+"[./]*\/fault-points\.ts"/g,
      )) {
        assert.equal(names, "{ fault }", path);
      }
    }
  });

  test("it calls it as a statement or a callback of its own, with a name of the list", () => {
    const named = new Set<string>();
    for (const { path, text } of sources) {
      if (!text.includes('fault-points.ts"')) continue;
      for (const line of text.split("\n").filter((one) => /\bfault\b(?!s)/.test(one))) {
        if (line.startsWith("import ")) continue;
        const point = /^\s*(?:\w+: \(\) => )?fault\("([a-z-]+)"\)[;,]$/.exec(line)?.[1];
        assert.ok(point !== undefined && point in FAULT_POINTS, `${path}: ${line.trim()}`);
        named.add(point);
      }
    }
    assert.deepEqual([...named].sort(), Object.keys(FAULT_POINTS).sort(), "every name is a point");
  });

  test("nothing of it sets the hook or reads the variable that arms it", () => {
    for (const { path, text } of sources) {
      assert.doesNotMatch(text, /taskscribe\.fault|TASKSCRIBE_FAULTS/, path);
    }
    assert.doesNotMatch(readFileSync(HOME, "utf8"), /process|import/);
  });
});

describe("a point", () => {
  const run = (code: string, env: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, ["--input-type=module", "-e", code], {
      env: { ...process.env, ...env },
      encoding: "utf8",
    });
  const module = new URL("../src/fault-points.ts", import.meta.url).href;
  const reach = (times: number) =>
    `const { fault } = await import("${module}");
     for (let i = 1; i <= ${times}; i++) { console.log(i); fault("before-commit"); }`;
  const inThread = `
    import { Worker } from "node:worker_threads";
    const code = 'import { fault } from "${module}"; fault("before-commit");';
    const thread = new Worker(new URL("data:text/javascript," + encodeURIComponent(code)), { execArgv: [] });`;

  test("does nothing unless it is armed", () => {
    const { status, stdout } = run(reach(2), faultEnvironment({}));
    assert.deepEqual([status, stdout], [0, "1\n2\n"]);
  });

  test("kills the process at the time that is named", () => {
    const { signal, stdout } = run(reach(5), faultEnvironment({ "before-commit": "kill@3" }));
    assert.deepEqual([signal, stdout], ["SIGKILL", "1\n2\n3\n"]);
  });

  test("is reached in threads too", () => {
    const { signal } = run(inThread, faultEnvironment({ "before-commit": "kill" }));
    assert.equal(signal, "SIGKILL");
  });

  test("throws, with the code that is named", () => {
    const { status, stderr } = run(reach(1), faultEnvironment({ "before-commit": "throw:13" }));
    assert.equal(status, 1);
    assert.match(stderr, /a fault was injected at before-commit[\s\S]*errcode: 13/);
  });

  test("holds its thread up", () => {
    const before = performance.now();
    run(reach(3), faultEnvironment({ "before-commit": "delay:300@2+" }));
    assert.ok(performance.now() - before >= 600);
  });

  test("that does not exist, or does what nobody knows, is refused in words", () => {
    const unknown = run("", { ...faultEnvironment({ "before-commit": "kill" }) });
    assert.equal(unknown.status, 0);
    const names: readonly (readonly [string, RegExp])[] = [
      ["before-tea=kill", /names "before-tea"; expected one of before-append, /],
      ["before-commit=explode", /holds "before-commit=explode"; expected POINT=ACTION/],
    ];
    for (const [spec, complaint] of names) {
      const armed = faultEnvironment({ "before-commit": "kill" });
      const { status, stderr } = run("", { ...armed, TASKSCRIBE_FAULTS: spec });
      assert.equal(status, 1);
      assert.match(stderr, complaint);
    }
  });
});
