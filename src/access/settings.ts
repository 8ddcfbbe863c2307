import { isName, NAME_EXPECTED } from "../core/values/names.ts";
import type { ConfiguredKey } from "./keys/key-ring.ts";
import type { Quotas } from "./limits/quotas.ts";
import type { ShareSettings } from "./limits/shares.ts";
import type { Throttling } from "./limits/throttle.ts";

interface Settings {
  /** The account of unchecked callers. */
  readonly account?: string;
  readonly keys: readonly ConfiguredKey[];
  readonly throttling: Throttling | undefined;
  readonly quotas: Quotas;
  readonly shares: ShareSettings;
}

const KEY_FIELDS = ["accessKeyId", "accessKeySecret", "account"] as const;

/** What is wrong with the settings of the configuration file, in words and without a secret; undefined if nothing is. */
export function complaintAbout(settings: Settings): string | undefined {
  const { keys, throttling = {}, quotas: allQuotas, shares } = settings;
  const { accounts: quotasOfAccounts = {}, ...quotas } = allQuotas;
  const { accounts = {}, ...all } = throttling;
  return (
    nameComplaint(settings.account, "account") ??
    first(keys, (key, i) => keyComplaint(key, `keys[${i}]`)) ??
    throttlingComplaint(all, "throttling") ??
    first(
      Object.entries(accounts),
      ([account, own]) =>
        nameComplaint(account, "an account in throttling.accounts") ??
        throttlingComplaint(own, `throttling of ${account}`),
    ) ??
    first(Object.entries(quotas), ([name, most]) => quotaComplaint(most, `quotas.${name}`)) ??
    first(Object.keys(quotasOfAccounts), (id) => nameComplaint(id, "quotas.accounts")) ??
    first(Object.keys(shares.accounts ?? {}), (id) => nameComplaint(id, "shares.accounts"))
  );
}

function keyComplaint(key: Readonly<Record<string, unknown>> | ConfiguredKey, name: string) {
  return first(KEY_FIELDS, (field) => {
    const value: unknown = key[field];
    if (typeof value === "string" && value !== "") {
      return field === "account" ? nameComplaint(value, `${name}.account`) : undefined;
    }
    return `${name}.${field} is ${value === "" ? "empty" : typeof value}; give a text`;
  });
}

/** The same rule as for an account that is made by command. */
function nameComplaint(value: string | undefined, name: string): string | undefined {
  if (value === undefined || isName(value)) return undefined;
  return `${name} is ${JSON.stringify(value).slice(0, 80)}; give ${NAME_EXPECTED}`;
}

function throttlingComplaint(throttling: Throttling, whose: string): string | undefined {
  const { account, changes, reads, operations = {} } = throttling;
  const limits = Object.entries({ account, changes, reads, ...operations });
  return first(limits, ([name, limit]) => limitComplaint(limit, `${whose} ${name}`));
}

function limitComplaint(limit: Throttling["account"], name: string): string | undefined {
  if (limit === undefined || (limit.perSecond > 0 && limit.burst >= 1)) return undefined;
  return `${name} is ${JSON.stringify(limit)}; give perSecond above 0 and a burst of at least 1`;
}

function quotaComplaint(most: unknown, name: string): string | undefined {
  if (most === undefined || (Number.isInteger(most) && Number(most) >= 0)) return undefined;
  return `${name} is ${JSON.stringify(most)}; give a whole number`;
}

function first<T>(
  items: readonly T[],
  complaint: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = complaint(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}
