import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ACCOUNT, FakeCloud, NOW } from "../../../test/support/fake-step-context.ts";
import { productNamed } from "../../../test/support/product-suite.ts";
import type { JsonObject } from "../../core/json.ts";
import { DEMO_ARN } from "./world.ts";

function cloud(): FakeCloud {
  return new FakeCloud(productNamed("bdrc"));
}

async function content(bdrc: FakeCloud, action: string, parameters: JsonObject = {}) {
  const { Data } = await bdrc.query(action, parameters);
  return (Data as JsonObject)["Content"] as readonly JsonObject[];
}

describe("UpdateResources", () => {
  it("counts what there is, type by type", async () => {
    const task = await cloud().start("UpdateResources", {});
    assert.deepEqual(task.attributes, {
      taskName: "UpdateResources",
      taskDescription: "",
      taskPriority: "HIGH",
      taskDetail: {
        resourceTypes: [
          "ACS::ECS::Instance",
          "ACS::OSS::Bucket",
          "ACS::OTS::Instance",
          "ACS::NAS::FileSystem",
        ],
      },
      executionId: "",
      taskResult: {
        resourceCounts: [
          { resourceType: "ACS::ECS::Instance", count: 2 },
          { resourceType: "ACS::OSS::Bucket", count: 2 },
          { resourceType: "ACS::OTS::Instance", count: 1 },
          { resourceType: "ACS::NAS::FileSystem", count: 1 },
        ],
      },
    });
  });

  it("expires some day, and waits its turn", async () => {
    const plan = await cloud().plan("UpdateResources", { ResourceType: "ACS::OSS::Bucket" });
    assert.ok((plan.finishBy ?? 0) > NOW);
    assert.equal(plan.whenBusy, "queue");
    assert.deepEqual(plan.attributes?.["taskDetail"], { resourceTypes: ["ACS::OSS::Bucket"] });
  });

  it("refuses a type that is not checked", async () => {
    await assert.rejects(cloud().plan("UpdateResources", { ResourceType: "ACS::X::Y" }), {
      code: "InvalidParameter",
    });
  });
});

describe("CheckRules", () => {
  it("leaves details of each rule and a score", async () => {
    const bdrc = cloud();
    const before = await content(bdrc, "DescribeCheckDetails", { ResourceArn: DEMO_ARN });
    assert.deepEqual(
      before.map((detail) => detail["CheckStatus"]),
      ["NOT_CHECKED", "NOT_CHECKED"],
    );
    const task = await bdrc.start("CheckRules", { ResourceArn: DEMO_ARN });
    assert.deepEqual(task.attributes["taskResult"], { checkedRules: 2, failedRules: 1 });
    const after = await content(bdrc, "DescribeCheckDetails", { ResourceArn: DEMO_ARN });
    assert.deepEqual(
      after.map((detail) => [detail["RuleTemplate"], detail["CheckStatus"], detail["CheckTime"]]),
      [
        ["ecs-backup", "PASSED", Math.floor(NOW / 1_000)],
        ["ecs-snapshot", "FAILED", Math.floor(NOW / 1_000)],
      ],
    );
    const [resource] = await content(bdrc, "DescribeResources", { ResourceArn: DEMO_ARN });
    assert.partialDeepStrictEqual(resource, { ProtectionScore: 50, RiskCount: 1 });
    const risky = await content(bdrc, "DescribeResources", { FailedRuleTemplate: "ecs-snapshot" });
    assert.equal(risky.length, 1);
    const rules = await content(bdrc, "DescribeRules", { ResourceType: "ACS::ECS::Instance" });
    assert.deepEqual(
      rules.map((rule) => [
        rule["CheckStatus"],
        rule["RiskyResourceCount"],
        rule["TotalResourceCount"],
      ]),
      [
        ["PASSED", 0, 2],
        ["FAILED", 1, 2],
      ],
    );
  });

  it("of one rule checks that one", async () => {
    const parameters = { ResourceArn: DEMO_ARN, RuleId: "rule-000000000demo01" };
    const task = await cloud().start("CheckRules", parameters);
    assert.deepEqual(task.attributes["taskResult"], { checkedRules: 1, failedRules: 0 });
  });

  it("of an unknown resource fails", async () => {
    const task = await cloud().start("CheckRules", { ResourceArn: "acs:ecs:1:r:instance/i-none" });
    assert.equal(task.state, "failed");
    assert.match(
      task.error?.message ?? "",
      /^step LocateResource: resource acs:ecs:1:r.* does not/,
    );
  });

  it("wants an ARN and a known rule", async () => {
    await assert.rejects(cloud().plan("CheckRules", {}), { code: "MissingParameter" });
    const parameters = { ResourceArn: DEMO_ARN, RuleId: "rule-none" };
    await assert.rejects(cloud().plan("CheckRules", parameters), {
      code: "ResourceNotFound",
      facts: { kind: "rule", id: "rule-none" },
    });
  });
});

