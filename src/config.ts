import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { FINAL_STATES } from "./core/task.ts";
import type { TaskType } from "./core/task-type.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { parseSpan } from "./filter/spans.ts";

/** What this package is called, and where that is in this very program. */
const OURSELVES: ReadonlyMap<string, string> = new Map([
  ["taskscribe", "./index"],
  ["taskscribe/client", "./client/index"],
]);

/** Everything that can be set, with its defaults filled in. Spans are in ms. */
export interface Config {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** The data directory. */
  readonly data: string;
  /** How many times faster than real the simulated products work. */
  readonly speed: number;
  /** Whether a product's operation on something busy is refused or waits; undefined: as each product does. */
  readonly busy: "reject" | "queue" | undefined;
  /** How many tasks run at once. */
  readonly concurrency: number;
  /** How long a graceful stop waits for running steps before it interrupts them. */
  readonly drainMs: number;
  readonly logLevel: LogLevel;
  /** Which requests get a line: those that failed here or were slow, or a share (0 to 1) of the others too. */
  readonly requestLog: "off" | "problems" | "all" | number;
  /** The account of callers while signatures are not checked. */
  readonly account: string;
  /** What ACK calls a failed task: `failed` as in its documentation, `fail` as some clients need (docs/clients.md). */
  readonly failedState: "failed" | "fail";
  /** The language of Lingjun's stage tags for clients that ask for none (`Accept-Language`). */
  readonly language: "zh" | "en";
  /** Whose describes are kept open until there is news: `ack=2,*=1,key:ID=2.5`, in seconds (docs/how-to/waiting.md). */
  readonly hold: string;
  /** Nobody is held longer; must stay below the clients' read timeouts. */
  readonly holdCapMs: number;
  /** Networks inside the host's own that webhooks may lead to, e.g. `10.1.0.0/16`, with commas between; or `any`. */
  readonly webhookTargets: string;
  /** Speak HTTPS, with `tlsCert` and `tlsKey` or with certificates of a local CA. */
  readonly tls: boolean;
  /** Files (PEM). Given, they switch `tls` on. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  /** Where the forward proxy for unchanged clients listens; 0 picks a free port, undefined is none. */
  readonly proxyPort: number | undefined;
  /** Allows beyond this machine what is meant for it alone. */
  readonly insecure: boolean;
  /** How callers are checked; undefined: `off` where only this machine gets in, else `strict`. */
  readonly auth: "off" | "known" | "strict" | undefined;
  /** Encrypts the secrets of access keys at rest, 32 bytes in base64; undefined: `secret.key` in the data directory. */
  readonly secretKey: string | undefined;
  /** Lets whoever sends it as a bearer token read `/metrics` from beyond this machine; undefined: nobody. */
  readonly metricsToken: string | undefined;
  /** Where spans of tasks and steps go (OTLP over HTTP, JSON), e.g. http://127.0.0.1:4318/v1/traces; undefined: nowhere. */
  readonly tracesEndpoint: string | undefined;
  /** What stands for the region in the resources that policies are about. */
  readonly region: string;
  /** Access keys beside those that are made by command. */
  readonly keys: readonly KeySetting[];
  /** Undefined: generous limits on changes, unless `auth` is `off`. */
  readonly throttling: ThrottlingSetting | undefined;
  /** Of each account; none when absent. */
  readonly quotas: QuotaSetting;
  /**
   * How long ended tasks stay in the lists, by state, in ms; absent: for ever. Then they go to the archive.
   * As text `succeeded=7d,failed=30d,*=90d`.
   */
  readonly retention: RetentionSetting;
  /** Task types of one's own. */
  readonly types: readonly TaskType[];
  /** Dialects of one's own, beside the built-in ones. */
  readonly dialects: readonly Dialect[];
}

interface KeySetting {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly account: string;
}

/** So many calls a second in the long run, and so many at once after a rest. */
interface RateSetting {
  readonly perSecond: number;
  readonly burst: number;
}

interface ThrottlingSetting {
  /** Of all calls of an account together. */
  readonly account?: RateSetting;
  /** Of each operation of an account that changes something, or that reads. */
  readonly changes?: RateSetting;
  readonly reads?: RateSetting;
  /** Of single operations, by their name in policies, e.g. `cs:DescribeTaskInfo`. */
  readonly operations?: Readonly<Record<string, RateSetting>>;
}

export interface QuotaSetting {
  readonly openTasks?: number;
  readonly storedTasks?: number;
}

interface RetentionSetting {
  readonly succeeded?: number;
  readonly failed?: number;
  readonly canceled?: number;
  readonly expired?: number;
}

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

