/** An answer that a client looks at. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** How a client waits, as its source has it. Whatever is neither `well` nor `badly` makes it ask again. */
export interface WaitingRule {
  /** As docs/clients.md calls it. */
  readonly client: string;
  readonly product: "ack" | "lingjun" | "cloudcontrol";
  readonly wordIn: (answer: Answer) => string;
  readonly well: readonly string[];
  readonly badly: readonly string[];
  /** What it reads of an answer that ends the wait badly, without looking whether it is there. */
  readonly needs?: (answer: Answer) => unknown;
  readonly firstWaitS: number;
  /** Between two questions; the last one repeats. */
  readonly intervalsS: readonly number[];
  readonly timeoutS: number;
}

export type Ending = "ends well" | "ends badly" | "waits on";

export interface Waited {
  readonly ending: Ending;
  /** When each question was asked, in seconds from the start. */
  readonly askedAtS: readonly number[];
}

/** Waits as the client would, on time of its own, for answers that depend on when they are asked for. */
export function waitBy(rule: WaitingRule, answerAt: (atS: number) => Answer): Waited {
  const askedAtS: number[] = [];
  for (let atS = rule.firstWaitS, index = 0; atS <= rule.timeoutS; index++) {
    askedAtS.push(atS);
    const answer = answerAt(atS);
    const word = rule.wordIn(answer);
    if (rule.well.includes(word)) return { ending: "ends well", askedAtS };
    if (rule.badly.includes(word)) {
      if (rule.needs && rule.needs(answer) === undefined) throw new Error(`${rule.client} crashes`);
      return { ending: "ends badly", askedAtS };
    }
    atS += rule.intervalsS[Math.min(index, rule.intervalsS.length - 1)] ?? rule.timeoutS;
  }
  return { ending: "waits on", askedAtS };
}

/** The field of an answer at this path, "" if there is none. */
export function at(answer: Answer, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, name) => (value as Record<string, unknown> | null)?.[name],
      answer.body,
    );
}

const word = (path: string) => (answer: Answer) => String(at(answer, path) ?? "");
const ackState = word("state");
const lingjunState = word("TaskState");

/** Of the Terraform plugin SDK: doubled from 3 s up to 10 s. The timeouts are the user's. */
const TERRAFORM = { firstWaitS: 10, intervalsS: [3, 6, 10], timeoutS: 3_600 } as const;
const ECCTL_STEERING = {
  product: "ack",
  wordIn: ackState,
  badly: ["fail", "failed"],
  firstWaitS: 0,
  intervalsS: [2],
  timeoutS: 600,
} as const;

export const WAITING_RULES: readonly WaitingRule[] = [
  {
    ...TERRAFORM,
    client: "Terraform, ACK",
    product: "ack",
    wordIn: ackState,
    well: ["success"],
    badly: ["fail", "failed"],
  },
  {
    ...TERRAFORM,
    client: "Terraform, Lingjun attachments",
    product: "lingjun",
    wordIn: lingjunState,
    well: ["execution_success"],
    badly: ["execution_fail"],
    firstWaitS: 300,
  },
  {
    ...TERRAFORM,
    client: "Terraform, Lingjun node groups",
    product: "lingjun",
    wordIn: lingjunState,
    well: ["execution_success"],
    badly: [],
  },
  {
    ...TERRAFORM,
    client: "Terraform, Cloud Control",
    product: "cloudcontrol",
    wordIn: (answer) => (at(answer, "resource") === undefined ? "" : "the resource is there"),
    well: ["the resource is there"],
    badly: [],
  },
  {
    client: "`ecctl`, ACK",
    product: "ack",
    wordIn: ackState,
    well: ["success"],
    badly: ["fail", "failed"],
    firstWaitS: 0,
    intervalsS: [2],
    timeoutS: 3_600,
  },
  { ...ECCTL_STEERING, client: "`ecctl`, ACK, after its own pause", well: ["paused"] },
  { ...ECCTL_STEERING, client: "`ecctl`, ACK, after its own cancel", well: ["canceled"] },
  {
    client: "`ecctl`, Lingjun",
    product: "lingjun",
    wordIn: lingjunState,
    well: ["execution_success"],
    badly: ["execution_fail", "execution_failed", "execution_cancelled"],
    firstWaitS: 0,
    intervalsS: [5],
    timeoutS: 1_800,
  },
  {
    client: "ack-ram-tool",
    product: "ack",
    wordIn: ackState,
    well: ["success"],
    badly: ["fail", "timeout", "canceled"],
    firstWaitS: 0,
    intervalsS: [20],
    timeoutS: 3_600,
  },
  {
    client: "rancher ali-operator",
    product: "ack",
    wordIn: ackState,
    well: ["success"],
    badly: ["fail"],
    needs: (answer) => at(answer, "error.message"),
    firstWaitS: 0,
    intervalsS: [30], // its controller's rhythm
    timeoutS: 3_600,
  },
];
