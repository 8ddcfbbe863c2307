// Every setting, declared once: the options of `taskscribe serve`, the environment variables, the checks of the
// configuration file, shell completion and docs/settings.md are made from these tables.

import { type Budgets, DEFAULT_BUDGETS } from "../budgets.ts";
import type { TaskType } from "../core/task-type.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { ACCESS_SETTINGS } from "./access-settings.ts";
import { DIALECT, TASK_TYPE } from "./definitions.ts";
import { either, list, number, object, oneOf, SWITCH, text } from "./kinds.ts";
import { RETENTION } from "./retention.ts";
import { inFile, optional, type Setting, setting } from "./setting.ts";

const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

const PORT = number({ least: 0, most: 65_535, whole: true });
const FILE = text("file", "a path");

const REQUEST_LOG = either(
  oneOf("which", ["off", "problems", "all"]),
  number({ least: 0, most: 1 }),
  "off, problems, all, or a share from 0 to 1",
);

const BUDGET = number({ least: 1, most: Number.MAX_SAFE_INTEGER, whole: true });
const BUDGET_NAMES = Object.keys(DEFAULT_BUDGETS) as readonly (keyof Budgets)[];
const BUDGETS = object<Partial<Budgets>>(
  Object.fromEntries(BUDGET_NAMES.map((name) => [name, BUDGET])) as Record<
    keyof Budgets,
    typeof BUDGET
  >,
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
  ...ACCESS_SETTINGS,
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
  budgets: inFile(
    BUDGETS,
    {},
    "the most bytes or numbers of everything that is read, kept and answered (docs/budgets.md)",
    "docs/budgets.md",
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
