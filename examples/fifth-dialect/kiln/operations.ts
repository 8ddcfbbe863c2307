import type { OperationSpec, ValueSchema } from "../../../src/index.ts";
import { LIMITS } from "./dialect.ts";

const TEXT: ValueSchema = { type: "string" };

/** The operations of the service. Routes, checks of parameters, policies and the contract suite read them. */
export const OPERATIONS: readonly OperationSpec[] = [
  {
    action: "DescribeFiring",
    method: "POST",
    path: "/",
    role: "query-task",
    status: 200,
    params: [{ name: "FiringId", in: "formData", required: true, schema: TEXT }],
    response: {
      type: "object",
      required: ["RequestId", "Firing"],
      properties: {
        RequestId: TEXT,
        Firing: {
          type: "object",
          required: ["FiringId", "KilnId", "Phase", "Percent", "StartedAt"],
          properties: {
            FiringId: TEXT,
            KilnId: TEXT,
            Phase: TEXT,
            Percent: { type: "integer", minimum: 0, maximum: 100 },
            StartedAt: TEXT,
            Why: { type: "object", properties: { Code: TEXT, Text: TEXT } },
          },
        },
      },
    },
  },
  {
    action: "CancelFiring",
    method: "POST",
    path: "/",
    role: "control-task",
    status: 200,
    params: [{ name: "FiringId", in: "formData", required: true, schema: TEXT }],
    response: { type: "object", required: ["RequestId"], properties: { RequestId: TEXT } },
  },
  {
    action: "StartFiring",
    method: "POST",
    path: "/",
    role: "start-task",
    status: 200,
    taskIdField: "FiringId",
    params: [
      { name: "KilnId", in: "formData", required: true, schema: TEXT },
      {
        name: "Celsius",
        in: "formData",
        required: true,
        schema: { type: "integer", ...LIMITS.celsius },
      },
      { name: "HoldSeconds", in: "formData", schema: { type: "integer", minimum: 0 } },
      { name: "Glazed", in: "formData", schema: { type: "boolean" } },
      { name: "ClientToken", in: "formData", schema: TEXT },
    ],
    response: {
      type: "object",
      required: ["RequestId", "FiringId"],
      properties: { RequestId: TEXT, FiringId: TEXT },
    },
  },
];
