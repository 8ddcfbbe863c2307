import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { nodeFlagsOf } from "../scripts/node-flags.ts";

const RULES = readFileSync("deploy/prometheus/taskscribe.rules.yml", "utf8");
const DASHBOARD = JSON.parse(readFileSync("deploy/grafana/taskscribe.json", "utf8"));
const UNIT = readFileSync("deploy/systemd/taskscribe.service", "utf8");
const OPERATE = readFileSync("docs/how-to/operate.md", "utf8");

/** What the code calls its metrics. */
const told = new Set(
  globSync("src/{metrics/*,server/observe/metrics}.ts", { exclude: ["src/metrics/*.test.ts"] })
    .map((path) => readFileSync(path, "utf8"))
    .flatMap((text) => [...text.matchAll(/"((?:taskscribe|nodejs|process)_[a-z_]+)"/g)])
    .map(([, name = ""]) => name),
);

const namesIn = (text: string) =>
  [...text.matchAll(/\b(?:taskscribe|nodejs|process)_[a-z_]+\b/g)].map(([name]) => name);
const isTold = (name: string) =>
  told.has(name) || told.has(name.replace(/_(bucket|count|sum)$/, ""));

interface Panel {
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number };
  readonly targets: readonly { readonly expr: string }[];
}
const panels: readonly Panel[] = DASHBOARD.panels;
const alerts = [...RULES.matchAll(/- alert: (\w+)\n/g)].map(([, name = ""]) => name);

describe("deploy/", () => {
  it("names only metrics that there are", () => {
    assert.ok(told.size > 20, "the names in the code were not found");
    const named = [...namesIn(RULES), ...namesIn(JSON.stringify(panels)), ...namesIn(OPERATE)];
    assert.deepEqual(
      named.filter((name) => !isTold(name)),
      [],
    );
  });

  it("shows or watches every metric of ours", () => {
    const used = new Set([...namesIn(RULES), ...namesIn(JSON.stringify(DASHBOARD))]);
    const missing = [...told].filter(
      (name) => name.startsWith("taskscribe_") && !used.has(name) && !used.has(`${name}_bucket`),
    );
    // Counts of what exists, of no use in a graph over time.
    assert.deepEqual(missing, ["taskscribe_webhooks"]);
  });

  it("has a section in the operator's guide for every alert, and no other", () => {
    assert.ok(alerts.length >= 7);
    const sections = [...OPERATE.matchAll(/^### (\w+)$/gm)].map(([, name = ""]) => name);
    assert.deepEqual(sections, alerts);
  });

  it("tells of every reason why a task stands still what to do", () => {
    const health = readFileSync("src/engine/health.ts", "utf8");
    const table = /const HEALTH_OF_REASON = \{([^}]+)\}/.exec(health)?.[1] ?? "";
    const codes = [...table.matchAll(/"?([a-z-]+)"?: "/g)].map(([, code = ""]) => code);
    assert.ok(codes.length > 10);
    for (const code of codes) assert.match(OPERATE, new RegExp(`^\\|.*\`${code}\``, "m"), code);
  });

  it("gives every alert an expression, a severity and words", () => {
    for (const rule of RULES.split("- alert: ").slice(1)) {
      assert.match(rule, /\n {8}expr: (?:\S|\|\n {10}\S)/, rule);
      assert.match(rule, /\n {8}labels: \{ severity: (?:page|warn) \}\n/, rule);
      assert.match(rule, /\n {10}summary: ".+"/, rule);
    }
  });

  it("has a dashboard of panels that ask something and do not overlap", () => {
    const positions = panels.map(({ gridPos: { x, y } }) => `${x} ${y}`);
    assert.equal(new Set(positions).size, panels.length);
    for (const { title, targets, gridPos } of panels) {
      assert.ok(targets.length > 0 && gridPos.x + gridPos.w <= 24, title);
      for (const { expr } of targets) assert.ok(namesIn(expr).length > 0, title);
    }
  });

  it("starts the server by options that it has", async () => {
    const { loadConfig } = await import("../src/config/load.ts");
    const serve = /^ExecStart=.* serve (.+)$/m.exec(UNIT)?.[1] ?? "";
    assert.equal(serve, "--drain-ms 20000");
    const flags = /^ExecStart=\/usr\/bin\/node (.+) dist\/cli\/taskscribe\.cjs /m.exec(UNIT)?.[1];
    assert.deepEqual(flags?.split(" "), nodeFlagsOf("src/cli/main.ts"));
    const env = Object.fromEntries(
      [...UNIT.matchAll(/^Environment=(TASKSCRIBE_\w+)=(.+)$/gm)].map(([, name, value]) => [
        name,
        value,
      ]),
    );
    const config = await loadConfig({ drainMs: "20000" }, { env });
    assert.equal(config.data, "/var/lib/taskscribe");
    const stopS = Number(/^TimeoutStopSec=(\d+)$/m.exec(UNIT)?.[1]);
    assert.ok(stopS * 1_000 > config.drainMs, "systemd waits longer than the drain");
  });
});
