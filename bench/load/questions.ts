// The requests of clients for a task, as official SDKs send them, but without a signature.

import { percentile } from "../report/stats.ts";
import type { Requests } from "./load.ts";
import { requestsOf } from "./load.ts";
import type { Seeded } from "./seed.ts";
import type { ProductName } from "./seed-tasks.ts";
import { type Answer, ask, type Server } from "./servers.ts";

/** The number of tasks that pollers ask for. */
export const POLLED = 1_000;

interface Question {
  readonly action: string;
  readonly version: string;
  readonly method: "GET" | "POST";
  readonly path: string;
}

export const QUESTIONS: Readonly<Record<ProductName, Question>> = {
  ack: { action: "DescribeTaskInfo", version: "2015-12-15", method: "GET", path: "/tasks/\x01" },
  lingjun: { action: "DescribeTask", version: "2022-12-15", method: "POST", path: "/?TaskId=\x01" },
  bdrc: {
    action: "DescribeTask",
    version: "2023-08-08",
    method: "GET",
    path: "/api/v1/tasks/\x01",
  },
  cloudcontrol: {
    action: "GetTask",
    version: "2022-08-30",
    method: "GET",
    path: "/api/v1/tasks/\x01",
  },
};

/** A raw request, in which \1 means the task id. */
function describeTemplate(product: ProductName): string {
  const { action, version, method, path } = QUESTIONS[product];
  return raw(method, path, [
    ["x-acs-action", action],
    ["x-acs-version", version],
  ]);
}

export function raw(
  method: string,
  path: string,
  headers: readonly (readonly [string, string])[],
  body = "",
): string {
  const all = [
    ...(headers.some(([name]) => name === "host") ? [] : [["host", "127.0.0.1"]]),
    ["user-agent", "AlibabaCloud (linux; amd64) Node.js/v24.0.0 Core/1.0.0"],
    ["accept", "application/json"],
    ...headers,
    ...(method === "GET" ? [] : [["content-length", String(Buffer.byteLength(body))]]),
  ];
  return `${method} ${path} HTTP/1.1\r\n${all.map((pair) => `${pair.join(": ")}\r\n`).join("")}\r\n${body}`;
}

/** `polled`: the newest tasks, again and again. `any`: any stored task of the product, at random. */
export function describeRequests(
  seeded: Seeded,
  product: ProductName,
  which: "polled" | "any",
): Requests {
  const ids = seeded.ids(product);
  const template = describeTemplate(product);
  return which === "polled"
    ? requestsOf(template, ids.slice(-POLLED))
    : requestsOf(template, ids, "random");
}

/** An answer of medium length, which the bare server gives to every request. */
export async function typicalAnswer(
  server: Server,
  seeded: Seeded,
  product: ProductName,
): Promise<Answer> {
  const ids = seeded.ids(product).slice(-25);
  const template = describeTemplate(product);
  const answers: Answer[] = [];
  for (const id of ids) {
    const answer = await ask(server.url, template.replace("\x01", id));
    if (answer.status !== 200) {
      throw new Error(`${product} answered ${answer.status} for ${id}: ${answer.body}`);
    }
    answers.push(answer);
  }
  const middle = percentile(
    answers.map(({ body }) => body.length),
    50,
  );
  const typical = answers.find(({ body }) => body.length === Math.round(middle)) ?? answers[0];
  if (typical === undefined) throw new Error(`no task of ${product} was stored`);
  return typical;
}
