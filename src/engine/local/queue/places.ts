/** How many tasks have a place within a limit, and how many of them work. */
export class Places {
  readonly limit: number | undefined;
  taken = 0;
  /** Those that have a place and do not just wait for subtasks that wait themselves. */
  working = 0;

  /** @param limit undefined: there is room for all. */
  constructor(limit: number | undefined) {
    this.limit = limit;
  }

  get isFull(): boolean {
    return this.limit !== undefined && this.taken >= this.limit;
  }

  /**
   * Whether there is room for a subtask. If all who have a place wait for subtasks that wait, too, none of them would ever go on
   * without it: then they lend it one.
   */
  get hasRoomForSubtask(): boolean {
    return !this.isFull || this.working === 0;
  }
}
