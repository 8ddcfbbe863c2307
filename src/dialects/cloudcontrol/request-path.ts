import type { JsonObject } from "../../core/json.ts";
import type { Call } from "../../message/call.ts";
import { invalidParameter } from "../../message/check-value.ts";
import { pathText } from "../../message/parameters.ts";
import type { OperationSpec } from "../operation.ts";
import { collectParameters } from "../vendor/collect.ts";
import { CLOUD_CONTROL } from "./dialect.ts";

/**
 * The parameters of an operation whose path ends in a resource path: `provider`, `product` and `tail`, the segments
 * after them. The path is split before it is decoded, because `%2F` is part of an id.
 */
export function collectWithPath(spec: OperationSpec, call: Call): JsonObject {
  if (!spec.path.endsWith("*")) return collectParameters(spec, call, CLOUD_CONTROL.style);
  const skipped = spec.path.split("/").length - 1;
  const segments = pathText(call.target).replace(/\/$/, "").split("/").slice(skipped);
  const tail = segments.map(decodeSegment);
  const path = { ...call.path, requestPath: tail.join("/"), resourceType: tail.join("/") };
  const { requestPath: _, ...collected } = collectParameters(spec, call, CLOUD_CONTROL.style, path);
  const { provider = "", product = "" } = call.path;
  return { ...collected, provider, product, tail };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalidParameter("requestPath", segment, "segments that are percent-encoded UTF-8");
  }
}
