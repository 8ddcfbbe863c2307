import { DomainError } from "../core/errors.ts";
import type { Product, ProductQuery, StartOperation } from "../core/product.ts";
import type { TaskType } from "../core/task-type.ts";
import { newNativeTaskId } from "./native-ids.ts";

/** The products, task types and operations of this server. Made once at the start. */
export class Catalog {
  readonly #products = new Map<string, Product>();
  readonly #types = new Map<string, Map<string, TaskType>>();

  /** @throws DomainError `InvalidParameter` if a product or a task type of one product is there twice. */
  constructor(products: readonly Product[]) {
    for (const product of products) {
      if (this.#products.has(product.name)) throw duplicate("product", product.name);
      this.#products.set(product.name, product);
      const types = new Map<string, TaskType>();
      for (const type of product.types) {
        if (types.has(type.type)) throw duplicate(`task type of ${product.name}`, type.type);
        types.set(type.type, type);
      }
      this.#types.set(product.name, types);
    }
  }

  find(product: string, type: string): TaskType | undefined {
    return this.#types.get(product)?.get(type);
  }

  /** @throws DomainError `TaskTypeNotFound` */
  type(product: string, type: string): TaskType {
    const found = this.find(product, type);
    if (found) return found;
    const known = [...(this.#types.get(product)?.keys() ?? [])];
    throw new DomainError(
      "TaskTypeNotFound",
      `no task type "${type}" is registered${known.length > 0 ? `; known: ${known.join(", ")}` : ""}`,
      { type, known },
    );
  }

  /** @throws DomainError `OperationUnsupported` */
  product(name: string): Product {
    const found = this.#products.get(name);
    if (found) return found;
    throw new DomainError("OperationUnsupported", `no product "${name}" is registered`, {
      product: name,
    });
  }

  /** @throws DomainError `OperationUnsupported` */
  operation(product: string, action: string): StartOperation {
    return named(this.product(product).operations, product, action);
  }

  /** @throws DomainError `OperationUnsupported` */
  query(product: string, action: string): ProductQuery {
    return named(this.product(product).queries, product, action);
  }

  /** A new id as the product writes them. An imported task can be of a product that is not registered here. */
  newTaskId(product: string, at: number, random: () => number): string {
    const make = this.#products.get(product)?.newTaskId ?? newNativeTaskId;
    return make(at, random);
  }

  all(): { product: string; type: TaskType }[] {
    return [...this.#products.values()].flatMap((product) =>
      product.types.map((type) => ({ product: product.name, type })),
    );
  }
}

function named<T>(calls: Readonly<Record<string, T>>, product: string, action: string): T {
  const call = Object.hasOwn(calls, action) ? calls[action] : undefined;
  if (call !== undefined) return call;
  throw new DomainError("OperationUnsupported", `product ${product} has no operation ${action}`, {
    product,
    action,
  });
}

function duplicate(what: string, name: string): DomainError {
  return new DomainError("InvalidParameter", `${what} "${name}" is registered twice; rename one`, {
    parameter: "type",
    found: name,
  });
}
