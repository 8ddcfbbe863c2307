import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";
import type { Webhook } from "../../store/webhook-store.ts";
import type { DeliverySlots } from "./delivery-slots.ts";
import type { DeliveryResult, Send } from "./sender.ts";
import { signedHeaders } from "./signature.ts";
import { keyOf, type TargetBreaker } from "./target-breaker.ts";
import { PATIENCE_MS, type TargetSpeeds } from "./target-speeds.ts";

/** What is sent to a webhook: its id, by which receivers recognise repetitions, and its content. */
export interface WebhookMessage {
  readonly id: string;
  readonly content: object;
}

export interface DeliveryAttempt {
  readonly webhook: Webhook;
  /** Aborted once nothing may be sent any more, with the reason in words. */
  readonly signal: AbortSignal;
  /** Somebody asked for this attempt and wants to know how the target is now: it is made although the target is paused. */
  readonly isAsked?: boolean;
  /**
   * What is to be sent as things are now, or the result without sending. It is called at the last moment, because whatever was
   * decided before the wait for a slot may have changed.
   */
  readonly prepare: () => Promise<WebhookMessage | DeliveryResult>;
}

export interface DelivererOptions {
  readonly clock: Clock;
  readonly send: Send;
  readonly log: Log;
  readonly slots: DeliverySlots;
  readonly breaker: TargetBreaker;
  readonly speeds: TargetSpeeds;
}

/** Makes attempts: each waits for a slot, and everything about it is looked at again right before it is sent. */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #attempts = { delivered: 0, failed: 0 };

  constructor(options: DelivererOptions) {
    this.#options = options;
  }

  /** Since the start: attempts that arrived and attempts that failed. */
  get counted(): { readonly delivered: number; readonly failed: number } {
    return { ...this.#attempts };
  }

  /** Makes one attempt. One that is called off counts neither as delivered nor as failed. @throws what `prepare` throws */
  async deliver(delivery: DeliveryAttempt): Promise<DeliveryResult> {
    const result = this.#refusal(delivery) ?? (await this.#deliverInSlot(delivery));
    if (!result.delivered && !delivery.signal.aborted) this.#attempts.failed += 1;
    return result;
  }

  async #deliverInSlot(delivery: DeliveryAttempt): Promise<DeliveryResult> {
    const { webhook, signal, prepare, isAsked } = delivery;
    const { slots, speeds, clock } = this.#options;
    const { account, id } = webhook;
    const slot = await slots.acquire(account, id, keyOf(webhook), isAsked);
    const callOff = clock.after(PATIENCE_MS, () => {
      speeds.waits(webhook);
      slot.late();
    });
    try {
      const before = this.#refusal(delivery);
      if (before !== undefined) return before;
      const prepared = await prepare();
      if ("delivered" in prepared) return prepared;
      return this.#refusal(delivery) ?? (await this.#attempt(delivery, prepared));
    } catch (error) {
      if (signal.aborted) return called(signal);
      throw error;
    } finally {
      callOff();
      slot.release();
    }
  }

  /** Why nothing is sent now; undefined: it may be. */
  #refusal({ webhook, signal, isAsked }: DeliveryAttempt): DeliveryResult | undefined {
    if (signal.aborted) return called(signal);
    return isAsked ? undefined : this.#options.breaker.refusal(webhook);
  }

  async #attempt({ webhook, signal, isAsked }: DeliveryAttempt, message: WebhookMessage) {
    const { clock, breaker, speeds } = this.#options;
    const ended = breaker.begin(webhook, isAsked);
    const began = clock.monotonic();
    const result = await this.#send(webhook, signal, message);
    if (signal.aborted && !result.delivered) {
      ended(undefined);
      return called(signal);
    }
    ended(result);
    if (result.delivered) this.#attempts.delivered += 1;
    speeds.ended(webhook, result, clock.monotonic() - began);
    return result;
  }

  async #send(
    { url, secret }: Webhook,
    signal: AbortSignal,
    { id, content }: WebhookMessage,
  ): Promise<DeliveryResult> {
    const { clock, send, log } = this.#options;
    try {
      const body = JSON.stringify(content);
      const headers = signedHeaders(secret, id, clock.now(), body);
      return await send({ url, headers, body, signal });
    } catch (error) {
      log.error({ err: error, delivery: id }, "a delivery could not be made");
      return { delivered: false, error: "the delivery could not be made" };
    }
  }
}

function called(signal: AbortSignal): DeliveryResult {
  return { delivered: false, error: String(signal.reason) };
}
