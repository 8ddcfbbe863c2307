import type { StepHandler } from "../../core/step-context.ts";
import type { StepDefinition } from "../../core/task-type.ts";
import type { SimulatedWork } from "../simulation.ts";

/** The values of `StageTag` in the contract, with their meanings. */
const STAGES = {
  releaseMachine: { stageTag: "机器释放", stageTagEn: "Machine release" },
  initializeNodes: { stageTag: "节点并发初始化", stageTagEn: "Concurrent node initialization" },
  releaseNodes: { stageTag: "节点释放", stageTagEn: "Node release" },
  replaceMachine: { stageTag: "机器替换", stageTagEn: "Machine replacement" },
  cutNodes: { stageTag: "节点缩容", stageTagEn: "Node scale-down" },
  renew: { stageTag: "提前续费", stageTagEn: "Early renewal" },
  cleanMachine: { stageTag: "物理机清理", stageTagEn: "Physical machine cleanup" },
  cleanNodes: { stageTag: "节点清理", stageTagEn: "Node cleanup" },
  createKubernetes: { stageTag: "创建K8s集群", stageTagEn: "Create K8s cluster" },
  initializeNetwork: { stageTag: "网络初始化", stageTagEn: "Network initialization" },
  rebootNodes: { stageTag: "节点重启", stageTagEn: "Node restart" },
  unsubscribeNodes: { stageTag: "节点退订", stageTagEn: "Node unsubscription" },
  extendCluster: { stageTag: "集群扩容", stageTagEn: "Cluster scale-out" },
  releaseFaulty: { stageTag: "异常机器释放", stageTagEn: "Faulty machine release" },
} as const;

export interface StepPlan {
  readonly tag: keyof typeof STAGES;
  /** Duration at speed 1. A step without it waits inside `does`, for subtasks or item by item. */
  readonly ms?: number;
  readonly message: string;
  readonly does?: StepHandler;
  readonly after?: readonly string[];
}

/** A step that sets its message, waits as long as the work takes, then calls `does`. */
export function plannedStep(work: SimulatedWork, plan: StepPlan): StepDefinition {
  return {
    run: async (input, context) => {
      context.message(plan.message);
      if (plan.ms !== undefined) await work(context, plan.ms);
      return plan.does?.(input, context);
    },
    labels: STAGES[plan.tag],
    ...(plan.after && { after: plan.after }),
  };
}