export const DEFAULT_CONFIG: Config = {
  host: "127.0.0.1",
  port: 4010,
  data: "./data",
  speed: 1,
  busy: undefined,
  concurrency: 10_000,
  drainMs: 3_000,
  logLevel: "info",
  requestLog: "all",
  account: "1000000000000001",
  failedState: "failed",
  language: "zh",
  hold: "",
  holdCapMs: 2_500,
  webhookTargets: "",
  tls: false,
  tlsCert: undefined,
  tlsKey: undefined,
  proxyPort: undefined,
  insecure: false,
  auth: undefined,
  secretKey: undefined,
  metricsToken: undefined,
  tracesEndpoint: undefined,
  region: "cn-hangzhou",
  keys: [],
  throttling: undefined,
  quotas: {},
  retention: {},
  types: [],
  dialects: [],
};

/** Names the configuration file in type-safe form: `export default defineConfig({ types: [myType] })`. */
export function defineConfig(config: Partial<Config>): Partial<Config> {
  return config;
}

/** A setting that cannot be used: what was found, what was expected. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Looked for in the current directory when no file is named. */
const CONFIG_FILES = ["taskscribe.config.ts", "taskscribe.config.js", "taskscribe.config.mjs"];

/** How a setting is read from text (command line, environment). */
const PARSERS = {
  host: (text: string) => text,
  port: number("port", 0, 65_535, true),
  data: (text: string) => text,
  speed: number("speed", 0.001, 1_000_000, false),
  busy: oneOf("busy", ["reject", "queue"] as const),
  concurrency: number("concurrency", 1, 1_000_000, true),
  drainMs: number("drainMs", 0, 3_600_000, true),
  logLevel: oneOf("logLevel", LOG_LEVELS),
  requestLog,
  account: (text: string) => text,
  failedState: oneOf("failedState", ["failed", "fail"] as const),
  language: oneOf("language", ["zh", "en"] as const),
  hold: (text: string) => text,
  holdCapMs: number("holdCapMs", 0, 600_000, true),
  webhookTargets: (text: string) => text,
  retention: parseRetention,
  tls: flag("tls"),
  tlsCert: (text: string) => text,
  tlsKey: (text: string) => text,
  proxyPort: number("proxyPort", 0, 65_535, true),
  insecure: flag("insecure"),
  auth: oneOf("auth", ["off", "known", "strict"] as const),
  secretKey: (text: string) => text,
  tracesEndpoint: (text: string) => text,
  metricsToken: longEnough("metricsToken", 16),
  region: (text: string) => text,
} satisfies { [K in keyof Omit<Config, FileOnly>]: (text: string) => Config[K] };

/** What has no form as one line of text: only the configuration file can set it. */
type FileOnly = "types" | "dialects" | "keys" | "throttling" | "quotas";

export type TextSettings = Partial<Record<keyof typeof PARSERS, string>>;

