import type { Product, StartOperation } from "../core/product.ts";
import { redact } from "../redact.ts";
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
  return products.map((product) => withOperations(product, withMaskedSecrets, withBusy(busy)));
}

type Change = (operation: StartOperation) => StartOperation;

/** No step of a simulated product needs a secret, so no operation gets one that it could store. */
function withMaskedSecrets(operation: StartOperation): StartOperation {
  return (parameters, context) => operation(redact(parameters), context);
}

function withBusy(whenBusy: ProductOptions["busy"]): Change {
  if (whenBusy === undefined) return (operation) => operation;
  return (operation) => async (parameters, context) => ({
    ...(await operation(parameters, context)),
    whenBusy,
  });
}

function withOperations(product: Product, ...changes: readonly Change[]): Product {
  const operations = Object.entries(product.operations).map(([action, operation]) => [
    action,
    changes.reduce((changed, change) => change(changed), operation),
  ]);
  return { ...product, operations: Object.fromEntries(operations) };
}
