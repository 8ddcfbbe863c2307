/** What an account has outside of access control, where a server runs. */
export interface AccountHoldings {
  /** How many tasks have not ended. */
  openTasks(account: string): Promise<number>;
  /** Asks all of them to be canceled. Those that cannot be go on. */
  cancelTasks(account: string, requestId: string): Promise<void>;
  removeWebhooks(account: string): Promise<void>;
}
