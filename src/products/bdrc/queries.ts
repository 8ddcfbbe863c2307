import type { JsonObject } from "../../core/json.ts";
import type { ProductQuery } from "../../core/product.ts";
import type { Resource } from "../../core/resource.ts";
import { type TokenLimits, tokenPage } from "../paging.ts";
import {
  invalidParameter,
  optionalChoice,
  optionalText,
  passesFilters,
  requiredText,
  sameNames,
  valueList,
} from "../parameters.ts";
import { need, numberOf, stringOf } from "../simulation.ts";
import { CHECK, CROSS_ACCOUNT, checkData, RESOURCE, RULE, rulesFor } from "./resources.ts";

const NAMES = { size: "MaxResults", token: "NextToken" };

interface Entry {
  readonly id: string;
  readonly content: JsonObject;
}

function page(
  all: readonly Entry[],
  parameters: JsonObject,
  limits: TokenLimits,
  isAfter?: (entry: Entry, id: string) => boolean,
): JsonObject {
  const { items, size, next } = tokenPage(all, ({ id }) => id, parameters, NAMES, limits, isAfter);
  return {
    Data: {
      Content: items.map(({ content }) => content),
      TotalCount: all.length,
      ...(next !== undefined && { NextToken: next }),
      MaxResults: size,
    },
  };
}

/** The stored fields that the API shows. Their names begin with a capital letter. */
function entry({ id, data }: Resource): Entry {
  const shown = Object.entries(data).filter(([name]) => /^[A-Z]/.test(name));
  return { id, content: Object.fromEntries(shown) };
}

/** Filters of DescribeResources, and the field that each is compared with. */
const RESOURCE_FILTERS: Readonly<Record<string, string>> = {
  ResourceArn: "ResourceArn",
  ResourceId: "ResourceId",
  ResourceType: "ResourceType",
  ResourceRegionId: "RegionId",
  DataRedundancyType: "DataRedundancyType",
  StorageClass: "StorageClass",
};

/** Whether the resource has a requested owner. No resource is in a category, because no operation creates one. */
function hasOwner(parameters: JsonObject, { data }: Pick<Resource, "data">): boolean {
  const owners = valueList(parameters, "ResourceOwnerIds").map(String);
  if (optionalText(parameters, "ResourceCategoryId") !== undefined) return false;
  return owners.length === 0 || owners.includes(String(data["ResourceOwnerId"]));
}

const ORDERS = ["ASC", "DESC"] as const;

/** Sorts by a field that the answer shows (`SortBy`), then by ARN. */
function sortedPage(entries: readonly Entry[], parameters: JsonObject, limits: TokenLimits) {
  const field = optionalText(parameters, "SortBy");
  const order = optionalChoice(
    { SortOrder: optionalText(parameters, "SortOrder")?.toUpperCase() ?? "" },
    "SortOrder",
    ORDERS,
  );
  if (field === undefined) return page(entries, parameters, limits);
  const fields = Object.keys(entries[0]?.content ?? {});
  if (entries.length > 0 && !fields.includes(field)) {
    throw invalidParameter("SortBy", field, `one of ${fields.join(", ")}`);
  }
  const sorted = entries
    .map(({ id, content }) => ({ id: JSON.stringify([content[field], id]), content }))
    .toSorted((one, other) => compare(one.id, other.id, order));
  return page(sorted, parameters, limits, ({ id }, last) => compare(id, last, order) > 0);
}

/** Compares ids of `sortedPage`: numbers as numbers, all else as text. */
function compare(one: string, other: string, order: (typeof ORDERS)[number] | undefined): number {
  const [first, second] = [sortKeyOf(one), sortKeyOf(other)];
  const sign = order === "DESC" ? -1 : 1;
  for (const [index, value] of first.entries()) {
    const against = second[index] ?? "";
    if (value !== against) return value < against ? -sign : sign;
  }
  return 0;
}

function sortKeyOf(id: string): readonly (string | number)[] {
  try {
    const [value, arn] = JSON.parse(id) as readonly unknown[];
    return [typeof value === "number" ? value : String(value), String(arn)];
  } catch {
    throw invalidParameter("NextToken", id, "the token of a page in this order");
  }
}

