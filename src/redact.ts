import type { TaskEvent } from "./core/events.ts";
import type { Step, Task } from "./core/task.ts";

/** What is shown instead of a secret. */
export const MASK = "******";

/** What a sealed value begins with in a stored task (see `engine/secrets.ts`). Whoever reads the task sees the mask. */
export const SEALED = "sealed:1:";

/** A part of a name that makes it a secret's, wherever it stands. */
const SECRET_PART = /passw(?:or)?d|passphrase|passcode|secret|privatekey|kubeconfig|dockerconfig/;
/** The last word of a name that is a secret's. */
const SECRET_WORD =
  /^(?:pwd|psk|otp|jwt|apikey|authkey|passkey|token|tokens|credential|credentials|creds|signature|authorization|cookie)$/;
/** With one of these before it, `key` is a secret: an `access key` and a `tls key`, but not a `concurrency key`. */
const SECRET_KEY =
  /^(?:access|account|api|auth|ca|cert|certificate|client|decryption|deploy|encryption|fastopen|hmac|jwt|master|server|service|session|shared|signing|ssl|storage|tls)$/;
/** With one of these before it, a `token` names a request or a page, and is none that lets anybody in. */
const OPEN_TOKEN =
  /^(?:client|continuation|cursor|idempotency|next|page|paging|prev|previous|starting)$/;
/** Words behind a name that change nothing: `token_value`, `tls_key_pem`. */
const OF_VALUE = /^(?:base64|b64|content|data|pem|plain|plaintext|string|text|value)$/;

const MOST_NAMES = 5_000;
const names = new Map<string, boolean>();

/** Whether a value of this name is a secret. Spelling does not matter: `LoginPassword`, `login_password`, `login-password`. */
export function isSecretName(name: string): boolean {
  const known = names.get(name);
  if (known !== undefined) return known;
  const secret = judge(name);
  if (names.size >= MOST_NAMES) names.clear();
  names.set(name, secret);
  return secret;
}

function judge(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
  if (SECRET_PART.test(words.join(""))) return true;
  while (words.length > 1 && OF_VALUE.test(words.at(-1) ?? "")) words.pop();
  const [before = "", last = ""] = words.length > 1 ? words.slice(-2) : ["", ...words];
  if (/^tokens?$/.test(last)) return !OPEN_TOKEN.test(before);
  if (/^keys?$/.test(last)) return SECRET_KEY.test(before);
  return SECRET_WORD.test(last);
}

/**
 * Whether a value under a secret name has something to hide: a flag and an empty text have not, and numbers of `tokens` are
 * counted, not kept secret.
 */
export function isSecretValue(name: string, value: unknown): boolean {
  if (typeof value === "number") return !/tokens?$/i.test(name);
  if (typeof value === "string") return value !== "";
  return typeof value === "object" && value !== null;
}

/** Lists say it in two fields: `{ "name": "DB_PASSWORD", "value": "…" }`. */
const PAIRS = [
  ["name", "value"],
  ["key", "value"],
  ["Name", "Value"],
  ["Key", "Value"],
  ["TagKey", "TagValue"],
  ["parameter", "found"],
] as const;

/** The field of an object that holds a secret since another of its fields says so. */
export function secretPair(object: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, value] of PAIRS) {
    if (object[value] === undefined) continue;
    const named = object[name];
    if (typeof named === "string" && isSecretName(named)) return value;
  }
  return undefined;
}

/** The value as it may be shown, stored or sent: secrets are masked. The same object if there are none. */
export function redact<T>(value: T): T {
  return masked(value) as T;
}

function masked(value: unknown): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return maskedList(value);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value; // no JSON, such as an Error
  return maskedObject(value as Readonly<Record<string, unknown>>);
}

function maskedList(list: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  // By index: lists are walked for every version of a task that is shown, and an iterator of pairs is garbage.
  for (let index = 0; index < list.length; index++) {
    const shown = masked(list[index]);
    if (shown === list[index]) continue;
    copy ??= [...list];
    copy[index] = shown;
  }
  return copy ?? list;
}

function maskedObject(
  object: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  let copy: Record<string, unknown> | undefined;
  const paired = secretPair(object);
  for (const name in object) {
    const field = object[name];
    const secret = (name === paired || isSecretName(name)) && isSecretValue(name, field);
    const shown = secret ? maskOf(field) : masked(field);
    if (shown === field) continue;
    copy ??= { ...object };
    copy[name] = shown;
  }
  return copy ?? object;
}

/** A list keeps its length: what reads the answer expects a list. */
function maskOf(value: unknown): unknown {
  return Array.isArray(value) ? value.map(() => MASK) : MASK;
}

