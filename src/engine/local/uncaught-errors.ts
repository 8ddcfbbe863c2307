import { AsyncLocalStorage } from "node:async_hooks";

/** Who is told of an uncaught error: set for all that a handler calls, also in its timers and in promises without `await`. */
const handlers = new AsyncLocalStorage<(error: unknown) => void>();

/** Runs a handler. `onUncaught` gets the errors of its code that nothing catches, perhaps long after its end. */
export function watchUncaught<T>(onUncaught: (error: unknown) => void, handler: () => T): T {
  return handlers.run(onUncaught, handler);
}

/** Reports an uncaught error to the handler whose code threw it. False: no handler's code threw it. */
export function reportUncaught(error: unknown): boolean {
  const onUncaught = handlers.getStore();
  onUncaught?.(error);
  return onUncaught !== undefined;
}
