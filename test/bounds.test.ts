import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TASK_LIMITS } from "../scripts/task-limits-table.ts";
import { OPERATIONS } from "../src/dialects/native/operations.ts";
import { EVENT_FIELDS } from "../src/engine/imports/event-schema.ts";
import { HTTP_LIMITS } from "../src/http/limits.ts";

/* Row 19 of issue 14: every text, list and map that a caller or a step can fill has a bound. */

interface Node {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly patternProperties?: Readonly<Record<string, Node>>;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly "x-max-bytes"?: number;
}

/** A text, list or map in a schema: its path, and whether something bounds it. */
interface Place {
  readonly path: string;
  readonly bounded: boolean;
}

function places(node: Node, path: string): readonly Place[] {
  if (node.const !== undefined || node.enum !== undefined) return [];
  if (node["x-max-bytes"] !== undefined) return [{ path, bounded: true }];
  if (node.anyOf) return node.anyOf.flatMap((one) => places(one, path));
  switch (node.type) {
    case "string":
      return [{ path, bounded: node.maxLength !== undefined || node.format === "date-time" }];
    case "array":
      return [
        { path, bounded: node.maxItems !== undefined },
        ...places(node.items ?? {}, `${path}[]`),
      ];
    case "object":
      return inObject(node, path);
    case "integer":
    case "number":
    case "boolean":
      return [];
    default:
      return [{ path, bounded: false }];
  }
}

function inObject({ properties = {}, patternProperties, maxProperties }: Node, path: string) {
  const inside = Object.entries(properties).flatMap(([name, one]) =>
    places(one, path === "" ? name : `${path}.${name}`),
  );
  if (patternProperties === undefined) return inside;
  const entries = Object.values(patternProperties).flatMap((one) => places(one, `${path}.*`));
  return [...inside, { path, bounded: maxProperties !== undefined }, ...entries];
}

function unbounded(all: readonly Place[]): readonly string[] {
  return all.filter(({ bounded }) => !bounded).map(({ path }) => path);
}

const events = Object.entries(EVENT_FIELDS).flatMap(([type, fields]) =>
  Object.entries(fields).flatMap(([name, schema]) => places(schema as Node, `${type}.${name}`)),
);
const bodies = Object.values(OPERATIONS).flatMap(({ action, body }) =>
  body === undefined ? [] : places(body as Node, action),
);

/** What an answer shows, by the name of the field, and the limit that it is under. */
const SHOWN: Readonly<Record<string, keyof typeof TASK_LIMITS>> = {
  input: "inputBytes",
  outputs: "outputsBytes",
  attributes: "attributesBytes",
  labels: "labels",
  steps: "steps",
  after: "steps",
  items: "items",
  notices: "notices",
  subtasks: "subtasks",
  approvals: "approvals",
  question: "questionBytes",
  data: "signalDataBytes",
  message: "messageBytes",
  cause: "messageBytes",
  product: "nameBytes",
  type: "nameBytes",
  name: "nameBytes",
  step: "nameBytes",
  fromStep: "nameBytes",
  code: "nameBytes",
  concurrencyKey: "nameBytes",
  key: "nameBytes",
  action: "nameBytes",
  source: "nameBytes",
  importedFrom: "nameBytes",
};

/** What the server makes itself, or what a bound elsewhere holds: a reason has 1,000 characters, an actor is a key or role. */
const MADE_HERE = new Set(
  `id taskId requestId by actor reason importedBy originalActor next cursor url filter description secret error
   text lastError reasons counts types tasks sample webhooks deadLetters entries log events task as facts`.split(
    /\s+/,
  ),
);

function isKnown(path: string): boolean {
  const parts = path.split(".");
  // What is in an object is bounded with the whole object.
  const name = (parts.at(-1) === "*" ? parts.at(-2) : parts.at(-1))?.replace("[]", "") ?? "";
  return SHOWN[name] !== undefined || MADE_HERE.has(name);
}

describe("bounds (row 19)", () => {
  test("every text, list and map of every event has one", () => {
    assert.ok(events.length >= 80, `${events.length} places`);
    assert.deepEqual(unbounded(events), []);
  });

  test("every text, list and map in a body of our own API has one", () => {
    assert.ok(bodies.length >= 30, `${bodies.length} places`);
    assert.deepEqual(
      unbounded(bodies).filter((path) => path !== "ImportTask.task"),
      [],
      "ImportTask.task is for reading, and nothing looks at it",
    );
  });

  test("path, query and headers have one together", () => {
    assert.equal(HTTP_LIMITS.headerBytes, 32 * 1_024);
  });

  test("everything that an answer shows is under a limit, or made by the server", () => {
    const answers = Object.values(OPERATIONS).flatMap(({ action, answer, otherwise }) =>
      [answer, ...(otherwise?.answers ?? [])].flatMap((schema) =>
        schema === undefined ? [] : places(schema as Node, action),
      ),
    );
    const paths = answers.filter(({ bounded }) => !bounded).map(({ path }) => path);
    assert.ok(paths.length > 100, `${paths.length} places`);
    assert.deepEqual([...new Set(paths.filter((path) => !isKnown(path)))], []);
  });
});
