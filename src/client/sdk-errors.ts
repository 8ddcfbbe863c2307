import { fields } from "./task-words.ts";

/** What an error of an official SDK means to somebody who waits. */
export interface Trouble {
  /** Asking again may help. */
  readonly passing: boolean;
  /** How long the server wants to be left alone. */
  readonly retryAfterMs: number | undefined;
}

/** As Terraform, which has met most of them, knows them. */
const THROTTLED = /Throttling|QPS Limit Exceeded|RequestLimitExceeded|ServiceUnavailable/;

/** Connections that were cut, refused or too slow, in the words of Node, of browsers and of the SDKs. */
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
