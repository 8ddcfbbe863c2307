import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConfigError } from "../config/config-error.ts";
import { DEFAULT_CONFIG } from "../config/settings.ts";
import { defineTask } from "../core/define-task.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { DIALECTS } from "../dialects/registry.ts";
import { productsOf } from "./products.ts";

const [known] = DIALECTS;
assert.ok(known !== undefined);
const mine: Dialect = {
  ...known,
  name: "mine",
  version: "2000-01-01",
  hostLabels: ["mine"],
  taskIdPrefix: "my-",
};

describe("the products of dialects of one's own", () => {
  it("have the task types that the configuration gives them, and ids with the dialect's prefix", () => {
    const type = defineTask({ type: "t", product: "mine", steps: { a: async () => {} } });
    const config = { ...DEFAULT_CONFIG, types: [type], dialects: [mine] };
    const product = productsOf(config, {}).find(({ name }) => name === "mine");
    assert.deepEqual(product?.types, [type]);
    assert.match(
      product.newTaskId(0, () => 0),
      /^my-/,
    );
  });

  it("are the dialects' own, if they bring them", () => {
    const product = {
      name: "mine",
      types: [],
      operations: {},
      queries: {},
      newTaskId: () => "my-1",
      world: [],
    };
    const config = { ...DEFAULT_CONFIG, dialects: [{ ...mine, product }] };
    assert.equal(productsOf(config, {}).at(-1), product);
  });

  for (const taken of ["native", "ack", "access"]) {
    it(`are refused in words if the dialect is called ${taken}`, () => {
      const config = { ...DEFAULT_CONFIG, dialects: [{ ...mine, name: taken }] };
      assert.throws(
        () => productsOf(config, {}),
        (error) => error instanceof ConfigError && error.message.includes(`its name "${taken}"`),
      );
    });
  }
});
