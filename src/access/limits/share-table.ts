/** The one table of what an account has a share of. */

const MIB = 1024 * 1024;

/** One kind of thing that an account uses up. */
export interface ShareKind {
  /** How much an account may have of it. Undefined: as much as there is. */
  readonly most: number | undefined;
  /** How much all accounts may have together. Undefined: what their shares add up to. */
  readonly inAll?: number;
  /** What an account may have in any case, however much the others have. */
  readonly floor?: number;
  /** How much one address may have while it is not known who calls. */
  readonly unproven?: number;
  /** How much all such addresses may have together, and how much each in any case. */
  readonly unprovenInAll?: number;
  readonly unprovenFloor?: number;
  readonly unit: "bytes" | "count";
  readonly what: string;
  /** What a client sees at the limit. */
  readonly atLimit: string;
}

const THROTTLED = "`Throttling.User`, to be tried again after a second";

export const SHARE_TABLE = {
  requests: {
    most: 2_000,
    unit: "count",
    what: "requests that are being worked on",
    atLimit: THROTTLED,
  },
  connections: {
    most: 5_000,
    unproven: 1_000,
    unit: "count",
    what: "connections",
    atLimit: `${THROTTLED}; the connection ends`,
  },
  streams: { most: 5_000, unit: "count", what: "open streams of events", atLimit: THROTTLED },
  waits: {
    most: 5_000,
    unit: "count",
    what: "waits and held requests",
    atLimit: `a wait: ${THROTTLED}; a held request is answered at once`,
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
    unprovenFloor: 64 * 1024,
    unit: "bytes",
    what: "bodies of requests that are being read or worked on",
    atLimit: THROTTLED,
  },
} as const satisfies Readonly<Record<string, ShareKind>>;

/** What is counted while it lasts. */
export type HeldKind = keyof typeof SHARE_TABLE;

export const HELD_KINDS = Object.keys(SHARE_TABLE) as readonly HeldKind[];
