import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compatibility } from "../../scripts/compatibility.ts";
import { DomainError } from "../../src/core/errors.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";
import type { Product } from "../../src/core/product.ts";
import { DIALECTS } from "../../src/dialects/registry.ts";
import { tokenParameter } from "../../src/dialects/vendor/idempotency-token.ts";
import type { ValueSchema } from "../../src/message/value-schema.ts";
import { createProducts } from "../../src/products/registry.ts";
import { FakeCloud, type Interference } from "./fake-step-context.ts";

export interface OperationCase {
  readonly parameters: JsonObject;
  /** Operations that must have run before; each to its end. */
  readonly before?: readonly (readonly [action: string, parameters: JsonObject])[];
  /** The task type it must give. */
  readonly type: string;
  /** Parameters of other calls, in which those count that have no say in the first. */
  readonly also?: readonly JsonObject[];
  /** Parameters that count only where something fails that does not fail here. */
  readonly quiet?: readonly string[];
}

export interface ProductCases {
  readonly product: string;
  /** One case an operation that must succeed; every operation of the product has one. */
  readonly operations: Readonly<Record<string, OperationCase>>;
  /** Words in the data of a resource that only a task that still runs may leave there. */
  readonly busyWords: readonly string[];
}

export function productNamed(name: string): Product {
  const product = createProducts({ speed: 1 }).find((candidate) => candidate.name === name);
  assert.ok(product, `no product ${name}`);
  return product;
}

/** Values that a parameter may have, one of which should make a difference. */
function examples(schema: ValueSchema): readonly Json[] {
  if (schema.enum !== undefined) return schema.enum;
  switch (schema.type) {
    case "integer":
    case "number":
      return [1, 3];
    case "boolean":
      return [true, false];
    case "array":
      return [examples(schema.items ?? { type: "string" }).slice(0, 1)];
    case "object": {
      const fields = Object.entries(schema.properties ?? { enabled: { type: "boolean" } });
      return [Object.fromEntries(fields.map(([name, field]) => [name, examples(field)[0] ?? ""]))];
    }
    default:
      return ["text"];
  }
}

/** What holds for every operation of every product, whatever it does. */
export function describeProduct(cases: ProductCases): void {
  const product = productNamed(cases.product);

  async function cloudFor({ before = [] }: OperationCase): Promise<FakeCloud> {
    const cloud = new FakeCloud(product);
    for (const [action, parameters] of before) {
      assert.equal((await cloud.start(action, parameters)).state, "succeeded", action);
    }
    return cloud;
  }

  function assertNothingBusy(cloud: FakeCloud): void {
    const busy = new Set(cases.busyWords);
    for (const { kind, id, data } of cloud.resources.snapshot()) {
      for (const [name, value] of Object.entries(data)) {
        assert.ok(typeof value !== "string" || !busy.has(value), `${kind} ${id}: ${name} ${value}`);
      }
    }
  }

  it(`${cases.product} has a case for every operation`, () => {
    assert.deepEqual(Object.keys(cases.operations).sort(), Object.keys(product.operations).sort());
  });

  for (const [action, operation] of Object.entries(cases.operations)) {
    const { parameters } = operation;

    describe(`${cases.product} ${action}`, () => {
      it("runs to its end in a few seconds", async () => {
        const cloud = await cloudFor(operation);
        const plan = await cloud.plan(action, parameters);
        assert.equal(plan.type, operation.type);
        assert.ok(plan.concurrencyKey, "no concurrency key");
        const task = await cloud.run(plan);
        assert.equal(task.state, "succeeded", JSON.stringify(task.error));
        assert.ok(task.items.every((item) => item.status === "success"));
        const total = cloud.totalMs(task);
        assert.ok(total <= 8_000, `${total} ms`);
        assert.ok(task.steps.length === 1 || total >= 2_900, `${total} ms`);
        for (const [step, ms] of cloud.slept.get(task) ?? []) {
          assert.ok(ms <= 2_300, `${step}: ${ms} ms`);
        }
        assertNothingBusy(cloud);
      });

      it("leaves the same resources if every step runs twice", async () => {
        const once = await cloudFor(operation);
        await once.start(action, parameters);
        const twice = await cloudFor(operation);
        await twice.start(action, parameters, { everyStepTwice: true });
        assert.deepEqual(twice.resources.snapshot(), once.resources.snapshot());
      });

      it("heeds every parameter that docs/compatibility.md does not name as ignored", async () => {
        assert.deepEqual(await withoutEffect(action, operation), []);
      });

      for (const how of ["cancel", "fail"] as const) {
        it(`leaves nothing busy when stopped anywhere: ${how}`, async () => {
          for (const step of await stepsOf(operation, action)) {
            for (const after of [0, 1, 3]) await stop(operation, action, { step, after, how });
          }
        });
      }
    });
  }

  /** All that comes of a call, but for the parameters that are kept with its task. */
  async function outcome(operation: OperationCase, action: string, parameters: JsonObject) {
    const cloud = await cloudFor(operation);
    try {
      const { input: _, ...plan } = await cloud.plan(action, parameters);
      const task = await cloud.run({ ...plan, input: parameters });
      const { state, error, items, outputs, notices } = task;
      const shown = { state, error, items, outputs, notices, ms: cloud.totalMs(task) };
      const token = tokenParameter(parameters); // the dialect hands it to the engine, beside the parameters
      return JSON.stringify([plan, token, shown, cloud.resources.snapshot()]);
    } catch (error) {
      if (error instanceof DomainError) return `${error.code} ${error.message}`;
      throw error;
    }
  }

  async function withoutEffect(action: string, operation: OperationCase) {
    const dialect = DIALECTS.find(({ name }) => name === cases.product);
    const spec = dialect?.operations.find((candidate) => candidate.action === action);
    const rows = compatibility().find((table) => table.dialect === cases.product)?.rows ?? [];
    const ignored = rows.find((row) => row.action === action)?.ignored ?? [];
    const known = new Set([...ignored, ...(operation.quiet ?? [])]);
    const without: string[] = [];
    for (const { name, schema, in: place } of spec?.params ?? []) {
      if (place === "path" || known.has(name)) continue;
      if (!(await counts(action, operation, name, examples(schema)))) without.push(name);
    }
    return without;
  }

  /** Whether it makes a difference to one of the calls that a parameter has one of these values, or none. */
  async function counts(
    action: string,
    operation: OperationCase,
    name: string,
    values: readonly Json[],
  ): Promise<boolean> {
    for (const parameters of [operation.parameters, ...(operation.also ?? [])]) {
      const { [name]: _, ...others } = parameters;
      const usual = await outcome(operation, action, parameters);
      if ((await outcome(operation, action, others)) !== usual) return true;
      for (const value of values) {
        const changed = { ...parameters, [name]: value };
        if ((await outcome(operation, action, changed)) !== usual) return true;
      }
    }
    return false;
  }

  async function stop(operation: OperationCase, action: string, interference: Interference) {
    const cloud = await cloudFor(operation);
    const task = await cloud.start(action, operation.parameters, { interference });
    if (task.state === "succeeded") return; // the step waits less often
    assert.equal(task.state, interference.how === "cancel" ? "canceled" : "failed");
    assertNothingBusy(cloud);
  }

  async function stepsOf(operation: OperationCase, action: string): Promise<readonly string[]> {
    const plan = await (await cloudFor(operation)).plan(action, operation.parameters);
    const type = product.types.find((candidate) => candidate.type === plan.type);
    return type?.plan.map((step) => step.name) ?? [];
  }
}
