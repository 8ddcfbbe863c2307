import { Type } from "typebox";
import { TASK_STATES } from "../../../core/task.ts";
import { LIMITS } from "../dialect.ts";

const Paging = {
  limit: Type.Integer({
    minimum: 1,
    maximum: LIMITS.pageSize.max,
    default: LIMITS.pageSize.default,
    description: "at most this many; a page can have fewer though there are more",
  }),
  cursor: Type.String({ description: "`next` of the page before" }),
} as const;

export const FilterQuery = {
  filter: Type.String({
    description:
      'e.g. `state:running product:ack type:cluster_* label.env=prod age>10m attempts>3 text:"disk full"`',
  }),
} as const;

export const ListQuery = {
  ...FilterQuery,
  product: Type.String({ description: "only tasks of this product" }),
  type: Type.String({ description: "only tasks of this type" }),
  state: Type.String({
    description: `any of these, with commas between: ${TASK_STATES.join(", ")}`,
  }),
  target: Type.String({ description: "only tasks that act on the target with this id" }),
  parent: Type.String({ description: "only subtasks of this task" }),
  forkOf: Type.String({ description: "only those that try this task again" }),
  ...Paging,
} as const;
