import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BudgetMeter } from "./budget-meter.ts";
import { DEFAULT_BUDGETS } from "./budgets.ts";
import { FIELD_LIMITS } from "./core/values/field-limits.ts";

describe("the meter of bounds", () => {
  it("tells each bound as it is set, how much is in use, and how often it was reached", () => {
    const meter = new BudgetMeter({ inputBytes: 5 });
    let connections = 3;
    meter.uses("connections", () => connections);
    meter.reached("inputBytes");
    meter.reached("inputBytes");
    connections = 4;
    const known = new Map(meter.readings().map((one) => [one.name, one]));
    assert.equal(meter.budgets.inputBytes, 5);
    assert.deepEqual(known.get("inputBytes"), {
      name: "inputBytes",
      most: 5,
      used: undefined,
      reached: 2,
    });
    assert.equal(known.get("connections")?.used, 4);
    assert.equal(known.get("connections")?.most, DEFAULT_BUDGETS.connections);
    assert.equal(known.get("items")?.most, FIELD_LIMITS.items);
  });
});
