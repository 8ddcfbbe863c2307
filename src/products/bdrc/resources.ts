import type { JsonObject } from "../../core/json.ts";
import type { Resource, ResourceReader } from "../../core/resource.ts";
import { stringOf } from "../simulation.ts";

/** A resource that BDRC protects. Id: the ARN. */
export const RESOURCE = "bdrc.resource";
export const RULE = "bdrc.rule";
/** The last check of one rule on one resource. Id: `<rule id> <ARN>`; parent: the ARN. */
export const CHECK = "bdrc.check";
/** An account that this account manages. */
export const CROSS_ACCOUNT = "bdrc.crossaccount";

export const PROTECTED_RESOURCE_TYPES = [
  "ACS::ECS::Instance",
  "ACS::OSS::Bucket",
  "ACS::OTS::Instance",
  "ACS::NAS::FileSystem",
] as const;

export interface ResourceFacts {
  readonly arn: string;
  readonly id: string;
  readonly name: string;
  readonly owner: number;
  readonly type: string;
  readonly product: string;
  readonly regionId: string;
  /** Seconds since the epoch. */
  readonly createdAt: number;
}

/** A resource that was not checked yet, with the field names of DescribeResources. */
export function resourceData(facts: ResourceFacts): JsonObject {
  return {
    ResourceArn: facts.arn,
    ResourceId: facts.id,
    ResourceName: facts.name,
    ResourceOwnerId: facts.owner,
    ResourceType: facts.type,
    ProductType: facts.product,
    RegionId: facts.regionId,
    ZoneId: `${facts.regionId}-b`,
    Status: "Running",
    StorageClass: "STANDARD",
    DataRedundancyType: "LRS",
    CreateTime: facts.createdAt,
    EnableCheck: true,
    ProtectionScore: 0,
    ProtectionScoreUpdatedTime: 0,
    CheckFailedCount: 0,
    RiskCount: 0,
    StandardDataSize: 0,
    IaDataSize: 0,
    ArchiveDataSize: 0,
    ColdArchiveDataSize: 0,
    TotalDataSize: 0,
  };
}

export async function resourcesOfType(
  resources: ResourceReader,
  type: string,
): Promise<readonly Resource[]> {
  const all = await resources.list({ kind: RESOURCE });
  return all.filter((resource) => resource.data["ResourceType"] === type);
}

/** The rules that apply to the resource: all rules for its type or, unless `ruleId` is "", only that one. */
export async function rulesFor(
  resources: ResourceReader,
  resource: Resource,
  ruleId: string,
): Promise<readonly Resource[]> {
  const rules = await resources.list({ kind: RULE });
  return rules.filter(
    (rule) =>
      rule.data["ResourceType"] === resource.data["ResourceType"] &&
      (ruleId === "" || rule.id === ruleId),
  );
}

export function checkId(ruleId: string, arn: string): string {
  return `${ruleId} ${arn}`;
}

/** An entry of DescribeCheckDetails for one rule and one resource. `checkTime` is in seconds since 1970. */
export function checkData(
  rule: Resource,
  resource: Resource,
  checkStatus: string,
  checkTime: number,
): JsonObject {
  const { ResourceArn, ResourceId, ResourceName, ResourceOwnerId, ResourceType, ProductType } =
    resource.data;
  return {
    ResourceArn: ResourceArn ?? resource.id,
    ResourceId: ResourceId ?? "",
    ResourceName: ResourceName ?? "",
    ResourceOwnerId: ResourceOwnerId ?? 0,
    ResourceType: ResourceType ?? "",
    ProductType: ProductType ?? "",
    RuleId: rule.id,
    RuleTemplate: stringOf(rule.data["RuleTemplate"]),
    CheckStatus: checkStatus,
    CheckTime: checkTime,
    Detail: JSON.stringify({ protected: checkStatus === "PASSED" }),
  };
}