describe("what the account made with Cloud Control", () => {
  const BUCKET = { kind: "cloudcontrol.OSS/Bucket", id: "Bucket/found" } as const;
  const ARN = `acs:oss:${ACCOUNT}:cn-hangzhou:bucket/found`;
  const put = (bdrc: FakeCloud, Status: string) => {
    const writer = bdrc.resources.writer();
    writer.put(BUCKET.kind, BUCKET.id, {
      resourceId: "found",
      regionId: "cn-hangzhou",
      attributes: { Status, Tags: [{ Key: "env", Value: "prod" }] },
    });
    writer.commit();
  };
  const counted = async (bdrc: FakeCloud) =>
    (await bdrc.start("UpdateResources", { ResourceType: "ACS::OSS::Bucket" })).attributes[
      "taskResult"
    ];
  const bucketCount = (count: number) => ({
    resourceCounts: [{ resourceType: "ACS::OSS::Bucket", count }],
  });

  it("is found by UpdateResources, not before, and checked like the others", async () => {
    const bdrc = cloud();
    put(bdrc, "Creating");
    const plan = await bdrc.plan("UpdateResources", { ResourceType: "ACS::OSS::Bucket" });
    assert.deepEqual(await content(bdrc, "DescribeResources", { ResourceArn: ARN }), []);
    assert.deepEqual((await bdrc.run(plan)).attributes["taskResult"], bucketCount(3));
    const [entry] = await content(bdrc, "DescribeResources", { ResourceArn: ARN });
    assert.partialDeepStrictEqual(entry, {
      ResourceId: "found",
      ResourceOwnerId: Number(ACCOUNT),
      RegionId: "cn-hangzhou",
      Status: "Creating",
    });
    await bdrc.start("CheckRules", { ResourceArn: ARN });
    const TagResourceMatchers = [{ Key: "env", Operator: "EQUAL", Values: ["prod"] }];
    const asked = { ResourceType: "ACS::OSS::Bucket", TagResourceMatchers };
    const tagged = await bdrc.start("PrecheckResourceCount", asked);
    assert.deepEqual(tagged.attributes["taskResult"], bucketCount(1));

    put(bdrc, "Available");
    assert.deepEqual(await counted(bdrc), bucketCount(3));
    const [again] = await content(bdrc, "DescribeResources", { ResourceArn: ARN });
    assert.partialDeepStrictEqual(again, { Status: "Available", RiskCount: 2 });
  });

  it("is gone with its checks once it is not found again", async () => {
    const bdrc = cloud();
    put(bdrc, "Available");
    await counted(bdrc);
    await bdrc.start("CheckRules", { ResourceArn: ARN });
    const writer = bdrc.resources.writer();
    writer.remove(BUCKET.kind, BUCKET.id);
    writer.commit();
    assert.deepEqual(await counted(bdrc), bucketCount(2));
    assert.deepEqual(await content(bdrc, "DescribeResources", { ResourceArn: ARN }), []);
    assert.deepEqual(await bdrc.resources.list({ kind: "bdrc.check" }), []);
  });
});

describe("PrecheckResourceCount", () => {
  const CASES = [
    [{ Key: "CreatedBy", Operator: "EQUAL", Values: ["demo"] }, 2],
    [{ Key: "CreatedBy", Operator: "EQUAL", Values: ["other"] }, 0],
    [{ Key: "CreatedBy", Operator: "EQUAL" }, 2],
    [{ Key: "CreatedBy", Operator: "NOT_EQUAL", Values: ["other"] }, 2],
  ] as const;
  for (const [matcher, count] of CASES) {
    it(`counts ${JSON.stringify(matcher)}`, async () => {
      const parameters = { ResourceType: "ACS::OSS::Bucket", TagResourceMatchers: [matcher] };
      const task = await cloud().start("PrecheckResourceCount", parameters);
      assert.deepEqual(task.attributes["taskResult"], {
        resourceCounts: [{ resourceType: "ACS::OSS::Bucket", count }],
      });
    });
  }

  it("wants whole matchers", async () => {
    for (const TagResourceMatchers of [[], [{ Operator: "EQUAL" }], [{ Key: "a" }]]) {
      await assert.rejects(cloud().plan("PrecheckResourceCount", { TagResourceMatchers }), {
        code: "MissingParameter",
      });
    }
  });
});

