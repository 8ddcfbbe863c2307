import type { Json, JsonObject } from "../core/json.ts";

/** The JSON schemas that a value must fit, and the root schema that their `$ref`s refer to. */
export interface Marks {
  readonly root: JsonObject;
  readonly schemas: readonly JsonObject[];
}

const withMarks = new WeakMap<JsonObject, boolean>();

/** The marks of a schema; undefined if it marks no secret, so that values need not be searched. */
export function marksOf(schema: JsonObject | undefined): Marks | undefined {
  if (schema === undefined) return undefined;
  let some = withMarks.get(schema);
  if (some === undefined) {
    some = /"writeOnly":true|"format":"password"/.test(JSON.stringify(schema));
    withMarks.set(schema, some);
  }
  return some ? { root: schema, schemas: expanded(schema, schema) } : undefined;
}

/** Whether one of the schemas says that the value is a secret: `writeOnly: true`, or OpenAPI's `format: "password"`. */
export function isMarked(marks: Marks | undefined): boolean {
  return (
    marks?.schemas.some((one) => one["writeOnly"] === true || one["format"] === "password") ?? false
  );
}

/** The schemas of a field. */
export function marksOfField(marks: Marks | undefined, name: string): Marks | undefined {
  return below(marks, (schema) => {
    const own = childOf(schema["properties"], name);
    const patterns = Object.entries(objectOf(schema["patternProperties"]) ?? {})
      .filter(([pattern]) => new RegExp(pattern, "u").test(name))
      .map(([, found]) => found);
    if (own !== undefined || patterns.length > 0) return [own, ...patterns];
    return [schema["additionalProperties"], schema["unevaluatedProperties"]];
  });
}

/** The schemas of an entry of a list. */
export function marksOfEntry(marks: Marks | undefined, index: number): Marks | undefined {
  return below(marks, ({ prefixItems, items, contains }) => {
    const all: readonly Json[] = Array.isArray(prefixItems)
      ? prefixItems
      : Array.isArray(items)
        ? items
        : [];
    return index < all.length
      ? [all[index], contains]
      : [Array.isArray(items) ? undefined : items, contains];
  });
}

function below(
  marks: Marks | undefined,
  pick: (schema: JsonObject) => readonly (Json | undefined)[],
): Marks | undefined {
  if (marks === undefined) return undefined;
  const { root } = marks;
  const schemas = marks.schemas.flatMap(pick).flatMap((found) => expanded(found, root));
  return schemas.length === 0 ? undefined : { root, schemas };
}

/**
 * A schema and all schemas that it consists of. What one alternative marks is a secret, whichever of them the value
 * fits.
 */
function expanded(
  found: Json | undefined,
  root: JsonObject,
  seen: ReadonlySet<JsonObject> = new Set(),
): readonly JsonObject[] {
  const schema = objectOf(found);
  if (schema === undefined || seen.has(schema)) return [];
  const known = new Set([...seen, schema]);
  const { allOf, anyOf, oneOf, dependentSchemas, $ref } = schema;
  const lists = [allOf, anyOf, oneOf].flatMap((list) =>
    Array.isArray(list) ? [...(list as Json[])] : [],
  );
  const others = [schema["if"], schema["then"], schema["else"], target($ref, root)];
  const parts = [...lists, ...others, ...Object.values(objectOf(dependentSchemas) ?? {})];
  return [schema, ...parts.flatMap((part) => expanded(part, root, known))];
}

/** What a `$ref` inside the same schema leads to. */
function target(reference: Json | undefined, root: JsonObject): Json | undefined {
  if (typeof reference !== "string" || !reference.startsWith("#")) return undefined;
  let found: Json | undefined = root;
  for (const part of reference.slice(1).split("/").filter(Boolean)) {
    const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    found = childOf(found, name);
  }
  return found;
}

function childOf(value: Json | undefined, name: string): Json | undefined {
  const parent = Array.isArray(value) ? undefined : objectOf(value);
  return parent !== undefined && Object.hasOwn(parent, name) ? parent[name] : undefined;
}

function objectOf(value: Json | undefined): JsonObject | undefined {
  const object = typeof value === "object" && value !== null && !Array.isArray(value);
  return object ? (value as JsonObject) : undefined;
}
