import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeCloud } from "../../test/support/fake-step-context.ts";
import { DomainError } from "../core/errors.ts";
import ackCalls from "../dialects/ack/operations.json" with { type: "json" };
import ackReads from "../dialects/ack/reads.json" with { type: "json" };
import bdrcCalls from "../dialects/bdrc/operations.json" with { type: "json" };
import bdrcReads from "../dialects/bdrc/reads.json" with { type: "json" };
import cloudControlCalls from "../dialects/cloudcontrol/operations.json" with { type: "json" };
import cloudControlReads from "../dialects/cloudcontrol/reads.json" with { type: "json" };
import lingjunCalls from "../dialects/lingjun/operations.json" with { type: "json" };
import lingjunReads from "../dialects/lingjun/reads.json" with { type: "json" };
import { SOURCES } from "./bdrc/inventory.ts";
import { RESOURCE_TYPES, resourceKindOf } from "./cloudcontrol/resource-types.ts";
import { createProducts } from "./registry.ts";

/** The contract's calls, as the dialects route them. */
const CALLS: Readonly<Record<string, readonly { action: string; role: string }[]>> = {
  ack: [...ackCalls, ...ackReads],
  lingjun: [...lingjunCalls, ...lingjunReads],
  bdrc: [...bdrcCalls, ...bdrcReads],
  cloudcontrol: [...cloudControlCalls, ...cloudControlReads],
};

const products = createProducts({ speed: 1 });

describe("the registry", () => {
  it("has the kinds of Cloud Control that BDRC looks for", () => {
    const kinds = RESOURCE_TYPES.map(resourceKindOf);
    for (const { kind } of Object.values(SOURCES)) assert.ok(kinds.includes(kind), kind);
  });

  it("has the four products", () => {
    assert.deepEqual(
      products.map((product) => product.name),
      ["ack", "lingjun", "bdrc", "cloudcontrol"],
    );
  });

  for (const product of products) {
    it(`${product.name} offers everything that its dialect routes to it`, () => {
      for (const { action, role } of CALLS[product.name] ?? []) {
        if (role === "start-task") assert.ok(product.operations[action], action);
        if (role === "read") assert.ok(product.queries[action], action);
      }
    });

    it(`${product.name} has nothing that its dialect does not route`, () => {
      const routed = (CALLS[product.name] ?? []).map(({ action }) => action);
      for (const action of Object.keys({ ...product.operations, ...product.queries })) {
        assert.ok(routed.includes(action), action);
      }
    });

    it(`${product.name} has each task type and each resource of its world once`, () => {
      const types = product.types.map((type) => type.type);
      assert.equal(new Set(types).size, types.length);
      const resources = product.world.map(({ kind, id }) => `${kind} ${id}`);
      assert.equal(new Set(resources).size, resources.length);
      for (const { kind } of product.world) assert.ok(kind.startsWith(`${product.name}.`), kind);
    });
  }

  it("runs faster as it is told", async () => {
    const slept: number[] = [];
    for (const speed of [1, 20, 0.5]) {
      const ack = createProducts({ speed })[0];
      assert.ok(ack);
      const cloud = new FakeCloud(ack);
      const parameters = { cluster_id: ack.world[0]?.id ?? "" };
      slept.push(cloud.totalMs(await cloud.start("ScanClusterVuls", parameters)));
    }
    assert.deepEqual(slept, [3_300, 165, 6_600]);
  });

  for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    it(`refuses speed ${speed}`, () => {
      assert.throws(
        () => createProducts({ speed }),
        (error) => error instanceof DomainError && error.code === "InvalidParameter",
      );
    });
  }
});
