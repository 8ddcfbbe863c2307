import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Compile } from "typebox/schema";
import { type SdkClient, waitPaced } from "../../src/client/wait-for-task.ts";
import { systemClock } from "../../src/clock.ts";
import { DOMAIN_ERRORS, DomainError, type DomainErrorCode } from "../../src/core/errors.ts";
import type { TaskEvent } from "../../src/core/events.ts";
import { fold } from "../../src/core/evolve.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";
import type { Task } from "../../src/core/task.ts";
import { DEFAULT_SETTINGS, type Dialect } from "../../src/dialects/dialect.ts";
import {
  type OperationSpec,
  type ParameterSpec,
  requestIdField,
} from "../../src/dialects/operation.ts";
import { DIALECTS } from "../../src/dialects/registry.ts";
import type { TaskWords, Verdict } from "../../src/dialects/task-words.ts";
import { Call } from "../../src/message/call.ts";
import { FAULTS } from "../../src/message/fault.ts";
import type { ValueSchema } from "../../src/message/value-schema.ts";
import { Push } from "../../src/push/push.ts";
import { FakeTaskService } from "../support/fake-task-service.ts";
import { requestOf } from "../support/spec-request.ts";
import { startTestServer, TEST_ACCOUNT, type TestServer } from "../support/test-server.ts";

export interface DialectSuite {
  readonly dialect: Dialect;
  /** Names of an error body's keys: all of them, in every shape the dialect's documentation has. */
  readonly errorShapes: readonly (readonly string[])[];
  /** A task type of the product. */
  readonly taskType: string;
  /** What the dialect shows of a task beyond what every task has. */
  readonly attributes: JsonObject;
}

const UUID = /^[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/;

/** What every dialect must do, whatever its product. Run for everything in the registry. */
export function dialectContract(suite: DialectSuite): void {
  const { dialect } = suite;
  describe(`dialect contract: ${dialect.name}`, () => {
    describe("errors", () => errorContract(suite));
    describe("routes", () => routeContract(dialect));
    if (dialect.operations.length > 0) describe("operations", () => operationContract(suite));
    const { tasks } = dialect;
    if (tasks !== undefined) describe("words", () => wordContract(suite, tasks));
  });
}

function errorContract({ dialect, errorShapes }: DialectSuite): void {
  for (const code of Object.keys(DOMAIN_ERRORS) as DomainErrorCode[]) {
    it(`maps ${code}`, () => {
      const error = new DomainError(code, "what was found, what to do", { parameter: "Name" });
      const { status, body } = refused(error);
      const caller = DOMAIN_ERRORS[code].caller;
      assert.equal(status >= 500, !caller, `${code} is ${caller ? "the caller's" : "our"} fault`);
      checkShape(body);
    });
  }
  for (const [name, fault] of Object.entries(FAULTS)) {
    it(`says ${name} as the gateway does`, () => {
      const { status, body } = refused(fault);
      assert.equal(status, fault.status);
      checkShape(body);
      assert.ok(JSON.stringify(body).includes(fault.code));
    });
  }

  function refused(problem: DomainError | (typeof FAULTS)[keyof typeof FAULTS]) {
    const answer = dialect.refuse(problem, emptyCall());
    assert.match(answer.type, /^application\/json;charset=utf-8$/);
    return { status: answer.status, body: JSON.parse(answer.body) as JsonObject };
  }

  function checkShape(body: JsonObject): void {
    const keys = Object.keys(body);
    assert.ok(
      errorShapes.some((shape) => shape.join() === keys.join()),
      `${keys.join()} is no documented shape`,
    );
    for (const [key, value] of Object.entries(leaves(body))) {
      const number = key === "status";
      const flag = key === "retryable";
      assert.equal(
        typeof value,
        number ? "number" : flag ? "boolean" : "string",
        `${key} of an error`,
      );
    }
    assert.ok(JSON.stringify(body).includes(emptyCall().requestId));
    assert.doesNotMatch(JSON.stringify(body), /\.ts:\d|node:internal|at async /);
  }
}

function routeContract(dialect: Dialect): void {
  const service = new FakeTaskService();
  const push = new Push({ service, clock: systemClock, onCommit: () => () => undefined });
  const routes = dialect.routes({ service, settings: DEFAULT_SETTINGS, push });

  it("has one route for each operation, where the description says", () => {
    for (const spec of dialect.operations) {
      const matching = routes.filter(({ action }) => action === spec.action);
      assert.equal(matching.length, 1, spec.action);
      assert.equal(matching[0]?.path, spec.path);
      const methods = [spec.method, ...(spec.alsoMethods ?? [])];
      for (const method of methods) assert.ok(matching[0]?.methods.includes(method), spec.action);
    }
  });

  it("keeps to its own paths", () => {
    for (const { path } of routes) {
      const own = dialect.pathPrefixes.some(
        (prefix) => path === prefix || path.startsWith(`${prefix}/`),
      );
      assert.ok(own || (dialect.style === "rpc" && path === "/"), path);
    }
  });
}

function operationContract(suite: DialectSuite): void {
  const { dialect } = suite;
  const service = new FakeTaskService();
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ service, dialects: among(dialect) });
  });
  after(() => server.close());

  for (const spec of dialect.operations) {
    it(`${spec.action} answers as described, ids under their own names`, async () => {
      const keys = spec.role === "start-task" ? startedKeys(spec) : [];
      const ids = new Set<unknown>();
      for (const _ of ["first", "second"]) {
        service.put(sampleTask(suite));
        const response = await server.send(requestOf(dialect, spec, samples(spec, dialect)));
        assert.equal(response.status, spec.status, response.text);
        ids.add(response.headers["x-acs-request-id"]);
        checkBody(spec, response.text, response.headers["x-acs-request-id"]);
        checkOrder(response.text, keys);
      }
      assert.equal(ids.size, 2, "every request has its own id");
    });
    if (spec.role !== "start-task" && spec.role !== "read") continue;
    it(`${spec.action} hands over what it was sent, and ignores what nobody knows`, async () => {
      const sent: Record<string, Json> = {
        ...samples(spec, dialect),
        SourceIp: "1.2.3.4",
        Unheard: "of",
      };
      await server.send(requestOf(dialect, spec, sent));
      const call = service.calls.at(-1);
      assert.equal(call?.action, spec.action);
      for (const { name } of spec.params) {
        if (name === "requestPath") continue;
        assert.deepEqual(call?.parameters[name], sent[name], `${spec.action} ${name}`);
      }
      assert.equal(call?.parameters["Unheard"], undefined);
    });
    for (const parameter of spec.params) parameterContract(spec, parameter);
  }

  function parameterContract(spec: OperationSpec, parameter: ParameterSpec): void {
    const { name, required, in: location } = parameter;
    if (required && location !== "path") {
      it(`${spec.action} misses ${name}, by name`, async () => {
        const { [name]: _, ...rest } = samples(spec, dialect);
        const { status, text } = await server.send(requestOf(dialect, spec, rest));
        assert.equal(status, 400, text);
        assert.ok(text.includes(name), text);
      });
    }
    const wrong = wrongValue(parameter);
    if (wrong === undefined) return;
    it(`${spec.action} refuses a ${name} that is no ${parameter.schema.type}, by name`, async () => {
      const before = service.calls.length;
      const sent = { ...samples(spec, dialect), [name]: wrong };
      const { status, text } = await server.send(requestOf(dialect, spec, sent));
      assert.equal(status, 400, text);
      assert.ok(text.includes(name), text);
      assert.equal(service.calls.length, before, "nothing was started");
    });
  }
}

