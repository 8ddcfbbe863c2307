import type { PolicyNames, TaskState } from "../../../src/index.ts";

/** Kiln, a service that fires ceramics: what is fixed about it. `routes.ts` puts the dialect together. */
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

/** What the product calls each state. The compiler names every state that is missing. */
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
  /** A glaze runs off above this. */
  glazeCelsius: 1_300,
} as const;
