import { describeProduct } from "../../../test/support/product-suite.ts";
import { DEMO_ARN } from "./world.ts";

describeProduct({
  product: "bdrc",
  busyWords: ["CHECKING"],
  operations: {
    UpdateResources: { type: "UPDATE_RESOURCES", parameters: {} },
    CheckRules: { type: "CHECK_RULES", parameters: { ResourceArn: DEMO_ARN } },
    PrecheckResourceCount: {
      type: "PRECHECK_RESOURCE_COUNT",
      parameters: {
        TagResourceMatchers: [{ Key: "CreatedBy", Operator: "EQUAL", Values: ["demo"] }],
      },
    },
    UpdateCrossAccounts: {
      type: "UPDATE_CROSS_ACCOUNTS",
      before: [
        ["UpdateCrossAccounts", { CreateTargets: [{ TargetId: "2", TargetType: "ACCOUNT" }] }],
      ],
      parameters: {
        CreateTargets: [{ TargetId: "3", TargetType: "ACCOUNT" }],
        DeleteTargets: [{ TargetId: "2", TargetType: "ACCOUNT" }],
      },
    },
  },
});
