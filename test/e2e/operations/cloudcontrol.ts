import type { JsonObject } from "../../../src/core/json.ts";
import type { Asked, Scenario } from "./scenario.ts";

const start = (action: string, parameters: JsonObject): Asked => ({
  action,
  parameters,
  ends: "Succeeded",
});
const read = (action: string, parameters: JsonObject): Asked => ({ action, parameters });

const ALIYUN = "/api/v1/providers/Aliyun/products";
const BUCKET = { requestPath: `${ALIYUN}/OSS/resources/Bucket/demo`, regionId: "cn-beijing" };
const KEY_PAIR = {
  requestPath: `${ALIYUN}/ECS/resources/KeyPair/demo`,
  regionId: "cn-beijing",
};

export const CLOUD_CONTROL: readonly Scenario[] = [
  [
    start("CreateResource", {
      requestPath: `${ALIYUN}/OSS/resources/Bucket`,
      regionId: "cn-beijing",
      body: { BucketName: "demo" },
    }),
    read("GetTask", { taskId: "$CreateResource.taskId" }),
    read("GetResources", BUCKET),
    start("UpdateResource", { ...BUCKET, body: { Acl: "public-read" } }),
    start("DeleteResource", BUCKET),
  ],
  // Done when it answers: no task id, 200.
  [
    read("CreateResource", {
      requestPath: `${ALIYUN}/ECS/resources/KeyPair`,
      regionId: "cn-beijing",
      body: { KeyPairName: "demo" },
    }),
    read("UpdateResource", { ...KEY_PAIR, body: { ResourceGroupId: "rg-1" } }),
    read("GetResources", KEY_PAIR),
    read("DeleteResource", KEY_PAIR),
  ],
  [
    read("ListProducts", { provider: "Aliyun" }),
    read("ListResourceTypes", { provider: "Aliyun", product: "VPC" }),
    read("GetResourceType", { requestPath: `${ALIYUN}/VPC/resourceTypes/VPC` }),
  ],
];
