import type { Answer } from "../message/answer.ts";

/** Headers of a representation that its 304 repeats (RFC 9110 §15.4.5). */
const REPEATED = ["etag", "cache-control", "vary"];

/** The answer, or 304 without a body if the client has this representation already (RFC 9110 §13.1.2). */
export function unlessKnown(
  answer: Answer,
  method: string,
  ifNoneMatch: string | readonly string[] | undefined,
): Answer {
  const etag = answer.headers?.["etag"];
  const mayBeKnown = answer.status === 200 && (method === "GET" || method === "HEAD");
  if (etag === undefined || !mayBeKnown || !matches(String(ifNoneMatch ?? ""), etag)) return answer;
  const headers = Object.entries(answer.headers ?? {}).filter(([name]) => REPEATED.includes(name));
  return { status: 304, type: answer.type, body: "", headers: Object.fromEntries(headers) };
}

/** Compares weakly: `W/` does not count. */
function matches(asked: string, etag: string): boolean {
  if (asked.trim() === "*") return true;
  const own = etag.replace(/^W\//, "");
  return asked.split(",").some((tag) => tag.trim().replace(/^W\//, "") === own);
}
