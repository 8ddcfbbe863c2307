// Every setting, declared once: the options of `taskscribe serve`, the environment variables, the checks of the
// configuration file, shell completion and docs/settings.md are made from this table.
import type { TaskType } from "../core/task-type.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { DIALECT, TASK_TYPE } from "./definitions.ts";
import {
  either,
  type Kind,
  list,
  number,
  object,
  oneOf,
  record,
  SWITCH,
  secret,
  text,
  texts,
} from "./kinds.ts";
import { RETENTION } from "./retention.ts";

export interface Setting<T> {
  readonly kind: Kind<T>;
  /** The default value. */
  readonly default: T;
  /** What it does, in a phrase for the help and the table of settings. */
  readonly help: string;
  /** What the default means, if the value does not say it. */
  readonly defaultText: string;
  /**
   * How it can be set beside the configuration file. A secret has no option: a command line shows in lists of
   * processes.
   */
  readonly by: "option and environment" | "environment" | "file";
}

type SetBy = Setting<unknown>["by"];

const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

interface KeySetting {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly account: string;
}

/** A limit of calls: this many a second on average, and this many at once after a pause. */
interface RateSetting {
  readonly perSecond: number;
  readonly burst: number;
}

interface ThrottlingSetting {
  /** The limit of all calls of an account together. */
  readonly account?: RateSetting;
  /** The limit of each operation of an account that changes something, or that reads. */
  readonly changes?: RateSetting;
  readonly reads?: RateSetting;
  /** The limits of single operations, by their names in policies, e.g. `cs:DescribeTaskInfo`. */
  readonly operations?: Readonly<Record<string, RateSetting>>;
}

interface QuotaSetting {
  readonly openTasks?: number;
  readonly storedTasks?: number;
}

const PORT = number({ least: 0, most: 65_535, whole: true });
const COUNT = number({ least: 0, most: Number.MAX_SAFE_INTEGER, whole: true });
const FILE = text("file", "a path");
const RATE = object<RateSetting>(
  {
    perSecond: number({ least: 0.000_001, most: 1_000_000 }),
    burst: number({ least: 1, most: 1_000_000_000 }),
  },
  ["perSecond", "burst"],
);
const KEY = object<KeySetting>(
  {
    accessKeyId: text("id", "a text"),
    accessKeySecret: secret("a text that is not empty"),
    account: text("id", "the id of an account"),
  },
  ["accessKeyId", "accessKeySecret", "account"],
);
const THROTTLING = object<ThrottlingSetting>({
  account: RATE,
  changes: RATE,
  reads: RATE,
  operations: record(RATE, "an object with a rate for each operation"),
});

const REQUEST_LOG = either(
  oneOf("which", ["off", "problems", "all"]),
  number({ least: 0, most: 1 }),
  "off, problems, all, or a share from 0 to 1",
);

