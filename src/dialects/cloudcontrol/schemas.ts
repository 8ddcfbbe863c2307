import { type Static, Type } from "typebox";

const Text = Type.String();

const TaskFacts = Type.Object({
  createTime: Text,
  error: Type.Optional(Type.Object({ code: Text, message: Text })),
  product: Text,
  regionId: Text,
  resourceId: Type.Optional(Text),
  resourcePath: Type.Optional(Text),
  resourceType: Text,
  status: Text,
  taskAction: Text,
  taskId: Text,
});

export const GetTaskResponse = Type.Object({ requestId: Text, task: TaskFacts });
export const CancelTaskResponse = Type.Object({ requestId: Text });

export type GetTaskBody = Static<typeof GetTaskResponse>;
