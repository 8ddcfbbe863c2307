import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parseOpenMetrics, seriesValue } from "../support/openmetrics.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";

const TOKEN = "a-token-for-prometheus-only";
const OPENMETRICS = { accept: "application/openmetrics-text; version=1.0.0" };

const folder = mkdtempSync(join(tmpdir(), "taskscribe-metrics-"));
let server: ServerProcess;

before(async () => {
  process.env["TASKSCRIBE_METRICS_TOKEN"] = TOKEN;
  const args = ["--data", join(folder, "data"), "--speed", "1000"];
  server = await startServerProcess([...args, "--host", "0.0.0.0", "--auth", "off", "--insecure"]);
  delete process.env["TASKSCRIBE_METRICS_TOKEN"];
});
after(async () => {
  assert.equal(await server.end("SIGTERM"), 0);
  rmSync(folder, { recursive: true, force: true });
});

const here = () => `http://127.0.0.1:${new URL(server.url).port}`;
const scrape = async () => {
  const response = await fetch(`${here()}/metrics`, { headers: OPENMETRICS });
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^application\/openmetrics-text; ver/);
  return parseOpenMetrics(await response.text());
};

describe("/metrics of a working server", () => {
  it("is strict OpenMetrics, and shows what happened", async () => {
    const cluster = `${here()}/clusters/c0000000000000000000000000000da01`;
    const pool = `${cluster}/nodepools/np0000000000000000000000000000da01`;
    const body = JSON.stringify({ count: 1 });
    const headers = { "content-type": "application/json", "x-acs-version": "2015-12-15" };
    const started = await fetch(pool, { method: "POST", headers, body });
    const { task_id: id } = (await started.json()) as { task_id: string };
    await fetch(`${here()}/v1/tasks/${id}/wait?timeout=30`);
    await fetch(`${here()}/tasks/${id}`, { headers });
    await fetch(`${here()}/no/such/path`);

    const families = await scrape();
    const describes = { dialect: "ack", action: "DescribeTaskInfo", status: "2xx" };
    assert.equal(seriesValue(families, "taskscribe_requests_total", describes), 1);
    const strangers = { dialect: "unknown", action: "unknown", status: "4xx" };
    assert.equal(seriesValue(families, "taskscribe_requests_total", strangers), 1);
    const ended = { product: "ack", state: "succeeded" };
    assert.equal(seriesValue(families, "taskscribe_tasks_ended_total", ended), 1);
    assert.equal(seriesValue(families, "taskscribe_tasks", ended), 1);
    const appends = seriesValue(families, "taskscribe_store_appends_total") ?? 0;
    assert.ok(appends >= 3);
    assert.ok((seriesValue(families, "taskscribe_store_append_duration_seconds_count") ?? 0) >= 3);
    assert.ok((seriesValue(families, "taskscribe_store_log_bytes") ?? 0) > 8_192);
    assert.ok((seriesValue(families, "process_resident_memory_bytes") ?? 0) > 10_000_000);
    const lag = seriesValue(families, "nodejs_eventloop_lag_seconds", { quantile: "0.99" });
    assert.ok(lag !== undefined && lag < 10);
    assert.equal(seriesValue(families, "taskscribe_streams_open"), 0);
  });

  it("holds no account, no task and no resource", async () => {
    const text = await (await fetch(`${here()}/metrics`)).text();
    assert.doesNotMatch(text, /1000000000000001|T-[0-9a-f]{24}|c0000000000000000000000000000da01/);
  });
});

describe("/metrics by account", () => {
  it("is for who sends the token; everybody else is told of all accounts together", async () => {
    const accounts = async (headers: Record<string, string>) => {
      const response = await fetch(`${here()}/metrics`, {
        headers: { ...OPENMETRICS, ...headers },
      });
      const families = parseOpenMetrics(await response.text());
      const used = families.find(({ name }) => name === "taskscribe_account_share_used");
      return new Set(used?.samples.map(({ labels }) => labels["account"]));
    };
    assert.deepEqual(await accounts({}), new Set(["all"]));
    const named = await accounts({ authorization: `Bearer ${TOKEN}` });
    assert.deepEqual(named, new Set(["1000000000000001"]));
  });
});

describe("/metrics is for this machine and for the token", () => {
  const status = async (address: string, headers: Record<string, string> = {}) =>
    (await fetch(`${address}/metrics`, { headers })).status;

  it("a request that a local proxy forwards is not local", async () => {
    assert.equal(await status(here()), 200);
    assert.equal(await status(here(), { "x-forwarded-for": "203.0.113.9" }), 401);
    assert.equal(await status(here(), { forwarded: "for=203.0.113.9" }), 401);
  });

  it("the token opens it, and nothing else does", async () => {
    const forwarded = { "x-forwarded-for": "203.0.113.9" };
    const asked = (authorization: string) => status(here(), { ...forwarded, authorization });
    assert.equal(await asked(`Bearer ${TOKEN}`), 200);
    for (const wrong of ["Bearer wrong", `bearer${TOKEN}`, TOKEN, "Bearer ", "Basic eDp5"]) {
      assert.equal(await asked(wrong), 401, wrong);
    }
  });

  it("another address of this machine is this machine", async (t) => {
    const own = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === "IPv4" && !one.internal)?.address;
    if (own === undefined) return t.diagnostic("this machine has only loopback");
    assert.equal(await status(`http://${own}:${new URL(server.url).port}`), 200);
  });
});
