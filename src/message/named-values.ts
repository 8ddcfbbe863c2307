import type { Json } from "../core/json.ts";
import type { Content } from "./content.ts";
import type { Parameters } from "./parameters.ts";

/** The parts of a call that hold values. */
interface Sources {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Parameters;
  readonly content: Content;
}

/**
 * Every text that stands under one of these names in a call, wherever it stands: in the path, the query, a form or a JSON body,
 * alone, in a list (`a,b`, `Nodes.1=a`, `["a"]`), or deep inside objects. Reads more than an operation would, never less:
 * it is for those who must not overlook anything. What cannot be decoded has no values; the operation refuses it.
 */
export function namedValues(call: Sources, names: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const name of names) {
    const inPath = Object.hasOwn(call.path, name) ? call.path[name] : undefined;
    if (inPath !== undefined) takeText(inPath, true, names, found);
  }
  quietly(() => takeParameters(call.query, names, found));
  quietly(() => {
    const { content } = call;
    if (content.kind === "form") takeParameters(content.parameters, names, found);
    else if (content.kind === "json") takeJson(content.value, false, names, found);
  });
  return found;
}

/**
 * Every text that stands under one of these names in a value: alone, in a list (`a,b`, `["a"]`), in JSON text or deep inside objects.
 * Reads more than an operation would, never less: it is for those who must not overlook anything.
 */
export function valuesNamed(value: Json, names: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  takeJson(value, false, names, found);
  return found;
}

/** No JSON that is read anywhere is deeper. */
const DEEPEST = 100;

function takeParameters(
  parameters: Iterable<readonly [string, string]>,
  names: ReadonlySet<string>,
  found: Set<string>,
): void {
  for (const [key, text] of parameters) {
    // `Nodes.1.NodeId` is a NodeId, `Nodes.1` one of the Nodes.
    const name = key.split(".").findLast((part) => !/^\d+$/.test(part)) ?? "";
    takeText(text, names.has(name), names, found);
  }
}

/** A text may be a list with commas, or JSON. */
function takeText(
  text: string,
  wanted: boolean,
  names: ReadonlySet<string>,
  found: Set<string>,
): void {
  if (/^\s*[[{]/.test(text)) {
    quietly(() => takeJson(JSON.parse(text) as Json, wanted, names, found));
  } else if (wanted) {
    for (const one of text.split(",")) if (one.trim() !== "") found.add(one.trim());
  }
}

/** @param wanted whether the value itself stands under one of the names; in an object, each field has its own. */
function takeJson(
  value: Json,
  wanted: boolean,
  names: ReadonlySet<string>,
  found: Set<string>,
  depth = 0,
): void {
  if (depth > DEEPEST || value === null) return;
  if (Array.isArray(value)) {
    for (const one of value) takeJson(one, wanted, names, found, depth + 1);
  } else if (typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) {
      takeJson(inner, names.has(key), names, found, depth + 1);
    }
  } else if (typeof value === "string") takeText(value, wanted, names, found);
  else if (wanted) found.add(String(value));
}

function quietly(read: () => void): void {
  try {
    read();
  } catch {
    // The operation says what is wrong with it.
  }
}