/** A name and what separates it from its value, as JSON, YAML, headers, queries and forms have it, escaped or not. */
const NAMED =
  /(?<![\w.-])(?:(?<=%)[\dA-Fa-f]{2})?([\w.-]+)(?:\\*["']|%22)?\s{0,4}(=>|[=:]|%3[AD])\s{0,4}/g;
const OPENING = /\\*["']|%22/y;
const BARE = /[^\s&,;<>()[\]{}"'\\]+/y;
/** What a sentence says of a parameter is not its value: `password: is missing`. */
const PROSE =
  /^(?:a|an|are|cannot|expected|give|has|is|may|missing|must|no|not|of|required|should|the|too|was|were)$/i;
const FLAG = /^(?:true|false|null|undefined)$/;
const WHOLE_LINE =
  /(?<![\w-])((?:proxy-)?authorization|(?:set-)?cookie)(\s{0,4}[:=]\s{0,4})[^\r\n"']+/gi;
const SCHEME = /\b(Bearer|Basic)\s+[\w+/.~=-]{8,}/g;
const PRIVATE_KEY = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|$)/g;
const USER_INFO = /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/?#@"']{0,200}:)[^\s@/"']+(?=@)/gi;
const SEALED_TEXT = /sealed:1:(?:v\d+\.\w+\.)?[\w+/=]+/g;
const MAY_HIDE = /[=:]|%3[AD]|Bearer |Basic |PRIVATE KEY/;

/** A text as it may be shown: in `password=…`, `"token":"…"`, `https://user:…@host` and the like the value is masked. */
export function redactText(text: string): string {
  if (!MAY_HIDE.test(text)) return text;
  let shown = maskNamed(text);
  if (/authorization|cookie/i.test(shown)) shown = shown.replace(WHOLE_LINE, `$1$2${MASK}`);
  if (/Bearer |Basic /.test(shown)) shown = shown.replace(SCHEME, `$1 ${MASK}`);
  if (shown.includes("PRIVATE KEY")) shown = shown.replace(PRIVATE_KEY, MASK);
  if (shown.includes("://")) shown = shown.replace(USER_INFO, `$1${MASK}`);
  return shown.includes(SEALED) ? shown.replace(SEALED_TEXT, MASK) : shown;
}

function maskNamed(text: string): string {
  let shown = "";
  let done = 0;
  NAMED.lastIndex = 0;
  for (let found = NAMED.exec(text); found !== null; found = NAMED.exec(text)) {
    const [, name = "", separator = ""] = found;
    if (!isSecretName(name)) continue;
    const [from, to] = valueAt(text, NAMED.lastIndex, separator === ":");
    if (from === to) continue;
    shown += text.slice(done, from) + MASK;
    done = to;
    NAMED.lastIndex = to;
  }
  return done === 0 ? text : shown + text.slice(done);
}

/** From where to where the value goes that begins at `at`; nowhere if it is none that could be secret. */
function valueAt(text: string, at: number, mayBeProse: boolean): readonly [number, number] {
  OPENING.lastIndex = at;
  const [quote] = OPENING.exec(text) ?? [];
  if (quote !== undefined) return [at + quote.length, closingOf(text, at + quote.length, quote)];
  BARE.lastIndex = at;
  const [bare = ""] = BARE.exec(text) ?? [];
  const open = bare === MASK || FLAG.test(bare) || (mayBeProse && PROSE.test(bare));
  return [at, open ? at : at + bare.length];
}

/** Where a quoted value ends. Each level of JSON inside JSON puts backslashes before a quote, and doubles those inside. */
function closingOf(text: string, from: number, quote: string): number {
  if (quote === "%22") {
    const end = text.indexOf(quote, from);
    return end < 0 ? text.length : end;
  }
  const sign = quote.charAt(quote.length - 1);
  const level = quote.length - 1;
  for (let end = text.indexOf(sign, from); end >= 0; end = text.indexOf(sign, end + 1)) {
    let slashes = 0;
    while (end - slashes > from && text[end - slashes - 1] === "\\") slashes++;
    if (slashes % (2 * level + 2) === level) return end - level;
  }
  return text.length;
}

/** The fields that hold what callers and handlers gave; the others are ids, states, moments and numbers. */
const OF_TASK = [
  ...["input", "outputs", "attributes", "labels", "target", "message", "error", "items"],
  ...["notices", "cancel", "paused", "held", "ending", "forkOf", "concurrencyKey"],
];
const OF_STEP = ["outputs", "message", "error", "approvals", "subtasks", "undo", "takenOver"];

const shownTasks = new WeakMap<Task, Task>();

/** A task as it may be shown, made once for each version. */
export function redactTask(task: Task): Task {
  const known = shownTasks.get(task);
  if (known !== undefined) return known;
  const own = redactFields(task, OF_TASK);
  let steps: Step[] | undefined;
  for (const [index, step] of task.steps.entries()) {
    const shownStep = redactFields(step, OF_STEP);
    if (shownStep === step) continue;
    steps ??= [...task.steps];
    steps[index] = shownStep;
  }
  const shown = steps === undefined ? own : { ...own, steps };
  shownTasks.set(task, shown);
  return shown;
}

function redactFields<T extends object>(object: T, fields: readonly string[]): T {
  const given = object as Readonly<Record<string, unknown>>;
  let copy: Record<string, unknown> | undefined;
  for (const name of fields) {
    const field = given[name];
    if (field === undefined) continue;
    const shown = masked(field);
    if (shown === field) continue;
    copy ??= { ...given };
    copy[name] = shown;
  }
  return (copy ?? object) as T;
}

/** Events as they may be shown and sent. */
export function redactEvents(events: readonly TaskEvent[]): readonly TaskEvent[] {
  return redact(events);
}
