// The settings of what is kept of the audit, and where else it goes.
import { parseDuration } from "../filter/durations.ts";
import { type Kind, secret, text, WrongValue } from "./kinds.ts";
import { optional } from "./setting.ts";

const DAY_MS = 24 * 3_600_000;
const HTTP_URL: Kind<string> = {
  ...text("url", "an http:// or https:// address without a user in it"),
  read: (value) => {
    const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
    const fits = url !== undefined && /^https?:$/.test(url.protocol) && url.username === "";
    if (fits && typeof value === "string") return value;
    throw new WrongValue(
      "found another text; give an http:// or https:// address without a user in it",
    );
  },
};

/** A duration of at least a day, in ms. */
const SPAN: Kind<number> = {
  placeholder: "span",
  expected: 'a duration of at least a day, such as "400d"',
  read: (value) => {
    const ms = typeof value === "string" ? parseDuration(value) : value;
    if (typeof ms === "number" && Number.isSafeInteger(ms) && ms >= DAY_MS) return ms;
    throw new WrongValue(
      `found ${JSON.stringify(value)}; give a duration of at least a day, such as "400d"`,
    );
  },
};

export const AUDIT_SETTINGS = {
  auditFile: optional(
    text("file", "the name of a file"),
    "also append the audit to this file, as JSON lines; it may be renamed while the server runs",
    "no file",
  ),
  auditUrl: optional(
    HTTP_URL,
    "also send the audit to this address, as JSON lines (POST), in order and at least once",
    "no address",
  ),
  auditToken: optional(
    secret("a text that is not empty"),
    "the bearer token that is sent to auditUrl",
    "none",
    "environment",
  ),
  auditRetention: optional(
    SPAN,
    "remove entries of the audit that are older, such as 400d; a signed head stays, so that the rest can be checked",
    "entries are kept for ever",
  ),
};