/** TASKSCRIBE_PORT, TASKSCRIBE_LOG_LEVEL, … */
function environmentName(setting: string): string {
  return `TASKSCRIBE_${setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/**
 * Puts the configuration together: command line before environment before file before defaults.
 * @throws ConfigError saying which setting, what was found and what was expected.
 */
export async function loadConfig(
  flags: TextSettings,
  options: { readonly file?: string | undefined; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Config> {
  const env = options.env ?? process.env;
  const fromFile = await readConfigFile(options.file ?? env["TASKSCRIBE_CONFIG"]);
  const settings: Record<string, unknown> = { ...DEFAULT_CONFIG, ...fromFile };
  for (const [name, parse] of Object.entries(PARSERS)) {
    const text = flags[name as keyof typeof PARSERS] ?? env[environmentName(name)];
    if (text !== undefined) settings[name] = parse(text);
    else if (isText(fromFile[name as keyof typeof PARSERS])) parse(String(settings[name]));
  }
  settings["tracesEndpoint"] ??= otelEndpoint(env);
  return withTls(settings as unknown as Config);
}

/** Whether the file gives it as what could stand on the command line too. */
function isText(value: unknown): boolean {
  return value !== undefined && typeof value !== "object";
}

/** `succeeded=7d,failed=30d`; `*` stands for the states that are not named. */
function parseRetention(text: string): RetentionSetting {
  const found: Record<string, number> = {};
  for (const part of text.split(",").filter((one) => one.trim() !== "")) {
    const [state = "", span = "", ...more] = part.trim().split("=");
    const ms = parseSpan(span);
    const isState = state === "*" || FINAL_STATES.some((known) => known === state);
    if (ms === undefined || !isState || more.length > 0) {
      throw new ConfigError(
        `retention has "${part.trim()}"; give STATE=SPAN such as failed=30d, STATE one of ${FINAL_STATES.join(", ")} or *`,
      );
    }
    found[state] = ms;
  }
  const { "*": others, ...named } = found;
  if (others === undefined) return named;
  return { ...Object.fromEntries(FINAL_STATES.map((state) => [state, others])), ...named };
}

/** OpenTelemetry's own variables, as every program that is traced reads them. */
function otelEndpoint(env: NodeJS.ProcessEnv): string | undefined {
  if (env["OTEL_SDK_DISABLED"] === "true" || env["OTEL_TRACES_EXPORTER"] === "none")
    return undefined;
  const base = env["OTEL_EXPORTER_OTLP_ENDPOINT"];
  return (
    env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] ||
    (base ? `${base.replace(/\/$/, "")}/v1/traces` : undefined)
  );
}

function withTls(config: Config): Config {
  const { tlsCert, tlsKey } = config;
  if ((tlsCert === undefined) === (tlsKey === undefined)) {
    return { ...config, tls: config.tls || tlsCert !== undefined };
  }
  const missing = tlsCert === undefined ? "tlsCert" : "tlsKey";
  throw new ConfigError(`${missing} is missing; give tlsCert and tlsKey, or neither`);
}

/**
 * A configuration file imports the program that reads it, wherever the file is and whatever is installed or built there:
 * a `TerminalError` of another copy would be an error like any other.
 */
function offerOurselves(): void {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  registerHooks({
    resolve(specifier, context, next) {
      const module = OURSELVES.get(specifier);
      if (module === undefined) return next(specifier, context);
      return { url: new URL(`${module}${extension}`, import.meta.url).href, shortCircuit: true };
    },
  });
}

async function readConfigFile(named: string | undefined): Promise<Partial<Config>> {
  const file = named ?? CONFIG_FILES.find((candidate) => existsSync(candidate));
  if (file === undefined) return {};
  const path = resolve(file);
  if (!existsSync(path)) throw new ConfigError(`the configuration file ${path} does not exist`);
  offerOurselves();
  const loaded = await import(pathToFileURL(path).href).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`the configuration file ${path} could not be loaded: ${reason}`, {
      cause,
    });
  });
  const config: unknown = loaded.default ?? loaded.config;
  if (typeof config !== "object" || config === null) {
    throw new ConfigError(
      `${path} has no default export; write: export default defineConfig({ … })`,
    );
  }
  for (const name of Object.keys(config)) {
    if (!Object.hasOwn(DEFAULT_CONFIG, name)) {
      const known = Object.keys(DEFAULT_CONFIG).join(", ");
      throw new ConfigError(`${path} has the setting "${name}", which is none of: ${known}`);
    }
  }
  checkTypes(path, Reflect.get(config, "types"));
  checkDialects(path, Reflect.get(config, "dialects"));
  return config;
}

function checkTypes(path: string, types: unknown): void {
  if (types === undefined) return;
  if (!Array.isArray(types)) {
    throw new ConfigError(`types in ${path} is no list; write: types: [defineTask({ … })]`);
  }
  const odd = types.findIndex((type) => !(Object(type).steps instanceof Map));
  if (odd >= 0) {
    throw new ConfigError(`types[${odd}] in ${path} is no task type; write: defineTask({ … })`);
  }
}

function checkDialects(path: string, dialects: unknown): void {
  if (dialects === undefined) return;
  if (!Array.isArray(dialects)) {
    throw new ConfigError(
      `dialects in ${path} is no list; write: dialects: [defineDialect({ … })]`,
    );
  }
  const odd = dialects.findIndex((dialect) => typeof Object(dialect).routes !== "function");
  if (odd >= 0) {
    throw new ConfigError(`dialects[${odd}] in ${path} is no dialect; write: defineDialect({ … })`);
  }
}

function number(
  name: string,
  least: number,
  most: number,
  whole: boolean,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const fits = text.trim() !== "" && value >= least && value <= most;
    if (fits && (!whole || Number.isInteger(value))) return value;
    const kind = whole ? "a whole number" : "a number";
    throw new ConfigError(`${name} is "${text}"; give ${kind} from ${least} to ${most}`);
  };
}

function requestLog(text: string): Config["requestLog"] {
  const share = Number(text);
  if (text.trim() !== "" && share >= 0 && share <= 1) return share;
  const word = (["off", "problems", "all"] as const).find((value) => value === text);
  if (word !== undefined) return word;
  throw new ConfigError(`requestLog is "${text}"; give off, problems, all, or a share from 0 to 1`);
}

function longEnough(name: string, least: number): (text: string) => string {
  return (text) => {
    if (text.length >= least) return text;
    // Not what was found: it is a secret.
    throw new ConfigError(`${name} has ${text.length} characters; give at least ${least}`);
  };
}

function flag(name: string): (text: string) => boolean {
  const parse = oneOf(name, ["true", "false"] as const);
  return (text) => parse(text) === "true";
}

function oneOf<T extends string>(name: string, values: readonly T[]): (text: string) => T {
  return (text) => {
    const found = values.find((value) => value === text);
    if (found !== undefined) return found;
    throw new ConfigError(`${name} is "${text}"; give one of ${values.join(", ")}`);
  };
}
