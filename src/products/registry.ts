import type { Product, StartOperation } from "../core/product.ts";
import { createAck } from "./ack/product.ts";
import { createBdrc } from "./bdrc/product.ts";
import { createCloudControl } from "./cloudcontrol/product.ts";
import { createLingjun } from "./lingjun/product.ts";
import { createSimulatedWork, type SimulationOptions } from "./simulation.ts";

export interface ProductOptions extends SimulationOptions {
  /** Whether an operation on a busy resource is refused or waits. Default: as on the real product. */
  readonly busy?: "reject" | "queue" | undefined;
}

/**
 * All simulated products.
 * @throws DomainError `InvalidParameter` unless the speed is above 0.
 */
export function createProducts({ busy, ...options }: ProductOptions): readonly Product[] {
  const work = createSimulatedWork(options);
  const products = [
    createAck(work),
    createLingjun(work),
    createBdrc(work),
    createCloudControl(work),
  ];
  return busy === undefined ? products : products.map((product) => withBusy(product, busy));
}

function withBusy(product: Product, whenBusy: "reject" | "queue"): Product {
  const operations = Object.entries(product.operations).map(
    ([action, operation]): [string, StartOperation] => [
      action,
      async (parameters, context) => ({ ...(await operation(parameters, context)), whenBusy }),
    ],
  );
  return { ...product, operations: Object.fromEntries(operations) };
}
