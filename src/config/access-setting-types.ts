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

export interface ThrottlingSetting {
  /** The limit of all calls of an account together. */
  readonly account?: RateSetting;
  /** The limit of each operation of an account that changes something, or that reads. */
  readonly changes?: RateSetting;
  readonly reads?: RateSetting;
  /** The limits of single operations, by their names in policies, e.g. `cs:DescribeTaskInfo`. */
  readonly operations?: Readonly<Record<string, RateSetting>>;
}

export interface QuotaSetting {
  readonly openTasks?: number;
  /** Tasks that run at once; the others wait. */
  readonly runningTasks?: number;
  readonly storedTasks?: number;
}
