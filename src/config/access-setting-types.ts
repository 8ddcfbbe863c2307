// The types of settings in the file, by themselves so that the published types can name them.

export interface KeySetting {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly account: string;
}

/** A limit of calls: this many a second on average, and this many at once after a pause. */
export interface RateSetting {
  readonly perSecond: number;
  readonly burst: number;
}

export interface AccountThrottlingSetting {
  /** The limit of all calls of an account together. */
  readonly account?: RateSetting;
  /** The limit of each operation of an account that changes something, or that reads. */
  readonly changes?: RateSetting;
  readonly reads?: RateSetting;
  /** The limits of single operations, by their names in policies, e.g. `cs:DescribeTaskInfo`. */
  readonly operations?: Readonly<Record<string, RateSetting>>;
}

export interface ThrottlingSetting extends AccountThrottlingSetting {
  /** By account; each limit that is named here replaces the one for all. */
  readonly accounts?: Readonly<Record<string, AccountThrottlingSetting>>;
}

export interface AccountQuotaSetting {
  readonly openTasks?: number;
  /** Tasks that run at once; the others wait. */
  readonly runningTasks?: number;
  readonly storedTasks?: number;
  /** What the rows and logs of stored tasks take up, subtasks included. */
  readonly storedBytes?: number;
}

export interface QuotaSetting extends AccountQuotaSetting {
  /** By account; goes before what is set for all. */
  readonly accounts?: Readonly<Record<string, AccountQuotaSetting>>;
}

/** How much an account may have of each kind at once. */
export interface ShareLimitsSetting {
  /** Requests that are being worked on. */
  readonly requests?: number;
  readonly connections?: number;
  /** Open streams of events. */
  readonly streams?: number;
  /** Waits for tasks. */
  readonly waits?: number;
  /** Requests that are held until there is news. */
  readonly holds?: number;
  /** Pollers that are remembered for held requests. */
  readonly pollers?: number;
  /** Bytes of bodies that are being read or worked on. */
  readonly bodyBytes?: number;
  readonly webhooks?: number;
  /** Deliveries to webhooks that are under way. */
  readonly deliveries?: number;
  /** Entries that were read for webhooks and are not delivered yet. */
  readonly undelivered?: number;
}

export interface ShareSetting extends ShareLimitsSetting {
  /** By account; goes before what is set for all. */
  readonly accounts?: Readonly<Record<string, ShareLimitsSetting>>;
}