const ERROR = { code: "Broken", message: "it broke", retryable: false } as const;
const AT = 1_700_000_002_000;

/** How a task ends, and what `waitForTask` may make of it. Not every product has a word for an expired task. */
const ENDS: readonly (readonly [end: TaskEvent, verdicts: readonly Verdict[]])[] = [
  [{ type: "TaskSucceeded", at: AT }, ["succeeded"]],
  [{ type: "TaskFailed", at: AT, error: ERROR }, ["failed"]],
  [{ type: "TaskCanceled", at: AT }, ["canceled"]],
  [{ type: "TaskExpired", at: AT, error: ERROR }, ["expired", "failed"]],
];

function wordContract(suite: DialectSuite, words: TaskWords): void {
  const { dialect } = suite;
  const service = new FakeTaskService();
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ service, dialects: among(dialect) });
  });
  after(() => server.close());

  const verdict = async (end: readonly TaskEvent[]) => {
    service.put(sampleTask(suite, end));
    const client = sdkClientOf(server);
    const options = { product: words, timeoutMs: 0 };
    return (await waitPaced(client, sampleId(dialect), options, AT_ONCE)).verdict;
  };

  it("tell waitForTask that a task still runs", async () => {
    assert.equal(await verdict([]), "unfinished");
  });
  for (const [end, verdicts] of ENDS) {
    it(`tell waitForTask how a task ended: ${end.type}`, async () => {
      const found = await verdict([end]);
      assert.ok(verdicts.includes(found), found);
    });
  }
  it("are found by the ids of its tasks, which no other product has", () => {
    const others = DIALECTS.filter((other) => other !== dialect);
    const pattern = new RegExp(words.taskIdPattern);
    const ids = others.flatMap(({ taskIdPrefix = [] }) => taskIdPrefix);
    for (const id of ids) assert.doesNotMatch(`${id}sample`, pattern);
  });
}

const AT_ONCE = { now: () => 0, pause: async () => {}, random: () => 0 };

