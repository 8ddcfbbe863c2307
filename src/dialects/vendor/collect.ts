import { DomainError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Call } from "../../message/call.ts";
import {
  checkValue,
  describe,
  invalidParameter,
  missingParameter,
} from "../../message/check-value.ts";
import { parseJson } from "../../message/content.ts";
import type { Parameters } from "../../message/parameters.ts";
import { scalar } from "../../message/scalar.ts";
import type { ValueSchema } from "../../message/value-schema.ts";
import type { OperationSpec, ParameterSpec } from "../operation.ts";
import { gatherList } from "./repeat-list.ts";

/** The sources of an operation's parameters. */
interface Sources {
  readonly path: Readonly<Record<string, string>>;
  /** The query parameters. In RPC, query and form are one source. */
  readonly query: readonly Parameters[];
  readonly form: readonly Parameters[];
  readonly json: Json | undefined;
}

/**
 * An operation's parameters, flat, under their wire names. Parameters that are not in the description are ignored,
 * as the real gateways do. `whole-body` parameters go under their own name, `body`.
 * @throws DomainError `MissingParameter` or `InvalidParameter`, naming the parameter.
 */
export function collectParameters(
  spec: OperationSpec,
  call: Call,
  style: "roa" | "rpc",
  path: Readonly<Record<string, string>> = call.path,
): JsonObject {
  const sources = sourcesOf(spec, call, style, path);
  const collected: [string, Json][] = [];
  for (const parameter of spec.params) {
    const value = find(parameter, sources);
    if (value !== undefined) {
      checkValue(parameter.schema, value, parameter.name);
      collected.push([parameter.name, value]);
    } else if (parameter.required) {
      throw missingParameter(parameter.name, parameter.schema);
    }
  }
  return Object.fromEntries(collected);
}

function sourcesOf(
  spec: OperationSpec,
  call: Call,
  style: "roa" | "rpc",
  path: Readonly<Record<string, string>>,
): Sources {
  const { query } = call;
  // The body of a GET is ignored, and so is a body that can hold no parameter.
  const content = readsBody(spec) || style === "rpc" ? call.content : { kind: "none" as const };
  const form = content.kind === "form" ? [content.parameters] : [];
  const json = content.kind === "json" ? content.value : undefined;
  return style === "rpc"
    ? { path, query: [query, ...form], form: [...form, query], json }
    : { path, query: [query], form, json };
}

function readsBody(spec: OperationSpec): boolean {
  return spec.params.some((parameter) => parameter.in === "body" || parameter.in === "formData");
}

function find(parameter: ParameterSpec, sources: Sources): Json | undefined {
  if (parameter.wholeBody) return wholeBody(parameter, sources);
  switch (parameter.in) {
    case "path":
      return sources.path[parameter.name] || undefined;
    case "query":
      return inText(parameter, sources.query);
    default:
      return inJson(parameter, sources.json) ?? inText(parameter, sources.form);
  }
}

function wholeBody(parameter: ParameterSpec, { json, form }: Sources): Json | undefined {
  if (form.length > 0) throw invalidParameter(parameter.name, "a form", "a JSON body");
  return json ?? undefined;
}

/** @throws DomainError if there is a JSON body that is not an object, so that it can hold no parameters. */
function inJson({ name }: ParameterSpec, json: Json | undefined): Json | undefined {
  if (json === undefined) return undefined;
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw invalidParameter("body", json, "a JSON object");
  }
  const body = json as JsonObject;
  return Object.hasOwn(body, name) ? (body[name] ?? undefined) : undefined;
}

/** The value in the first source that has the parameter. Empty text counts as absent, because clients send unset ones so. */
function inText(parameter: ParameterSpec, sources: readonly Parameters[]): Json | undefined {
  for (const source of sources) {
    const text = source.get(parameter.name);
    if (text !== undefined && text !== "") return fromText(parameter, text);
    if (text === undefined && isNested(parameter.schema)) {
      const gathered = gatherList(source, parameter.name, parameter.schema);
      if (gathered !== undefined) return gathered;
    }
  }
  return undefined;
}

function fromText(parameter: ParameterSpec, text: string): Json {
  const { schema, name } = parameter;
  if (!isNested(schema)) return scalar(schema, text, name);
  // Descriptions and SDKs disagree about some of these lists, so both forms are accepted.
  if (parameter.style === "simple" && !text.startsWith("[")) return text.split(",");
  try {
    return parseJson(text, name);
  } catch (error) {
    if (!(error instanceof DomainError) || error.facts["expected"] !== "well-formed JSON")
      throw error;
    throw invalidParameter(name, text, `${describe(schema)} as JSON text`);
  }
}

function isNested(schema: ValueSchema): boolean {
  return schema.type === "array" || schema.type === "object";
}