describe("UpdateCrossAccounts", () => {
  const TARGET = { TargetId: "2", TargetType: "ACCOUNT" };

  it("adds and removes accounts", async () => {
    const bdrc = cloud();
    await bdrc.start("UpdateCrossAccounts", { CreateTargets: [TARGET] });
    assert.partialDeepStrictEqual(await content(bdrc, "ListCrossAccounts"), [TARGET]);
    assert.deepEqual(await content(bdrc, "ListCrossAccounts", { TargetType: "FOLDER" }), []);
    await assert.rejects(bdrc.plan("UpdateCrossAccounts", { CreateTargets: [TARGET] }), {
      code: "ResourceExists",
    });
    await bdrc.start("UpdateCrossAccounts", { DeleteTargets: [TARGET] });
    assert.deepEqual(await content(bdrc, "ListCrossAccounts"), []);
  });

  it("refuses nothing at all, and accounts that are not managed", async () => {
    await assert.rejects(cloud().plan("UpdateCrossAccounts", {}), { code: "MissingParameter" });
    await assert.rejects(cloud().plan("UpdateCrossAccounts", { DeleteTargets: [TARGET] }), {
      code: "ResourceNotFound",
    });
  });
});

describe("BDRC reads", () => {
  it("show nothing of ours", async () => {
    for (const entry of await content(cloud(), "DescribeResources")) {
      assert.ok(Object.keys(entry).every((name) => /^[A-Z]/.test(name)));
    }
  });

  it("clamp their page size and go on", async () => {
    const bdrc = cloud();
    const { Data } = await bdrc.query("DescribeRules", { MaxResults: 4 });
    const { NextToken = "", MaxResults, TotalCount } = Data as JsonObject;
    assert.deepEqual([MaxResults, TotalCount], [4, 6]);
    assert.equal((await content(bdrc, "DescribeRules", { MaxResults: 4, NextToken })).length, 2);
    const small = await bdrc.query("DescribeResources", { MaxResults: 1 });
    assert.equal((small["Data"] as JsonObject)["MaxResults"], 10);
  });

  it("sort by what they show, and go on in that order", async () => {
    const bdrc = cloud();
    await bdrc.start("CheckRules", { ResourceArn: DEMO_ARN });
    for (let number = 0; number < 8; number++) {
      const writer = bdrc.resources.writer();
      const data = { resourceId: `b${number}`, regionId: "r", attributes: {} };
      writer.put("cloudcontrol.OSS/Bucket", `Bucket/b${number}`, data);
      writer.commit();
    }
    await bdrc.start("UpdateResources", {});
    const ids = async (more: JsonObject): Promise<readonly string[]> => {
      const { Data } = await bdrc.query("DescribeResources", more);
      const { Content, NextToken } = Data as { Content: JsonObject[]; NextToken?: string };
      const own = Content.map(({ ResourceId }) => String(ResourceId));
      return NextToken === undefined ? own : [...own, ...(await ids({ ...more, NextToken }))];
    };
    const named = [...(await ids({}))].sort();
    assert.equal(named.length, 14);
    assert.deepEqual(await ids({ SortBy: "ResourceId" }), named);
    const down = await ids({ SortBy: "ResourceId", SortOrder: "desc" });
    assert.deepEqual(down, named.toReversed());
    const byRisk = await ids({ SortBy: "RiskCount", SortOrder: "DESC" });
    assert.equal(byRisk[0], "i-uf600000000000demo01");
    await assert.rejects(bdrc.query("DescribeResources", { SortBy: "Beauty" }), {
      code: "InvalidParameter",
      message: /SortBy is "Beauty"; give one of ResourceArn, ResourceId/,
    });
    await assert.rejects(bdrc.query("DescribeResources", { SortOrder: "up" }), {
      code: "InvalidParameter",
    });
  });

  it("show what the owner asked for has, and of categories nothing: there are none", async () => {
    const bdrc = cloud();
    await bdrc.start("UpdateCrossAccounts", {
      CreateTargets: [{ TargetId: "2", TargetType: "ACCOUNT" }],
    });
    const OWNER = Number(ACCOUNT);
    for (const [action, parameters, count] of [
      ["DescribeResources", { ResourceOwnerIds: [OWNER] }, 6],
      ["DescribeResources", { ResourceOwnerIds: [7] }, 0],
      ["DescribeResources", { ResourceCategoryId: "rc-1" }, 0],
      ["ListCrossAccounts", { CrossAccountOwnerId: OWNER }, 1],
      ["ListCrossAccounts", { CrossAccountOwnerId: 7 }, 0],
    ] as const) {
      assert.equal((await content(bdrc, action, parameters)).length, count, action);
    }
    const [rule] = await content(bdrc, "DescribeRules", { ResourceOwnerIds: [7] });
    assert.equal(rule?.["TotalResourceCount"], 0);
  });

  it("refuse what does not exist", async () => {
    await assert.rejects(cloud().query("DescribeCheckDetails", { ResourceArn: "none" }), {
      code: "ResourceNotFound",
    });
  });
});