/** The official SDKs' way to call an operation, over the test server. */
function sdkClientOf(server: TestServer): SdkClient {
  interface Params {
    readonly method: string;
    readonly pathname: string;
    readonly version: string;
    readonly action: string;
  }
  const callApi = async (params: Params, { body }: { body?: Record<string, string> }) => {
    const { status, text } = await server.send({
      method: params.method,
      path: params.pathname,
      headers: {
        "x-acs-version": params.version,
        "x-acs-action": params.action,
        ...(body && { "content-type": "application/x-www-form-urlencoded" }),
      },
      ...(body && { body: new URLSearchParams(body).toString() }),
    });
    assert.equal(status, 200, text);
    return { statusCode: status, body: JSON.parse(text) as JsonObject };
  };
  return { callApi: callApi as SdkClient["callApi"] };
}

function checkBody(spec: OperationSpec, text: string, requestId: unknown): void {
  const body = JSON.parse(text) as JsonObject;
  const [valid, errors] = Compile(spec.response as object).Errors(body);
  assert.ok(valid, `${spec.action}: ${JSON.stringify(errors)} in ${text}`);
  const field = requestIdField(spec);
  if (field !== undefined) assert.equal(body[field], requestId);
  assert.match(String(requestId), UUID);
}

function startedKeys(spec: OperationSpec): string[] {
  const top = spec.taskIdField?.split(".")[0];
  const ids = [top, requestIdField(spec)];
  return Object.keys(spec.response.properties ?? {}).filter((name) => ids.includes(name));
}

function checkOrder(text: string, keys: readonly string[]): void {
  if (keys.length === 0) return;
  const found = Object.keys(JSON.parse(text) as JsonObject).filter((key) => keys.includes(key));
  assert.deepEqual(found, keys);
}

/** A task of the dialect's product under the id that `samples` asks for: running, unless `end` says more. */
function sampleTask(
  { dialect, taskType, attributes }: DialectSuite,
  end: readonly TaskEvent[] = [],
): Task {
  return fold([
    {
      type: "TaskSubmitted",
      at: 1_700_000_000_000,
      task: {
        id: sampleId(dialect),
        account: TEST_ACCOUNT,
        product: dialect.name,
        type: taskType,
        input: {},
        target: { type: "cluster", id: "sample" },
        attributes,
        steps: [{ name: "only", after: [], weight: 1, maxAttempts: 1 }],
        priority: 5,
      },
    },
    { type: "TaskStarted", at: 1_700_000_001_000 },
    // A dialect that resumes tasks must have one that was paused.
    { type: "TaskPaused", at: 1_700_000_001_000, by: "a", reason: "b" },
    { type: "TaskResumed", at: 1_700_000_001_000, by: "a", reason: "b" },
    ...end,
  ]);
}

/** The built-in dialects, and the one in question if it is none of them: it must not be mistaken for another. */
function among(dialect: Dialect): readonly Dialect[] {
  return DIALECTS.includes(dialect) ? DIALECTS : [...DIALECTS, dialect];
}

function sampleId(dialect: Dialect): string {
  return `${dialect.taskIdPrefix ?? ""}sample`;
}

function samples(spec: OperationSpec, dialect: Dialect): Record<string, Json> {
  const aboutOne = spec.role === "query-task" || spec.role === "control-task";
  const idOfTask = aboutOne ? spec.params.find(({ required }) => required)?.name : undefined;
  const entries = spec.params.map(({ name, schema }): [string, Json] => {
    if (name === idOfTask) return [name, sampleId(dialect)];
    return [name, name === "next_token" || name === "NextToken" ? "" : sample(schema)];
  });
  const asked = entries.filter(
    ([name, value]) => value !== "" && !/^(state|TaskStatus)$/.test(name),
  );
  return Object.fromEntries(
    spec.role === "list-tasks" ? asked.filter(([name]) => !/type/i.test(name)) : asked,
  );
}

function sample(schema: ValueSchema): Json {
  if (schema.enum?.[0] !== undefined) return schema.enum[0];
  switch (schema.type) {
    case "integer":
    case "number":
      return schema.minimum ?? 1;
    case "boolean":
      return true;
    case "array":
      return [sample(schema.items ?? { type: "string" })];
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, field]) => [name, sample(field)]),
      );
    default:
      return "sample";
  }
}

/** Of another type than described; undefined where everything is welcome or only text can be sent. */
function wrongValue({ schema, in: location, wholeBody, style }: ParameterSpec): Json | undefined {
  if (style === "simple") return undefined;
  switch (schema.type) {
    case "string":
      if (schema.enum) return "no such word";
      return location === "body" && !wholeBody ? { not: "text" } : undefined;
    case "object":
      return ["a list"];
    case "array":
      return { not: "a list" };
    default:
      return location === "path" ? undefined : "neither number nor flag";
  }
}

/** The innermost object of an error body: `{error: {…}}` is one level deeper. */
function leaves(body: JsonObject): JsonObject {
  const { error } = body;
  if (typeof error !== "object" || error === null) return body;
  const { facts: _, ...inner } = error as JsonObject;
  return inner;
}

function emptyCall(): Call {
  return new Call({
    action: "",
    method: "GET",
    target: "/",
    headers: { host: "localhost" },
    path: {},
    body: undefined,
    requestId: "0527AC9A-C899-4341-A21A-0123456789AB",
  });
}
