import type { JsonObject } from "../../../src/core/json.ts";
import type { Asked, Scenario } from "./scenario.ts";

const start = (action: string, parameters: JsonObject): Asked => ({
  action,
  parameters,
  ends: "COMPLETE",
});
const read = (action: string, parameters: JsonObject): Asked => ({ action, parameters });

/** Whatever resource the account's world has. */
const ARN = { ResourceArn: "$DescribeResources.Data.Content.0.ResourceArn" };

export const BDRC: readonly Scenario[] = [
  [
    start("UpdateResources", { ResourceType: "ACS::OSS::Bucket" }),
    read("DescribeTask", { TaskId: "$UpdateResources.Data.TaskId" }),
    read("DescribeTasks", { TaskStatus: "COMPLETE", MaxResults: 10 }),
  ],
  [
    read("DescribeResources", { MaxResults: 10, SortBy: "ProtectionScore", SortOrder: "DESC" }),
    read("DescribeRules", { ResourceOwnerIds: ["1"], ResourceCategoryId: "rc-1" }),
    start("CheckRules", ARN),
    read("DescribeRules", { MaxResults: 10 }),
    read("DescribeCheckDetails", ARN),
  ],
  [
    start("PrecheckResourceCount", {
      TagResourceMatchers: [{ Key: "CreatedBy", Operator: "EQUAL", Values: ["demo"] }],
    }),
  ],
  [
    start("UpdateCrossAccounts", {
      CreateTargets: [{ TargetId: "2", TargetType: "ACCOUNT" }],
    }),
    read("ListCrossAccounts", { MaxResults: 10 }),
  ],
];
