import type { Json } from "../../src/core/json.ts";
import type { Dialect } from "../../src/dialects/dialect.ts";
import type { OperationSpec, ParameterSpec } from "../../src/dialects/operation.ts";
import type { TestRequest } from "./test-server.ts";

/** A call as the official clients make it, from the description of its operation. */
export function requestOf(
  dialect: Pick<Dialect, "version">,
  spec: OperationSpec,
  values: Readonly<Record<string, Json>>,
): TestRequest {
  const body = bodyOf(spec, values);
  const query = new URLSearchParams(textsOf(spec, values, "query")).toString();
  const path = pathOf(spec, values);
  return {
    method: spec.method,
    path: query === "" ? path : `${path}?${query}`,
    headers: {
      ...(dialect.version && { "x-acs-version": dialect.version }),
      "x-acs-action": spec.action,
      ...(body && { "content-type": body.type }),
    },
    ...(body && { body: body.text }),
  };
}

function pathOf(spec: OperationSpec, values: Readonly<Record<string, Json>>): string {
  return spec.path
    .replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(String(values[name] ?? "sample")),
    )
    .replace("*", String(values["requestPath"] ?? values["resourceType"] ?? "sample"));
}

function bodyOf(
  { params, ...spec }: OperationSpec,
  values: Readonly<Record<string, Json>>,
): { type: string; text: string } | undefined {
  const whole = params.find(({ wholeBody }) => wholeBody);
  const inBody = params.filter(({ in: place }) => place === "body");
  if (inBody.length === 0) {
    const text = new URLSearchParams(textsOf({ params, ...spec }, values, "formData")).toString();
    return text === "" ? undefined : { type: "application/x-www-form-urlencoded", text };
  }
  const given = inBody.filter(({ name }) => values[name] !== undefined);
  const object = Object.fromEntries(given.map(({ name }) => [name, values[name]]));
  const body = whole === undefined ? object : values[whole.name];
  return { type: "application/json", text: JSON.stringify(body) };
}

/** What goes into the query or the form; whatever is not described goes into the query. */
function textsOf(
  { params }: OperationSpec,
  values: Readonly<Record<string, Json>>,
  place: "query" | "formData",
): [string, string][] {
  return Object.entries(values).flatMap(([name, value]) => {
    const parameter = params.find((candidate) => candidate.name === name);
    return (parameter?.in ?? "query") === place ? flattened(name, value, parameter) : [];
  });
}

/** As the official clients write a value into a query or form. */
function flattened(name: string, value: Json, parameter?: ParameterSpec): [string, string][] {
  if (typeof value !== "object" || value === null) return [[name, String(value)]];
  if (parameter?.style === "simple" && Array.isArray(value)) return [[name, value.join(",")]];
  if (parameter?.style !== "repeatList" || !Array.isArray(value))
    return [[name, JSON.stringify(value)]];
  return value.flatMap((entry: Json, index) =>
    typeof entry === "object" && entry !== null
      ? Object.entries(entry).map(([key, field]): [string, string] => [
          `${name}.${index + 1}.${key}`,
          String(field),
        ])
      : [[`${name}.${index + 1}`, String(entry)]],
  );
}
