import {
  defineTask,
  type JsonObject,
  type OperationContext,
  type OperationPlan,
  type Product,
  TerminalError,
} from "../../../src/index.ts";
import { KILN, LIMITS } from "./dialect.ts";

/** A firing heats, holds the temperature and cools. Each kiln has only one at a time. */
const firing = defineTask({
  type: "firing",
  product: KILN.name,
  steps: {
    async heat(input) {
      if (input["Glazed"] === true && Number(input["Celsius"]) > LIMITS.glazeCelsius) {
        throw new TerminalError("GlazeRan", `the glaze runs off above ${LIMITS.glazeCelsius} °C`);
      }
    },
    hold: {
      weight: 8,
      async run(input, context) {
        await context.sleep(Number(input["HoldSeconds"] ?? 0) * 1_000);
      },
    },
    async cool(_input, context) {
      context.item("pots", "success");
    },
  },
});

/** StartFiring. It is refused while the kiln is in use. */
async function startFiring(
  parameters: JsonObject,
  _context: OperationContext,
): Promise<OperationPlan> {
  const { KilnId, ClientToken: _, ...input } = parameters;
  const id = String(KilnId);
  return {
    type: firing.type,
    input,
    target: { type: "kiln", id },
    concurrencyKey: `kiln ${id}`,
    whenBusy: "reject",
  };
}

/** An id of `kf-`, the time and a random part. Ids sort by time, and no other ids begin with `kf-`. */
function newFiringId(now: number, random: () => number): string {
  const chance = Math.floor(random() * 36 ** 8).toString(36);
  return `${KILN.taskIdPrefix}${now.toString(36)}${chance.padStart(8, "0")}`;
}

export const kilnProduct: Product = {
  name: KILN.name,
  types: [firing],
  operations: { StartFiring: startFiring },
  queries: {},
  newTaskId: newFiringId,
  world: [],
};
