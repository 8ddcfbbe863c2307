// Compares describe with mock servers that serve the same example.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BenchCase, CONNECTIONS, type Effort } from "../case.ts";
import { startProgram } from "../load/children.ts";
import { onCore, SERVER_CORE } from "../load/cores.ts";
import { type Loaded, requestsOf } from "../load/load.ts";
import { processMemory } from "../load/machine.ts";
import { freePort, listening } from "../load/ports.ts";
import { describeRequests, raw, typicalAnswer } from "../load/questions.ts";
import { scratch } from "../load/scratch.ts";
import { seeded } from "../load/seed.ts";
import { PRODUCTS } from "../load/seed-tasks.ts";
import { type Answer, type Server, startBare, startOurs } from "../load/servers.ts";
import { install } from "../peers/install.ts";
import { MOCKS } from "../peers/versions.ts";
import { type Contestant, compare, figure, ratio, worstDisturbance } from "../report/compare.ts";
import { type Findings, number, withEnds } from "../report/report.ts";
import { disturbance } from "./describe.ts";

export const mocksCase: BenchCase = {
  name: "mocks",
  title: "Describe (ACK) against mock servers with the same example",
  run,
};

type Mock = Loaded & Pick<Server, "stop">;

const PATIENCE_MS = 30_000;

async function run(effort: Effort): Promise<Findings> {
  effort.tell("mocks: installing");
  const installed = install(MOCKS);
  const tasks = await seeded(1_000 * PRODUCTS.length, effort.tell);
  const ours = await startOurs("taskscribe", tasks.directory);
  const started: Pick<Server, "stop">[] = [ours];
  try {
    const answer = await typicalAnswer(ours, tasks, "ack");
    const bare = await startBare("bare", answer);
    started.push(bare);
    const prism = await startPrism(installed, answer);
    started.push(prism);
    const mockoon = await startMockoon(installed, answer);
    started.push(mockoon);
    effort.tell("mocks: measuring");
    const polled = describeRequests(tasks, "ack", "polled");
    const [id = ""] = tasks.ids("ack").slice(-1);
    const one = requestsOf(raw("GET", "/tasks/\x01", []), [id]);
    const named: [string, Loaded, Contestant["requests"]][] = [
      ["bare node:http", bare, polled],
      ["Taskscribe", ours, polled],
      ["Prism, -v error", prism, one],
      ["Mockoon, without its log", mockoon, one],
    ];
    const { rounds, seconds } = effort;
    const all = await compare(
      named.map(([name, server, requests]) => ({ server: { ...bare, ...server, name }, requests })),
      { rounds: Math.min(5, rounds), seconds, connections: CONNECTIONS },
    );
    const rows = named.map(([name, server], index) => [
      name,
      withEnds(figure(all[index], (slice) => slice.perSecond)),
      withEnds(ratio(all[index], all[0], (slice) => slice.perSecond)),
      withEnds(ratio(all[1], all[index], (slice) => slice.perSecond)),
      withEnds(figure(all[index], (slice) => slice.p99Us / 1_000)),
      number(figure(all[index], (slice) => slice.cpuUs).median),
      number(processMemory(server.pid).rssMb),
    ]);
    const head = ["server", "req/s", "÷ bare", "ours ÷ it", "p99 ms", "CPU µs", "RSS MB after"];
    const versions = Object.entries(MOCKS).map(([name, version]) => `${name} ${version}`);
    return {
      tables: [{ head, rows }],
      notes: [
        `${versions.join(" · ")}, unsigned, each alone on one core.`,
        disturbance(worstDisturbance(all)),
      ],
    };
  } finally {
    for (const server of started) await server.stop();
  }
}

async function startPrism(installed: string, { body }: Answer): Promise<Mock> {
  const path = "/tasks/{task_id}";
  const file = join(scratch(), "prism.json");
  const content = { "application/json": { example: JSON.parse(body) } };
  const operation = {
    parameters: [{ name: "task_id", in: "path", required: true, schema: { type: "string" } }],
    responses: { 200: { description: "the task", content } },
  };
  const info = { title: "bench", version: "1" };
  writeFileSync(
    file,
    JSON.stringify({ openapi: "3.0.3", info, paths: { [path]: { get: operation } } }),
  );
  const main = join(installed, "node_modules/@stoplight/prism-cli/dist/index.js");
  return startMock((port) => [main, "mock", "-v", "error", "-p", String(port), file]);
}

async function startMockoon(installed: string, { body }: Answer): Promise<Mock> {
  const file = join(scratch(), "mockoon.json");
  const response = {
    uuid: "7a0d5c9e-0000-4000-8000-000000000002",
    body,
    statusCode: 200,
    label: "",
    headers: [{ key: "Content-Type", value: "application/json" }],
    bodyType: "INLINE",
    default: true,
    rules: [],
    rulesOperator: "OR",
    latency: 0,
    disableTemplating: true,
  };
  const route = {
    uuid: "7a0d5c9e-0000-4000-8000-000000000001",
    type: "http",
    documentation: "",
    method: "get",
    endpoint: "tasks/:task_id",
    responses: [response],
    responseMode: null,
  };
  const environment = {
    uuid: "7a0d5c9e-0000-4000-8000-000000000000",
    lastMigration: 33,
    name: "bench",
    port: 0,
    hostname: "127.0.0.1",
    endpointPrefix: "",
    latency: 0,
    folders: [],
    routes: [route],
    rootChildren: [{ type: "route", uuid: route.uuid }],
    proxyMode: false,
    proxyHost: "",
    headers: [],
    cors: false,
    data: [],
    callbacks: [],
  };
  writeFileSync(file, JSON.stringify(environment));
  const main = join(installed, "node_modules/@mockoon/cli/bin/run.js");
  return startMock((port) => [
    ...[main, "start", "--data", file, "--port", String(port)],
    ...["--disable-log-to-file", "--disable-admin-api", "--repair"],
  ]);
}

async function startMock(args: (port: number) => readonly string[]): Promise<Mock> {
  const port = await freePort();
  const [command, all] = onCore(SERVER_CORE, process.execPath, args(port));
  const program = startProgram(command, all, { cwd: scratch() });
  await listening(port, PATIENCE_MS);
  return { ...program, url: `http://127.0.0.1:${port}` };
}
