/** What issue 7 asks for; of `changeToListenerMs` issue 5, of `besideNeighbour` issue 14, of growth and `longestWaitMs` issue 15. A floor should hold on any machine; a target is what to work towards. */
export interface Goal {
  readonly better: "more" | "less";
  readonly floor?: number;
  readonly target?: number;
  readonly unit?: string;
}

export const GOALS = {
  describeUnsigned: { better: "more", floor: 0.65, target: 0.85, unit: "×" },
  describeSigned: { better: "more", floor: 0.42, target: 0.55, unit: "×" },
  signedP99: { better: "less", floor: 2.5, target: 2, unit: "×" },
  describeWhileTasksRun: { better: "more", floor: 0.4, target: 0.55, unit: "×" },
  describeAtMillion: { better: "more", floor: 0.85, unit: "×" },
  describeAtTenMillion: { better: "more", floor: 0.8, target: 0.9, unit: "×" },
  verificationRatio: { better: "less", floor: 0.5, unit: "×" },
  verificationUs: { better: "less", target: 4, unit: " µs" },
  tasksPerSecond: { better: "more", floor: 3_000, target: 5_000, unit: "/s" },
  commitsPerTask: { better: "less", floor: 0.4, target: 0.15 },
  loneTaskInFsyncs: { better: "less", floor: 15, unit: "×" },
  loneTaskMs: { better: "less", target: 2, unit: " ms" },
  tasksAtMillion: { better: "more", floor: 0.8, target: 0.9, unit: "×" },
  listAtMillion: { better: "less", floor: 3, target: 2, unit: "×" },
  listHttpMs: { better: "less", target: 0.5, unit: " ms" },
  startUp: { better: "less", floor: 3, target: 2, unit: "×" },
  startUpAtMillionMs: { better: "less", target: 10, unit: " ms" },
  idleMb: { better: "less", floor: 110, target: 90, unit: " MB" },
  loadedMb: { better: "less", floor: 180, target: 130, unit: " MB" },
  bullmqProgress: { better: "more", floor: 1.2, target: 2, unit: "×" },
  bullmqChain: { better: "more", floor: 2.5, target: 4, unit: "×" },
  queueOnPostgres: { better: "more", floor: 4, target: 8, unit: "×" },
  workflowLibrary: { better: "more", floor: 10, target: 20, unit: "×" },
  changeToListenerMs: { better: "less", target: 50, unit: " ms" },
  besideNeighbour: { better: "more", floor: 0.9, unit: "×" },
  besideNeighbourP99: { better: "less", floor: 2, unit: "×" },
  callGrowth: { better: "less", floor: 1.5, unit: "×" },
  listGrowth: { better: "less", floor: 2, unit: "×" },
  longestWaitMs: { better: "less", floor: 100, unit: " ms" },
  openTaskKb: { better: "less", target: 4, unit: " KB" },
} as const satisfies Record<string, Goal>;

export function verdict(measured: number, goal: Goal): "target met" | "met" | "missed" {
  const reaches = (bound: number) =>
    goal.better === "more" ? measured >= bound : measured <= bound;
  if (goal.target !== undefined && reaches(goal.target)) return "target met";
  if (goal.floor !== undefined && reaches(goal.floor)) return "met";
  return "missed";
}
