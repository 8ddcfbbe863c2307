import type { PolicyNames, TaskState } from "../../../src/index.ts";

/** The constants of Kiln, a service that fires ceramics. `routes.ts` makes the dialect of them. */
export const KILN = {
  name: "kiln",
  style: "rpc",
  version: "2026-01-15",
  productCode: "kiln",
  hostLabels: ["kiln"],
  pathPrefixes: [],
  taskIdPrefix: "kf-",
  policy: {
    prefix: "kiln",
    resource: "kiln/{id}",
    idParameters: ["KilnId"],
    taskParameters: ["FiringId"],
    acts: "target",
    refusal: "NoPermission",
  } satisfies PolicyNames,
} as const;

/** The product's word for each state. The compiler reports a missing state. */
export const STATE_WORDS = {
  pending: "Waiting",
  running: "Firing",
  paused: "Firing",
  canceling: "Cooling",
  succeeded: "Finished",
  failed: "Broken",
  canceled: "Canceled",
  expired: "TooLate",
} as const satisfies Record<TaskState, string>;

export const LIMITS = {
  celsius: { minimum: 600, maximum: 1_400 },
  /** The highest temperature. Above it a glaze runs off. */
  glazeCelsius: 1_300,
} as const;
