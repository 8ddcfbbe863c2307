/** Our own API: what is fixed about it. `routes.ts` puts the dialect together. */
export const NATIVE = {
  name: "native",
  style: "roa",
  version: undefined,
  hostLabels: [],
  pathPrefixes: ["/v1", "/docs"],
  /** Its operations are described by the schemas, not by a vendor's data file. */
  operations: [],
  policy: {
    prefix: "taskscribe",
    resource: "task/{id}",
    idParameters: ["id", "taskId"],
    taskParameters: ["id", "taskId"],
    taskList: { action: "WaitTasks", parameter: "ids" },
    lasting: ["StreamEvents", "BulkTasks", "CreateWebhook"],
    acts: "task",
    refusal: "Forbidden.RAM",
    startsTask: ["SubmitTask", "RetryTask", "ImportTask", "BulkTasks"],
  },
} as const;

export const LIMITS = {
  pageSize: { default: 50, max: 1_000 },
  /** The longest reason for a cancel, pause or resume, in characters. */
  reasonLength: 1_000,
  tokenLength: 128,
  entries: { default: 100, minimum: 1, maximum: 1_000 },
  waitIds: 100,
  waitSeconds: { default: 30, minimum: 0, maximum: 300 },
} as const;
