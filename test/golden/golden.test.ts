import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, it } from "node:test";
import type { TSchema } from "typebox";
import { Compile } from "typebox/schema";
import { Value } from "typebox/value";
import { DomainError, type DomainErrorCode } from "../../src/core/errors.ts";
import type { TaskEvent } from "../../src/core/events.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { Resource } from "../../src/core/resource.ts";
import type { TaskDraft } from "../../src/core/task.ts";
import * as ack from "../../src/dialects/ack/schemas.ts";
import * as bdrc from "../../src/dialects/bdrc/schemas.ts";
import * as cloudcontrol from "../../src/dialects/cloudcontrol/schemas.ts";
import type { DialectSettings } from "../../src/dialects/dialect.ts";
import * as lingjun from "../../src/dialects/lingjun/schemas.ts";
import { DIALECTS } from "../../src/dialects/registry.ts";
import { FakeTaskService } from "../support/fake-task-service.ts";
import { startTestServer, TEST_ACCOUNT, type TestResponse } from "../support/test-server.ts";

/**
 * One wire case: the stored events, the request, and the complete answer. Drafts in `events` may leave out what a dialect
 * never shows; `DRAFT` fills it in. `text` compares bytes; `body` compares bytes too, with JSON's blanks left out.
 */
interface GoldenCase {
  readonly description: string;
  readonly source: string;
  /** Where the answer differs from its source, and why: only what CONTRACT.md lists under Disagreements. */
  readonly differences?: readonly string[];
  /** Why the answer may have what the vendor's response schema does not. */
  readonly beyondSchema?: string;
  /** The events of one task, or of several. */
  readonly events?: readonly TaskEvent[] | readonly (readonly TaskEvent[])[];
  readonly settings?: Partial<DialectSettings>;
  readonly requestId?: string;
  /** The error with which the task service refuses. */
  readonly failure?: { code: DomainErrorCode; message: string; facts?: JsonObject };
  readonly reply?: JsonObject;
  readonly resources?: readonly Resource[];
  readonly request: {
    readonly method?: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | JsonObject | readonly JsonObject[];
    /** A body that is not text, in base64. */
    readonly bodyBase64?: string;
    /** A body of this many blanks. */
    readonly bodyBytes?: number;
  };
  /** The call that the dialect must have made. */
  readonly called?: { action: string; parameters: JsonObject };
  readonly response: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: JsonObject;
    readonly text?: string;
  };
}

const DRAFT: Omit<TaskDraft, "id" | "product" | "type"> = {
  account: TEST_ACCOUNT,
  input: {},
  target: { type: "resource", id: "-" },
  attributes: {},
  steps: [],
  priority: 5,
};

const REQUEST_ID = "0527AC9A-C899-4341-A21A-0123456789AB";
const folders = ["ack", "lingjun", "bdrc", "cloudcontrol", "native"];
const files = globSync(`{${folders.join(",")}}/*.json`, { cwd: import.meta.dirname }).sort();

for (const folder of folders) {
  describe(`golden: ${folder}`, { concurrency: true }, () => {
    for (const file of files.filter((name) => dirname(name) === folder)) {
      const golden = read(file);
      it(`${basename(file, ".json")}: ${golden.description}`, async () => {
        await check(golden);
        checkSchema(folder, basename(file).split(".")[0] ?? "", golden);
      });
    }
  });
}

async function check(golden: GoldenCase): Promise<void> {
  const requestId = golden.requestId ?? REQUEST_ID;
  const service = new FakeTaskService({
    logs: logsOf(golden)
      .filter((log) => log.length > 0)
      .map(withDefaults),
    ...(golden.failure && { failure: failureOf(golden.failure) }),
    ...(golden.reply && { reply: golden.reply }),
    ...(golden.resources && { resources: golden.resources }),
  });
  const server = await startTestServer({
    service,
    newRequestId: () => requestId,
    ...(golden.settings && { settings: golden.settings }),
  });
  const { bodyBase64, bodyBytes, body, ...request } = golden.request;
  const sent = bodyOf(golden.request);
  try {
    compare(golden, await server.send({ ...request, ...(sent !== undefined && { body: sent }) }));
  } finally {
    await server.close();
  }
  if (golden.called) {
    const [call] = service.calls;
    assert.deepEqual({ action: call?.action, parameters: call?.parameters }, golden.called);
  }
}

