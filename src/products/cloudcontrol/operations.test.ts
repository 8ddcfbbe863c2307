import { describeProduct } from "../../../test/support/product-suite.ts";

const BUCKET = { provider: "Aliyun", product: "OSS", tail: ["Bucket", "demo"] };
const WITH_BUCKET = [
  [
    "CreateResource",
    { provider: "Aliyun", product: "OSS", tail: ["Bucket"], body: { BucketName: "demo" } },
  ],
] as const;

describeProduct({
  product: "cloudcontrol",
  busyWords: ["Creating"],
  operations: {
    CreateResource: {
      type: "create_resource",
      parameters: {
        provider: "aliyun",
        product: "ecs",
        tail: ["Instance"],
        regionId: "cn-beijing",
        body: { InstanceName: "web", Password: "Secret-1" },
      },
    },
    UpdateResource: {
      type: "update_resource",
      before: WITH_BUCKET,
      parameters: { ...BUCKET, body: { Acl: "public-read" } },
    },
    DeleteResource: { type: "delete_resource", before: WITH_BUCKET, parameters: BUCKET },
  },
});
