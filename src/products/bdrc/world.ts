import type { WorldResource } from "../../core/product.ts";
import { WORLD_BEGAN_MS } from "../times.ts";
import { RESOURCE, RULE, resourceData } from "./resources.ts";

const OWNER = 1_000_000_000_000_001;
const REGION = "cn-shanghai";
const BEGAN = WORLD_BEGAN_MS / 1_000;

/** Type, product, path in the ARN, id, name, and the templates of the rules that the resource satisfies. */
const RESOURCES = [
  ["ACS::ECS::Instance", "ecs", "instance", "i-uf600000000000demo01", "demo-web-1", ["ecs-backup"]],
  ["ACS::ECS::Instance", "ecs", "instance", "i-uf600000000000demo02", "demo-web-2", []],
  ["ACS::OSS::Bucket", "oss", "bucket", "demo-assets", "demo-assets", ["oss-versioning"]],
  ["ACS::OSS::Bucket", "oss", "bucket", "demo-logs", "demo-logs", []],
  ["ACS::OTS::Instance", "ots", "instance", "demo-orders", "demo-orders", ["ots-backup"]],
  ["ACS::NAS::FileSystem", "nas", "filesystem", "31a8e4demo", "demo-share", []],
] as const;

/** Id, template, product, resource type. */
const RULES = [
  ["rule-000000000demo01", "ecs-backup", "ecs", "ACS::ECS::Instance"],
  ["rule-000000000demo02", "ecs-snapshot", "ecs", "ACS::ECS::Instance"],
  ["rule-000000000demo03", "oss-versioning", "oss", "ACS::OSS::Bucket"],
  ["rule-000000000demo04", "oss-replication", "oss", "ACS::OSS::Bucket"],
  ["rule-000000000demo05", "ots-backup", "ots", "ACS::OTS::Instance"],
  ["rule-000000000demo06", "nas-backup", "nas", "ACS::NAS::FileSystem"],
] as const;

export const DEMO_ARN = arnOf("ecs", "instance", "i-uf600000000000demo01");

function arnOf(product: string, path: string, id: string): string {
  return `acs:${product}:${OWNER}:${REGION}:${path}/${id}`;
}

function resource([
  type,
  product,
  path,
  id,
  name,
  satisfies,
]: (typeof RESOURCES)[number]): WorldResource {
  const arn = arnOf(product, path, id);
  return {
    kind: RESOURCE,
    id: arn,
    data: {
      ...resourceData({
        arn,
        id,
        name,
        owner: OWNER,
        type,
        product,
        regionId: REGION,
        createdAt: BEGAN,
      }),
      // These fields decide the results of checks and counts. The API does not show them.
      satisfies: [...satisfies],
      tags: { CreatedBy: "demo" },
    },
  };
}

function rule([id, template, product, type]: (typeof RULES)[number]): WorldResource {
  return {
    kind: RULE,
    id,
    data: { RuleId: id, RuleTemplate: template, ProductType: product, ResourceType: type },
  };
}

export const world: readonly WorldResource[] = [...RESOURCES.map(resource), ...RULES.map(rule)];
