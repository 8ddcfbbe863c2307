// npm run client-types: writes src/client/types.ts from the schemas of our own API, so that users of the client need no
// schema library to check their types, and what scripts/known-products.ts makes. A test holds the files to it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TSchema } from "typebox";
import { BulkBody, ImportBody, PreviewBody } from "../src/dialects/native/bulk/bulk-schemas.ts";
import {
  RetryBody,
  SignalBody,
  SubmitTaskBody,
  TaskBody,
  TaskListBody,
} from "../src/dialects/native/schemas.ts";
import {
  CountsBody,
  EntryBody,
  EntryListBody,
  ExportBody,
  TypesBody,
  WaitBody,
  WhyBody,
} from "../src/dialects/native/tasks/report-schemas.ts";
import {
  CreateWebhookBody,
  DeadLetterListBody,
  OutcomeBody,
  ResentBody,
  WebhookBody,
} from "../src/dialects/native/webhooks/webhook-schemas.ts";
import { formattedSource } from "./formatted-source.ts";
import { KNOWN_PRODUCTS_FILE, knownProducts } from "./known-products.ts";
import { root } from "./steps.ts";

const FILE = "src/client/types.ts";
const WEBHOOK_FILE = "src/client/webhook-types.ts";
const HEADER = `// Made from the schemas in src/dialects/native by \`npm run client-types\`; change those, not this.\n`;

/** The schemas of requests and answers. */
const SCHEMAS = [
  SubmitTaskBody,
  TaskBody,
  TaskListBody,
  RetryBody,
  SignalBody,
  WhyBody,
  CountsBody,
  TypesBody,
  EntryBody,
  EntryListBody,
  WaitBody,
  ExportBody,
  ImportBody,
  BulkBody,
  PreviewBody,
];

const WEBHOOK_SCHEMAS = [
  CreateWebhookBody,
  WebhookBody,
  OutcomeBody,
  DeadLetterListBody,
  ResentBody,
];

/** The part of JSON Schema that the schemas use. */
interface Schema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly format?: string;
  readonly const?: string | number;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
}

/** The text of the types of tasks, formatted. */
export function clientTypes(): string {
  return typesOf(SCHEMAS, FILE);
}

/** The text of the types of webhooks, formatted. */
export function webhookTypes(): string {
  return typesOf(WEBHOOK_SCHEMAS, WEBHOOK_FILE);
}

function typesOf(schemas: readonly TSchema[], file: string): string {
  const named = new Map<string, Schema>();
  for (const schema of schemas) collect(schema as TSchema & Schema, named);
  const types = [...named].map(([name, schema]) => declaration(name, schema));
  return formattedSource(file, `${HEADER}\n${types.join("\n\n")}\n`);
}

function collect(schema: Schema, into: Map<string, Schema>): void {
  const parts = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items ? [schema.items] : []),
  ];
  for (const part of parts) collect(part, into);
  if (schema.title !== undefined) into.set(schema.title, schema);
}

function declaration(name: string, schema: Schema): string {
  return schema.type === "object"
    ? `export interface ${name} ${objectText(schema)}`
    : `export type ${name} = ${written(schema)};`;
}

function typeText(schema: Schema): string {
  return schema.title ?? written(schema);
}

function written(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((word) => JSON.stringify(word)).join(" | ");
  switch (schema.type) {
    case "string":
    case "boolean":
      return schema.type;
    case "integer":
    case "number":
      return "number";
    case "array":
      return `readonly (${typeText(schema.items ?? {})})[]`;
    case "object":
      return objectText(schema);
    case undefined:
      return "unknown";
    default:
      throw new TypeError(`no TypeScript is known for a schema of type ${schema.type}`);
  }
}

function objectText(schema: Schema): string {
  const [values] = Object.values(schema.patternProperties ?? {});
  if (values) return `{ readonly [name: string]: ${typeText(values)} }`;
  const { properties = {}, required = [] } = schema;
  const fields = Object.entries(properties).map(([name, property]) => {
    const about = property.format === "date-time" ? undefined : property.description;
    const comment =
      about === undefined ? "" : `/** ${about[0]?.toUpperCase()}${about.slice(1)}. */\n`;
    return `${comment}readonly ${name}${required.includes(name) ? "" : "?"}: ${typeText(property)};`;
  });
  const more = schema.additionalProperties === true ? ["readonly [name: string]: unknown;"] : [];
  return `{\n${[...fields, ...more].join("\n")}\n}`;
}

if (import.meta.main) {
  writeFileSync(join(root, FILE), clientTypes());
  writeFileSync(join(root, WEBHOOK_FILE), webhookTypes());
  writeFileSync(join(root, KNOWN_PRODUCTS_FILE), knownProducts());
}
