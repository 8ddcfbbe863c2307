import { fields } from "./task-words.ts";

/** The meaning of an error of an official SDK for a client that waits. */
export interface Trouble {
  /** Whether another request may succeed. */
  readonly passing: boolean;
  /** How long the client should wait before the next request. */
  readonly retryAfterMs: number | undefined;
}

/** The error codes of throttling that the Terraform provider knows. */
const THROTTLED = /Throttling|QPS Limit Exceeded|RequestLimitExceeded|ServiceUnavailable/;

/** Texts of Node, browsers and SDKs for connections that were lost, refused or too slow. */
const CONNECTION =
  /ECONN(RESET|REFUSED|ABORTED)|ETIMEDOUT|EPIPE|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|socket hang up|timeout|timed out|fetch failed|network error|Failed to fetch/i;

export function troubleOf(error: unknown): Trouble {
  const { code, statusCode, status, retryAfter, message, data, cause, name } = fields(error);
  const answered = Number(statusCode ?? status ?? fields(data)["statusCode"]);
  const retryAfterMs = typeof retryAfter === "number" && retryAfter > 0 ? retryAfter : undefined;
  if (answered > 0) {
    const passing = answered >= 500 || answered === 429 || THROTTLED.test(String(code));
    return { passing, retryAfterMs };
  }
  const said = [name, code, message, fields(cause)["code"]].map(String).join(" ");
  return { passing: THROTTLED.test(said) || CONNECTION.test(said), retryAfterMs };
}
