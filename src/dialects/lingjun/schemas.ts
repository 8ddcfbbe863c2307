import { type Static, Type } from "typebox";

const Text = Type.String();

const SubTask = Type.Object({
  TaskId: Text,
  TaskType: Text,
  CreateTime: Text,
  UpdateTime: Text,
  Message: Text,
  TaskState: Text,
});

const StepFacts = Type.Object({
  StepName: Text,
  StepState: Type.Union([
    Type.Literal("running"),
    Type.Literal("execution_success"),
    Type.Literal("execution_failed"),
  ]),
  StepType: Type.Union([Type.Literal("normal"), Type.Literal("dispersive")]),
  SubTasks: Type.Array(SubTask),
  StageTag: Type.Optional(Text),
  Message: Text,
  StartTime: Text,
  UpdateTime: Text,
});

export const DescribeTaskResponse = Type.Object({
  RequestId: Text,
  ClusterId: Text,
  ClusterName: Text,
  TaskState: Text,
  TaskType: Text,
  Message: Text,
  Steps: Type.Array(StepFacts),
  CreateTime: Text,
  UpdateTime: Text,
  NodeIds: Type.Array(Text),
});

export type DescribeTaskBody = Static<typeof DescribeTaskResponse>;
export type StepBody = Static<typeof StepFacts>;
