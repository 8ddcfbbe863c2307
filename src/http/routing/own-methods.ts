import type { Dialect } from "../../dialects/dialect.ts";
import { FAULTS, type Fault } from "../../message/fault.ts";

/** Whether the dialect is ours: only there HTTP is as RFC 9110 has it. Products answer as the products do. */
export function isOwn({ version, style }: Dialect): boolean {
  return version === undefined && style === "roa";
}

/** HEAD is answered as GET, without the body. */
export function routedMethod(method: string): string {
  return method === "HEAD" ? "GET" : method;
}

/** The Allow header of a path that has routes for these methods. */
export function allowed(methods: Iterable<string>): string {
  const all = new Set([...methods, "OPTIONS"]);
  if (all.has("GET")) all.add("HEAD");
  return [...all].sort().join(", ");
}

/** Why a body cannot be read; undefined: it is JSON, or there is none. */
export function mediaFault(
  body: Uint8Array | undefined,
  contentType: string | undefined,
): Fault | undefined {
  if (body === undefined || body.length === 0) return undefined;
  const media = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (media === "application/json" || media.endsWith("+json")) return undefined;
  const found = media === "" ? "missing" : `"${media.slice(0, 100)}"`;
  return {
    ...FAULTS.unsupportedContentType,
    status: 415,
    message: `Content-Type: it is ${found}, and the request has a body; give application/json.`,
  };
}