function compare(golden: GoldenCase, response: TestResponse): void {
  const { status, headers = {}, body, text } = golden.response;
  assert.equal(
    response.text,
    text ?? JSON.stringify(body),
    `the answer of ${golden.request.path} differs`,
  );
  assert.equal(response.status, status);
  const expected = { "x-acs-request-id": golden.requestId ?? REQUEST_ID, ...headers };
  for (const [name, value] of Object.entries(expected)) assert.equal(response.headers[name], value);
  assert.equal(
    response.headers["content-type"],
    headers["content-type"] ?? "application/json;charset=utf-8",
  );
  assert.equal(response.headers["content-length"], String(Buffer.byteLength(response.text)));
}

/** Our own schemas of the answers that are written by hand, by folder and action. */
const SCHEMAS: Readonly<Record<string, Readonly<Record<string, TSchema>>>> = {
  ack: {
    DescribeTaskInfo: ack.DescribeTaskInfoResponse,
    DescribeClusterTasks: ack.DescribeClusterTasksResponse,
    CancelTask: ack.ControlTaskResponse,
    PauseTask: ack.ControlTaskResponse,
    ResumeTask: ack.ControlTaskResponse,
  },
  lingjun: { DescribeTask: lingjun.DescribeTaskResponse },
  bdrc: { DescribeTask: bdrc.DescribeTaskResponse, DescribeTasks: bdrc.DescribeTasksResponse },
  cloudcontrol: {
    GetTask: cloudcontrol.GetTaskResponse,
    CancelTask: cloudcontrol.CancelTaskResponse,
  },
};

/** Checks that the answer fits our schema, in its order, and the vendor's description. */
function checkSchema(folder: string, action: string, { response, beyondSchema }: GoldenCase): void {
  if (response.status >= 300 || response.body === undefined) return;
  const own = SCHEMAS[folder]?.[action] as { properties: object } | undefined;
  if (own) {
    assert.ok(Value.Check(own as TSchema, response.body), `${action} of ${folder}`);
    const order = Object.keys(own.properties).filter((key) => key in (response.body ?? {}));
    assert.deepEqual(Object.keys(response.body), order, "keys in the order of the schema");
  }
  if (beyondSchema !== undefined) return;
  const dialect = DIALECTS.find(({ name }) => name === folder);
  const spec = dialect?.operations.find((operation) => operation.action === action);
  if (spec === undefined) return;
  const [valid, errors] = Compile(spec.response as object).Errors(response.body);
  assert.ok(valid, JSON.stringify(errors));
}

function bodyOf({
  body,
  bodyBase64,
  bodyBytes,
}: GoldenCase["request"]): string | Buffer | undefined {
  if (bodyBase64 !== undefined) return Buffer.from(bodyBase64, "base64");
  if (bodyBytes !== undefined) return Buffer.alloc(bodyBytes, " ");
  return typeof body === "object" ? JSON.stringify(body) : body;
}

function logsOf({ events = [] }: GoldenCase): readonly (readonly TaskEvent[])[] {
  const several = Array.isArray(events[0]);
  return several ? (events as readonly (readonly TaskEvent[])[]) : [events as readonly TaskEvent[]];
}

function withDefaults(events: readonly TaskEvent[]): readonly TaskEvent[] {
  return events.map((event) =>
    event.type === "TaskSubmitted" ? { ...event, task: { ...DRAFT, ...event.task } } : event,
  );
}

function failureOf(failure: NonNullable<GoldenCase["failure"]>): DomainError {
  return new DomainError(failure.code, failure.message, failure.facts);
}

function read(file: string): GoldenCase {
  return JSON.parse(readFileSync(join(import.meta.dirname, file), "utf8")) as GoldenCase;
}