const describeResources: ProductQuery = async (parameters, { resources }) => {
  const template = optionalText(parameters, "FailedRuleTemplate");
  const failing = new Set<string>();
  for (const { data } of await resources.list({ kind: CHECK })) {
    if (data["CheckStatus"] === "FAILED" && data["RuleTemplate"] === template) {
      failing.add(stringOf(data["ResourceArn"]));
    }
  }
  const found = (await resources.list({ kind: RESOURCE })).filter(
    ({ id, data }) =>
      (template === undefined || failing.has(id)) &&
      hasOwner(parameters, { data }) &&
      passesFilters(RESOURCE_FILTERS, parameters, data),
  );
  return sortedPage(found.map(entry), parameters, { default: 10, min: 10, max: 100 });
};

/** A rule with the counts of its checks. */
function ruleEntry(rule: Resource, total: number, checks: readonly Resource[]): Entry {
  const own = checks.filter(({ data }) => data["RuleId"] === rule.id);
  const risky = own.filter(({ data }) => data["CheckStatus"] === "FAILED").length;
  const checked = risky > 0 ? "FAILED" : "PASSED";
  return {
    id: rule.id,
    content: {
      ...rule.data,
      CheckStatus: own.length === 0 ? "NOT_CHECKED" : checked,
      ...(own.length > 0 && {
        CheckTime: Math.max(...own.map(({ data }) => numberOf(data["CheckTime"]))),
      }),
      CheckFailedResourceCount: 0,
      RiskyResourceCount: risky,
      TotalResourceCount: total,
    },
  };
}

const describeRules: ProductQuery = async (parameters, { resources }) => {
  const type = optionalText(parameters, "ResourceType");
  const region = optionalText(parameters, "ResourceRegionId");
  const known = (await resources.list({ kind: RESOURCE })).filter(
    ({ data }) =>
      (region === undefined || data["RegionId"] === region) && hasOwner(parameters, { data }),
  );
  const arns = new Set(known.map(({ id }) => id));
  const checks = (await resources.list({ kind: CHECK })).filter(({ data }) =>
    arns.has(stringOf(data["ResourceArn"])),
  );
  const entries = (await resources.list({ kind: RULE }))
    .filter(({ data }) => type === undefined || data["ResourceType"] === type)
    .map((rule) => {
      const { ResourceType } = rule.data;
      const total = known.filter(({ data }) => data["ResourceType"] === ResourceType).length;
      return ruleEntry(rule, total, checks);
    });
  return page(entries, parameters, { default: 10, min: 1, max: 50 });
};

/** Answers one entry for each rule that applies to the resource, also for those that were not checked. */
const describeCheckDetails: ProductQuery = async (parameters, { resources }) => {
  const arn = requiredText(parameters, "ResourceArn", "the ARN of a resource");
  const resource = await need(resources, RESOURCE, arn, "resource");
  const ruleId = optionalText(parameters, "RuleId") ?? "";
  if (ruleId !== "") await need(resources, RULE, ruleId, "rule");
  const checks = new Map(
    (await resources.list({ kind: CHECK, parent: arn })).map((check) => [
      stringOf(check.data["RuleId"]),
      check.data,
    ]),
  );
  const rules = await rulesFor(resources, resource, ruleId);
  const entries = rules.map((rule) => ({
    id: rule.id,
    content: checks.get(rule.id) ?? checkData(rule, resource, "NOT_CHECKED", 0),
  }));
  return page(entries, parameters, { default: 10, min: 1, max: 100 });
};

const CROSS_ACCOUNT_FILTERS = sameNames(["TargetId", "TargetType", "ManagementMode"]);

/** Accounts that another owner manages (`CrossAccountOwnerId`) are not visible to the caller. */
const listCrossAccounts: ProductQuery = async (parameters, { resources, account }) => {
  const owner = optionalText(parameters, "CrossAccountOwnerId") ?? account;
  const own = owner === account ? await resources.list({ kind: CROSS_ACCOUNT }) : [];
  const found = own.filter(({ data }) => passesFilters(CROSS_ACCOUNT_FILTERS, parameters, data));
  return page(found.map(entry), parameters, { default: 10, min: 1, max: 100 });
};

/** The operations that only read, by the names of the SDK. All answers of this product are inside `Data`. */
export const queries: Readonly<Record<string, ProductQuery>> = {
  DescribeResources: describeResources,
  DescribeRules: describeRules,
  DescribeCheckDetails: describeCheckDetails,
  ListCrossAccounts: listCrossAccounts,
};
