import type { Json, JsonObject } from "../../core/json.ts";
import { describe, invalidParameter } from "../../message/check-value.ts";
import type { Parameters } from "../../message/parameters.ts";
import { scalar } from "../../message/scalar.ts";
import type { ValueSchema } from "../../message/value-schema.ts";

const MAX_ENTRIES = 1_000;

type Node = { text?: string; readonly parts: Map<string, Node> };

/**
 * A list or object that was flattened for a query or form: `Tag.1.Key=a&Tag.1.Value=b`, `Nodes.1=x`. Numbers begin at 1.
 * @returns undefined if no parameter begins with `name.`
 * @throws DomainError `InvalidParameter` for gaps, and for a parameter that is both a value and a list.
 */
export function gatherList(
  parameters: Parameters,
  name: string,
  schema: ValueSchema,
): Json | undefined {
  const prefix = `${name}.`;
  const root: Node = { parts: new Map() };
  for (const [key, text] of parameters) {
    if (key.startsWith(prefix)) plant(root, key.slice(prefix.length).split("."), text);
  }
  return root.parts.size === 0 ? undefined : harvest(root, schema, name);
}

function plant(root: Node, path: readonly string[], text: string): void {
  let node = root;
  for (const part of path.slice(0, 16)) {
    let next = node.parts.get(part);
    if (next === undefined) {
      next = { parts: new Map() };
      node.parts.set(part, next);
    }
    node = next;
  }
  node.text = text;
}

function harvest(node: Node, schema: ValueSchema, path: string): Json {
  if (node.parts.size === 0) return scalar(schema, node.text ?? "", path);
  if (node.text !== undefined) throw invalidParameter(path, node.text, describe(schema));
  return schema.type === "array" ? list(node, schema, path) : object(node, schema, path);
}

function list(node: Node, schema: ValueSchema, path: string): Json {
  const size = node.parts.size;
  const expected = `entries numbered from 1, at most ${MAX_ENTRIES}`;
  if (size > MAX_ENTRIES) throw invalidParameter(path, `${size} entries`, expected);
  return Array.from({ length: size }, (_, index) => {
    const entry = node.parts.get(String(index + 1));
    if (entry === undefined) throw invalidParameter(path, `no entry ${index + 1}`, expected);
    return harvest(entry, schema.items ?? {}, `${path}.${index + 1}`);
  });
}

function object(node: Node, schema: ValueSchema, path: string): JsonObject {
  const fields = [...node.parts]
    .filter(([name]) => name !== "__proto__")
    .map(([name, part]): [string, Json] => [
      name,
      harvest(part, schema.properties?.[name] ?? {}, `${path}.${name}`),
    ]);
  return Object.fromEntries(fields);
}
