import { type Static, Type } from "typebox";

const Text = Type.String();

const TaskFacts = Type.Object({
  TaskId: Text,
  TaskName: Text,
  TaskDescription: Text,
  TaskType: Text,
  TaskPriority: Type.Union([Type.Literal("HIGH"), Type.Literal("LOW")]),
  /** The request that made the task. */
  RequestId: Type.Optional(Text),
  /** JSON text. */
  TaskDetail: Type.Optional(Text),
  ExecutionId: Text,
  Progress: Type.Integer({ minimum: 0, maximum: 10_000 }),
  TaskStatus: Text,
  ErrorMessage: Type.Optional(Text),
  /** Unix seconds, like the two after it. */
  StartTime: Type.Optional(Type.Integer()),
  CompleteTime: Type.Optional(Type.Integer()),
  ExpireTime: Type.Optional(Type.Integer()),
  /** JSON text. */
  TaskResult: Type.Optional(Text),
});

export const DescribeTaskResponse = Type.Object({ Data: TaskFacts, RequestId: Text });

export const DescribeTasksResponse = Type.Object({
  Data: Type.Object({
    Content: Type.Array(TaskFacts),
    NextToken: Type.Optional(Text),
    MaxResults: Type.Integer(),
  }),
  RequestId: Text,
});

export type BdrcTaskBody = Static<typeof TaskFacts>;
export type DescribeTaskBody = Static<typeof DescribeTaskResponse>;
export type DescribeTasksBody = Static<typeof DescribeTasksResponse>;
