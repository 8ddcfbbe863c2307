// The settings of who may call, and how much of everything an account may use.

import type {
  AccountQuotaSetting,
  AccountThrottlingSetting,
  KeySetting,
  QuotaSetting,
  RateSetting,
  ShareLimitsSetting,
  ShareSetting,
  ThrottlingSetting,
} from "./access-setting-types.ts";
import { AUDIT_SETTINGS } from "./audit-settings.ts";
import { CLIENT_CERTIFICATE_SETTINGS } from "./client-certificate-settings.ts";
import { list, number, object, oneOf, record, SWITCH, secret, text, texts } from "./kinds.ts";
import { SECRET_KEY_SETTINGS } from "./secret-key-settings.ts";
import { inFile, optional, setting } from "./setting.ts";
import { SIGNATURE_SETTINGS } from "./signature-settings.ts";

const COUNT = number({ least: 0, most: Number.MAX_SAFE_INTEGER, whole: true });
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
const RATES = {
  account: RATE,
  changes: RATE,
  reads: RATE,
  operations: record(RATE, "an object with a rate for each operation"),
};
const THROTTLING = object<ThrottlingSetting>({
  ...RATES,
  accounts: record(
    object<AccountThrottlingSetting>(RATES),
    "an object with the limits of each account that has its own",
  ),
});
const QUOTAS = {
  openTasks: COUNT,
  runningTasks: COUNT,
  storedTasks: COUNT,
  storedBytes: COUNT,
};
const SHARES = {
  requests: COUNT,
  connections: COUNT,
  streams: COUNT,
  waits: COUNT,
  holds: COUNT,
  pollers: COUNT,
  bodyBytes: COUNT,
  webhooks: COUNT,
  deliveries: number({ least: 1, most: Number.MAX_SAFE_INTEGER, whole: true }),
  undelivered: COUNT,
};

export const ACCESS_SETTINGS = {
  auth: optional(
    oneOf("mode", ["off", "known", "strict"]),
    "off (everyone gets in), known (the key must exist) or strict (signed)",
    "off where only this machine can reach the server, else strict",
  ),
  ...SIGNATURE_SETTINGS,
  ...CLIENT_CERTIFICATE_SETTINGS,
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
  metricsToken: optional(
    secret("at least 16 characters", 16),
    "the bearer token with which other machines may read /metrics",
    "no other machine",
    "environment",
  ),
  ...SECRET_KEY_SETTINGS,
  ...AUDIT_SETTINGS,
  keys: inFile(
    list(KEY, "a list of { accessKeyId, accessKeySecret, account }"),
    [],
    "access keys in addition to those that are made by command",
    "none",
  ),
  throttling: inFile<ThrottlingSetting | undefined>(
    THROTTLING,
    undefined,
    "limits of calls a second, { perSecond, burst }: account, changes, reads, operations, accounts",
    "generous limits on changes, none while auth is off",
  ),
  quotas: inFile(
    object<QuotaSetting>({
      ...QUOTAS,
      accounts: record(
        object<AccountQuotaSetting>(QUOTAS),
        "an object with quotas for each account",
      ),
    }),
    {},
    "how many tasks an account may have: openTasks, runningTasks (at once; the others wait), storedTasks, storedBytes; under accounts those of single accounts",
    "no limit",
  ),
  shares: inFile(
    object<ShareSetting>({
      ...SHARES,
      accounts: record(
        object<ShareLimitsSetting>(SHARES),
        "an object with shares for each account",
      ),
    }),
    {},
    "how much of each kind an account may have at once, and under accounts what single ones may have instead",
    "docs/limits.md; no limit while auth is off",
  ),
};
