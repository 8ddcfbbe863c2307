import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type DialectSuite, dialectContract } from "../../test/contracts/dialect-contract.ts";
import { DIALECTS } from "./registry.ts";

const GATEWAY = ["RequestId", "HostId", "Code", "Message", "Recommend"];

/** What the suite cannot read off a dialect. A dialect that is not here fails the last test below. */
const SUITES: Readonly<Record<string, Omit<DialectSuite, "dialect">>> = {
  ack: {
    errorShapes: [GATEWAY, ["code", "message", "requestId", "status"]],
    taskType: "cluster_scaleout",
    attributes: { clusterId: "sample" },
  },
  lingjun: {
    errorShapes: [GATEWAY],
    taskType: "cut_cluster",
    attributes: { clusterId: "sample", nodeIds: ["n1"] },
  },
  bdrc: { errorShapes: [GATEWAY], taskType: "CHECK_RULES", attributes: {} },
  cloudcontrol: {
    errorShapes: [GATEWAY, ["requestId", "Code", "Message"]],
    taskType: "create_resource",
    attributes: {
      taskAction: "Create",
      product: "ECS",
      regionId: "cn-beijing",
      resourceType: "Instance",
    },
  },
  native: { errorShapes: [["error"]], taskType: "own", attributes: {} },
};

for (const dialect of DIALECTS) {
  const suite = SUITES[dialect.name];
  if (suite) dialectContract({ dialect, ...suite });
}

describe("registry", () => {
  it("has a suite for every dialect, and no two of one name, version or host", () => {
    const names = DIALECTS.map(({ name }) => name);
    assert.deepEqual(names, Object.keys(SUITES));
    const versions = DIALECTS.flatMap(({ version }) => version ?? []);
    assert.equal(new Set(versions).size, versions.length);
    const labels = DIALECTS.flatMap(({ hostLabels }) => hostLabels);
    assert.equal(new Set(labels).size, labels.length);
  });
});
