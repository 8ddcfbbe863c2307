import { AsyncLocalStorage } from "node:async_hooks";

/** Whose code runs: known in all that a handler sets off, in its timers and in promises that nobody awaits too. */
const handlers = new AsyncLocalStorage<(error: unknown) => void>();

/** Runs a handler. `stray` gets what it throws where nobody catches it, perhaps long after its end. */
export function withStrays<T>(stray: (error: unknown) => void, handler: () => T): T {
  return handlers.run(stray, handler);
}

/** Gives an error that nobody caught to the handler it comes from. False: it comes from none. */
export function tellStray(error: unknown): boolean {
  const stray = handlers.getStore();
  stray?.(error);
  return stray !== undefined;
}
