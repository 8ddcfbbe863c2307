import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { startServerProcess } from "../support/server-process.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const POOL =
  "/clusters/c0000000000000000000000000000da01/nodepools/np0000000000000000000000000000da01";

const folder = mkdtempSync(join(tmpdir(), "taskscribe-tracing-"));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: {
      readonly attributes: readonly { key: string; value: { stringValue: string } }[];
    };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

/** A collector that takes OTLP over HTTP and keeps it. */
async function startCollector() {
  const spans: Span[] = [];
  const services: string[] = [];
  const take = ({ resourceSpans }: Sent) => {
    spans.push(...resourceSpans.flatMap((one) => one.scopeSpans.flatMap((scope) => scope.spans)));
    const attributes = resourceSpans.flatMap((one) => one.resource.attributes);
    const names = attributes.filter(({ key }) => key === "service.name");
    services.push(...names.map(({ value }) => value.stringValue));
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      assert.equal(request.url, "/v1/traces");
      take(JSON.parse(Buffer.concat(chunks).toString()));
      response.setHeader("content-type", "application/json").end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, spans, services, close: () => server.close() };
}

/** The server with these variables, which are gone again afterwards. */
async function startWith(env: Readonly<Record<string, string>>, args: readonly string[]) {
  Object.assign(process.env, env);
  try {
    return await startServerProcess(["--data", join(folder, "data"), ...args]);
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
  }
}

describe("traces", () => {
  it("the steps of a task belong to the trace of the caller, also if the server was killed in between", async () => {
    const collector = await startCollector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: "mine" };
    const first = await startWith(env, ["--speed", "1"]);
    const headers = {
      "content-type": "application/json",
      traceparent: `00-${TRACE}-${SPAN}-01`,
    };
    const sent = { method: "POST", headers, body: JSON.stringify({ count: 1 }) };
    const answer = await fetch(`${first.url}${POOL}`, sent);
    const { task_id: id } = (await answer.json()) as { task_id: string };
    await first.end("SIGKILL");

    const second = await startWith(env, ["--speed", "1000"]);
    const waited = await fetch(`${second.url}/v1/tasks/${id}/wait?timeout=60`);
    const { task } = (await waited.json()) as {
      task: { state: string; type: string; steps: { name: string }[] };
    };
    assert.equal(task.state, "succeeded");
    assert.equal(await second.end("SIGTERM"), 0, "what was not sent yet is sent before the end");
    collector.close();

    const own = collector.spans.filter(({ traceId }) => traceId === TRACE);
    const whole = own.find(({ name }) => name === task.type);
    assert.equal(whole?.parentSpanId, SPAN);
    for (const { name } of task.steps) {
      const span = own.find((one) => one.name === `${task.type} ${name}`);
      assert.equal(span?.parentSpanId, whole?.spanId, name);
      assert.ok(BigInt(span?.endTimeUnixNano ?? 0) >= BigInt(span?.startTimeUnixNano ?? 1), name);
    }
    assert.ok(collector.services.length > 0 && collector.services.every((one) => one === "mine"));
  });

  it("without the packages the start is refused, and says what to install", async () => {
    const hooks = `import{registerHooks}from"node:module";registerHooks({resolve(name,context,next){if(name.startsWith("@opentelemetry/"))throw Object.assign(new Error("not there"),{code:"ERR_MODULE_NOT_FOUND"});return next(name,context)}})`;
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hooks)}`,
    };
    await assert.rejects(startWith(env, []), /is not installed; npm install @opentelemetry\/api /);
  });

  it("is off where OpenTelemetry is switched off", async () => {
    const collector = await startCollector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: "true" };
    const server = await startWith(env, ["--speed", "1000"]);
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ count: 1 });
    const answer = await fetch(`${server.url}${POOL}`, { method: "POST", headers, body });
    const { task_id: id } = (await answer.json()) as { task_id: string };
    await fetch(`${server.url}/v1/tasks/${id}/wait?timeout=60`);
    assert.equal(await server.end("SIGTERM"), 0);
    collector.close();
    assert.deepEqual(collector.spans, []);
  });
});
