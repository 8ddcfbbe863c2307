// Loaded before a program (node --import, see faults.ts) to make it fail at the points that TASKSCRIBE_FAULTS names. It
// is no part of the build: a shipped Taskscribe has nothing that reads that variable.
import { writeSync } from "node:fs";
import type { FaultPoint } from "../../src/fault-points.ts";

interface Armed {
  readonly point: string;
  readonly action: string;
  readonly argument: number | undefined;
  /** At which time it is reached; `orLater`: and at each after it. */
  readonly nth: number;
  readonly orLater: boolean;
  readonly chance: number;
}

const ACTIONS: Readonly<Record<string, (point: string, argument: number | undefined) => void>> = {
  kill: () => process.kill(process.pid, "SIGKILL"),
  stop: () => process.kill(process.pid, "SIGSTOP"),
  throw: (point, errcode) => {
    const error = new Error(`a fault was injected at ${point}`);
    throw errcode === undefined ? error : Object.assign(error, { errcode });
  },
  // Holds the thread up: that is what a slow disk does to the writer, and a long pause to the main thread.
  delay: (_point, ms = 0) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  },
  tell: (point) => writeSync(2, `fault point ${point}\n`),
};

const SPEC = /^([a-z-]+)=([a-z]+)(?::(\d+))?(?:@(\d+)(\+?))?(?:%(0?\.\d+))?$/;

function parse(spec: string): Armed {
  const found = SPEC.exec(spec);
  const [, point = "", action = "", argument, nth, orLater, chance] = found ?? [];
  if (!found || !ACTIONS[action]) {
    throw new Error(
      `TASKSCRIBE_FAULTS holds "${spec}"; expected POINT=ACTION[:NUMBER][@NTH[+]][%CHANCE], ACTION one of ${Object.keys(ACTIONS).join(", ")}`,
    );
  }
  return {
    point,
    action,
    argument: argument === undefined ? undefined : Number(argument),
    nth: Number(nth ?? 1),
    orLater: nth === undefined || orLater === "+",
    chance: Number(chance ?? 1),
  };
}

const armed = (process.env["TASKSCRIBE_FAULTS"] ?? "").split(";").filter(Boolean).map(parse);
const counts = new Map<string, number>();

Reflect.set(globalThis, Symbol.for("taskscribe.fault"), (point: FaultPoint) => {
  const count = (counts.get(point) ?? 0) + 1;
  counts.set(point, count);
  for (const one of armed) {
    if (one.point !== point) continue;
    if (one.orLater ? count < one.nth : count !== one.nth) continue;
    if (one.chance < 1 && Math.random() >= one.chance) continue;
    ACTIONS[one.action]?.(point, one.argument);
  }
});

// After the hook is set: the module looks for it once, when it loads.
const { FAULT_POINTS } = await import("../../src/fault-points.ts");
for (const { point } of armed) {
  if (point in FAULT_POINTS) continue;
  throw new Error(
    `TASKSCRIBE_FAULTS names "${point}"; expected one of ${Object.keys(FAULT_POINTS).join(", ")}`,
  );
}
