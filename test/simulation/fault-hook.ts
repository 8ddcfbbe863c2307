// Must be loaded before anything of src: a fault point looks for its hook once, when its module loads.
import type { FaultPoint } from "../../src/fault-points.ts";

let listener: ((point: FaultPoint) => void) | undefined;

Reflect.set(globalThis, Symbol.for("taskscribe.fault"), (point: FaultPoint) => listener?.(point));

/** Hears of every point that is reached in this thread, and may throw there. */
export function listenForFaults(listen: ((point: FaultPoint) => void) | undefined): void {
  listener = listen;
}