export const SETTINGS = {
  host: setting(text("address", "an address to listen on"), "127.0.0.1", "address to listen on"),
  port: setting(PORT, 4010, "port to listen on; 0 picks a free one"),
  data: setting(text("directory", "a directory"), "./data", "where tasks and resources are kept"),
  speed: setting(
    number({ least: 0.001, most: 1_000_000, unit: "factor" }),
    1,
    "how many times faster than in reality the simulated products work",
  ),
  busy: optional(
    oneOf("way", ["reject", "queue"]),
    "reject or queue operations on a busy cluster or resource",
    "as each product does",
  ),
  concurrency: setting(
    number({ least: 1, most: 1_000_000, whole: true, unit: "tasks" }),
    10_000,
    "how many tasks run at once",
  ),
  drainMs: setting(
    number({ least: 0, most: 3_600_000, whole: true, unit: "ms" }),
    3_000,
    "how long a stop waits for running steps before it interrupts them",
  ),
  retention: setting(
    RETENTION,
    {},
    "how long ended tasks stay in the lists before they go to the archive: succeeded=7d,*=90d",
    "forever",
  ),
  hold: setting(
    text("who=seconds,...", "a text such as ack=2,*=1"),
    "",
    "keep plain polls open until the task changes, in seconds: ack=2,*=1,key:LTAI5t=2.5",
    "no poll",
  ),
  holdCapMs: setting(
    number({ least: 0, most: 600_000, whole: true, unit: "ms" }),
    2_500,
    "the longest time that a poll is kept open; must be below the clients' read timeouts",
  ),
  webhookTargets: setting(
    text("networks", "networks such as 10.1.0.0/16,127.0.0.1, or any"),
    "",
    "internal networks that webhooks may connect to: 10.1.0.0/16,127.0.0.1, or any",
    "none",
  ),
  tls: setting(SWITCH, false, "speak HTTPS, with a local CA of its own"),
  tlsCert: optional(FILE, "a certificate (PEM, with its chain) instead of the local CA's", "none"),
  tlsKey: optional(FILE, "the key of that certificate (PEM)", "none"),
  proxyPort: optional(
    PORT,
    "run the forward proxy for unchanged clients on this port; 0 picks a free one",
    "no proxy",
  ),
  auth: optional(
    oneOf("mode", ["off", "known", "strict"]),
    "off (everyone gets in), known (the key must exist) or strict (signed)",
    "off where only this machine can reach the server, else strict",
  ),
  insecure: setting(SWITCH, false, "allow beyond this machine what is meant for it alone"),
  allowHost: setting(
    texts("name", "a list of host names"),
    [],
    "a name that requests may have in Host while auth is off; may be repeated",
    "only the names of this machine",
  ),
  account: setting(
    text("id", "the id of an account"),
    "1000000000000001",
    "the account of callers while auth is off",
  ),
  region: setting(
    text("id", "the id of a region"),
    "cn-hangzhou",
    "the region in the resource names of policies",
  ),
  failedState: setting(
    oneOf("word", ["failed", "fail"]),
    "failed",
    "what ACK calls a failed task: failed as in its documentation, fail as some clients need",
  ),
  language: setting(
    oneOf("language", ["zh", "en"]),
    "zh",
    "the language of Lingjun's stage tags for clients that ask for none (Accept-Language)",
  ),
  logLevel: setting(
    oneOf("level", LOG_LEVELS),
    "info",
    "the lowest level of log lines that are written",
  ),
  requestLog: setting(
    REQUEST_LOG,
    "all",
    "which requests get a log line: all, problems (failed here or slow), off, or a share such as 0.01",
  ),
  tracesEndpoint: optional(
    text("url", "an address such as http://127.0.0.1:4318/v1/traces"),
    "the address that receives the spans of tasks and steps (OTLP over HTTP, JSON)",
    "the address in OTEL_EXPORTER_OTLP_ENDPOINT, else none",
  ),
  metricsToken: optional(
    secret("at least 16 characters", 16),
    "the bearer token with which other machines may read /metrics",
    "no other machine",
    "environment",
  ),
  secretKey: optional(
    secret("32 bytes in base64"),
    "encrypts the secrets of access keys, webhooks and tasks at rest; 32 bytes in base64",
    "secret.key in the data directory",
    "environment",
  ),
  keys: inFile(
    list(KEY, "a list of { accessKeyId, accessKeySecret, account }"),
    [],
    "access keys in addition to those that are made by command",
    "none",
  ),
  throttling: inFile<ThrottlingSetting | undefined>(
    THROTTLING,
    undefined,
    "limits of calls a second, { perSecond, burst }: account, changes, reads, operations",
    "generous limits on changes, none while auth is off",
  ),
  quotas: inFile(
    object<QuotaSetting>({ openTasks: COUNT, storedTasks: COUNT }),
    {},
    "how many tasks an account may have: openTasks, storedTasks",
    "no limit",
  ),
  types: inFile(
    list<TaskType>(TASK_TYPE, "a list: types: [defineTask({ ... })]"),
    [],
    "your own task types, each made with defineTask",
    "none",
  ),
  dialects: inFile(
    list<Dialect>(DIALECT, "a list: dialects: [defineDialect({ ... })]"),
    [],
    "your own dialects in addition to the built-in ones, each made with defineDialect",
    "none",
  ),
} satisfies Readonly<Record<string, Setting<unknown>>>;

export type SettingName = keyof typeof SETTINGS;

/** All settings, with their defaults filled in. Durations are in ms; docs/settings.md describes each. */
export type Config = {
  readonly [Name in SettingName]: (typeof SETTINGS)[Name] extends Setting<infer T> ? T : never;
};

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

export const DEFAULT_CONFIG = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, one]) => [name, one.default]),
) as Config;

/** Gives a configuration file its type: `export default defineConfig({ types: [myType] })`. */
export function defineConfig(config: Partial<Config>): Partial<Config> {
  return config;
}

/** `TASKSCRIBE_LOG_LEVEL` for `logLevel`. */
export function environmentName(setting: string): string {
  return `TASKSCRIBE_${kebab(setting).replaceAll("-", "_").toUpperCase()}`;
}

/** `--log-level` for `logLevel`. */
export function optionName(setting: string): string {
  return `--${kebab(setting)}`;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function setting<T>(
  kind: Kind<T>,
  value: NoInfer<T>,
  help: string,
  defaultText = String(value),
): Setting<T> {
  return { kind, default: value, help, defaultText, by: "option and environment" };
}

/** A setting that may have no value. */
function optional<T>(
  kind: Kind<T>,
  help: string,
  defaultText: string,
  by: SetBy = "option and environment",
): Setting<T | undefined> {
  return { kind, default: undefined, help, defaultText, by };
}

/** A setting that has no form as one line of text. */
function inFile<T>(
  kind: Kind<T>,
  value: NoInfer<T>,
  help: string,
  defaultText: string,
): Setting<T> {
  return { kind, default: value, help, defaultText, by: "file" };
}
