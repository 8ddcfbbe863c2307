/** Why an attempt's signal was aborted. The reason decides what is reported when the handler stops. */
export class Aborted extends Error {
  override readonly name = "AbortError";
  readonly why: "canceled" | "ended" | "timeout" | "shutdown";

  constructor(why: Aborted["why"], message: string) {
    super(message);
    this.why = why;
  }
}
