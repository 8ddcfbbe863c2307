/** The one table of what an account has a share of, from which the limits, the docs and the metrics are made. */

const KIB = 1024;
const MIB = 1024 * KIB;

interface LimitKind {
  /** How much an account may have of it. Undefined: as much as there is. */
  readonly most: number | undefined;
  readonly unit: "bytes" | "count";
  readonly what: string;
  /** What happens at the limit. */
  readonly atLimit: string;
}

/** One kind of thing that an account has while it lasts. */
export interface ShareKind extends LimitKind {
  /** How much all accounts may have together. Undefined: what their shares add up to. */
  readonly inAll?: number;
  /** What an account may have in any case, however much the others have. */
  readonly floor?: number;
  /** How much one address may have while it is not known who calls. */
  readonly unproven?: number;
  /** How much all such addresses may have together, and how much each in any case. */
  readonly unprovenInAll?: number;
  readonly unprovenFloor?: number;
}

const THROTTLED = "`Throttling.User`, to be tried again after a second";
const BUSY = "`ResourceBusy`, with the way to make room";

/** What is counted while it lasts; set with `shares`. */
export const SHARE_TABLE = {
  requests: {
    most: 2_000,
    unit: "count",
    what: "requests that are being worked on",
    atLimit: THROTTLED,
  },
  connections: {
    most: 5_000,
    inAll: 15_000,
    floor: 100,
    unproven: 1_000,
    unprovenInAll: 4_000,
    unprovenFloor: 20,
    unit: "count",
    what: "connections",
    atLimit: `${THROTTLED}; the connection ends after the answer`,
  },
  streams: { most: 5_000, unit: "count", what: "open streams of events", atLimit: THROTTLED },
  waits: {
    most: 5_000,
    unit: "count",
    what: "waits for tasks",
    atLimit: THROTTLED,
  },
  holds: {
    most: 5_000,
    unit: "count",
    what: "requests that are held until there is news",
    atLimit: "the request is answered at once",
  },
  pollers: {
    most: 10_000,
    unit: "count",
    what: "pollers that are remembered for held requests",
    atLimit: "the oldest is forgotten, and answered at once the next time",
  },
  bodyBytes: {
    most: 64 * MIB,
    inAll: 256 * MIB,
    floor: 2 * MIB,
    unproven: 16 * MIB,
    unprovenInAll: 128 * MIB,
    unprovenFloor: 64 * KIB,
    unit: "bytes",
    what: "bodies of requests that are being read or worked on",
    atLimit: THROTTLED,
  },
} as const satisfies Readonly<Record<string, ShareKind>>;

/** What is counted while it lasts. */
export type HeldKind = keyof typeof SHARE_TABLE;

export const HELD_KINDS = Object.keys(SHARE_TABLE) as readonly HeldKind[];

/** What push counts; set with `shares`, too. */
const PUSH_TABLE = {
  webhooks: { most: 100, unit: "count", what: "webhooks", atLimit: BUSY },
  deliveries: {
    most: 16,
    unit: "count",
    what: "deliveries to webhooks that began within the last second; 64 of all accounts, 8 of one webhook; twice as many older ones beside them",
    atLimit: "further ones wait; accounts take turns",
  },
  undelivered: {
    most: 5_000,
    inAll: 50_000,
    floor: 500,
    unit: "count",
    what: "tasks with entries that were read for a webhook and are not delivered yet; 1,000 of one webhook, 50,000 of all accounts",
    atLimit: "further entries wait in the log; 20 tasks of each webhook are read in any case",
  },
} as const satisfies Readonly<Record<string, ShareKind>>;

export type PushedKind = keyof typeof PUSH_TABLE;

/** What is set with `shares`. */
export const SET_KINDS = [...HELD_KINDS, ...(Object.keys(PUSH_TABLE) as readonly PushedKind[])];

/** What is set with `quotas`, or fixed. */
const COUNTED_TABLE = {
  openTasks: {
    most: undefined,
    unit: "count",
    what: "tasks that have not ended, without subtasks",
    atLimit: "`QuotaExceeded.OpenTasks`",
  },
  runningTasks: {
    most: undefined,
    unit: "count",
    what: "tasks that run at once",
    atLimit: "further ones wait (`account-limit` in `why`)",
  },
  storedTasks: {
    most: undefined,
    unit: "count",
    what: "tasks in the lists, ended ones included, without subtasks",
    atLimit: "`QuotaExceeded.StoredTasks`, until retention has removed some",
  },
  storedBytes: {
    most: undefined,
    unit: "bytes",
    what: "what these tasks and their subtasks take up: the row and the log of each, as JSON",
    atLimit: "`QuotaExceeded.StoredBytes` for new tasks; those that run go on",
  },
  nonces: {
    most: undefined,
    unit: "count",
    what: "nonces that are remembered until the date of their request is too old",
    atLimit: "`Throttling`, until older ones end; the limit falls while others have many",
  },
  keys: { most: 1_000, unit: "count", what: "permanent access keys", atLimit: BUSY },
  sessions: {
    most: 10_000,
    unit: "count",
    what: "temporary keys, until a day after their end; 50,000 of all accounts",
    atLimit: BUSY,
  },
  roles: { most: 1_000, unit: "count", what: "roles", atLimit: BUSY },
  policies: { most: 1_000, unit: "count", what: "policies", atLimit: BUSY },
  attachments: {
    most: 5_000,
    unit: "count",
    what: "policies attached to keys and roles; 50 to one of them",
    atLimit: BUSY,
  },
} as const satisfies Readonly<Record<string, LimitKind>>;

export const LIMIT_TABLE = { ...SHARE_TABLE, ...PUSH_TABLE, ...COUNTED_TABLE };

export type LimitedKind = keyof typeof LIMIT_TABLE;

export const LIMITED_KINDS = Object.keys(LIMIT_TABLE) as readonly LimitedKind[];
