// Must be loaded before anything of src: a fault point looks for its hook once, when its module loads.
import type { FaultPoint } from "../../src/fault-points.ts";

let listener: ((point: FaultPoint) => void) | undefined;

Reflect.set(globalThis, Symbol.for("taskscribe.fault"), (point: FaultPoint) => listener?.(point));

/** Called at every fault point that this thread reaches. It may throw. */
export function listenForFaults(listen: ((point: FaultPoint) => void) | undefined): void {
  listener = listen;
}
