import type { TaskWords } from "../dialects/task-words.ts";
import { KNOWN_PRODUCTS } from "./known-products.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** What a value holds; nothing if it is no object. */
export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** `code` of `error.code`: a field of a field. */
export function fieldAt(value: Fields, path: string | undefined): unknown {
  if (path === undefined) return undefined;
  return path.split(".").reduce<unknown>((inner, name) => fields(inner)[name], value);
}

/**
 * How to ask for a task: as `product` says, by its name or in its own words, else as the client or the task's id tells.
 * @throws TypeError if the name is unknown, or if nothing tells.
 */
export function wordsOf(
  client: object,
  taskId: string,
  product: string | TaskWords | undefined,
): TaskWords {
  if (typeof product === "object") return product;
  const names = KNOWN_PRODUCTS.map((words) => words.product).join(", ");
  if (product !== undefined) {
    const named = KNOWN_PRODUCTS.find((words) => words.product === product);
    if (named !== undefined) return named;
    throw new TypeError(
      `product: "${product}" is unknown; give one of ${names}, or the TaskWords of its dialect`,
    );
  }
  const found =
    KNOWN_PRODUCTS.find(({ clientMethods = [] }) => clientMethods.some((name) => name in client)) ??
    KNOWN_PRODUCTS.find(({ taskIdPattern }) => new RegExp(taskIdPattern).test(taskId));
  if (found !== undefined) return found;
  throw new TypeError(
    `no product's task ids look like ${taskId}; say which it is: product, ${names}, or the TaskWords of its dialect`,
  );
}
