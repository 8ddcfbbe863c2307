import { type Static, Type } from "typebox";

const Text = Type.String();
const FreeMap = Type.Record(Type.String(), Type.Unknown());

const StateWord = Type.Unsafe<string>(
  Type.Enum(["running", "success", "fail", "failed", "paused", "canceled", "timeout"]),
);

const ErrorFacts = Type.Object({ code: Text, message: Text });

const Stage = Type.Object({
  state: Text,
  start_time: Type.Optional(Text),
  end_time: Type.Optional(Text),
  message: Type.Optional(Text),
  outputs: Type.Optional(FreeMap),
});

const Event = Type.Object({
  action: Text,
  level: Type.Union([Type.Literal("Normal"), Type.Literal("Warning")]),
  message: Text,
  reason: Text,
  source: Text,
  /** Milliseconds since the epoch, as a string. */
  timestamp: Text,
});

export const DescribeTaskInfoResponse = Type.Object({
  cluster_id: Text,
  task_id: Text,
  created: Text,
  updated: Text,
  state: StateWord,
  task_type: Text,
  target: Type.Optional(Type.Object({ id: Text, type: Text })),
  parameters: Type.Optional(FreeMap),
  stages: Type.Optional(Type.Array(Stage)),
  current_stage: Type.Optional(Text),
  events: Type.Optional(Type.Array(Event)),
  task_result: Type.Optional(Type.Array(Type.Object({ data: Text, status: Text }))),
  error: Type.Optional(ErrorFacts),
  outputs: Type.Optional(FreeMap),
});

const TaskListEntry = Type.Object({
  task_id: Text,
  task_type: Text,
  state: StateWord,
  created: Text,
  updated: Text,
  error: Type.Optional(ErrorFacts),
});

export const DescribeClusterTasksResponse = Type.Object({
  page_info: Type.Optional(
    Type.Object({
      page_size: Type.Integer(),
      page_number: Type.Integer(),
      total_count: Type.Integer(),
    }),
  ),
  tasks: Type.Array(TaskListEntry),
  requestId: Text,
  next_token: Type.Optional(Text),
});

export const ControlTaskResponse = Type.Object({ requestId: Text });

export type DescribeTaskInfoBody = Static<typeof DescribeTaskInfoResponse>;
export type TaskEntry = Static<typeof TaskListEntry>;
export type DescribeClusterTasksBody = Static<typeof DescribeClusterTasksResponse>;
