import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import type { DeliveryView } from '../../shared/schemas/delivery-api.ts';
import { path, type Api } from './api.ts';
import type { Call } from './command.ts';
import { checkFailure } from './failure.ts';

export interface WaitOptions {
  readonly wait?: boolean;
}

type DeliveryAnswer = { readonly data: DeliveryView };

const waitMsMax = 60_000;
const pauseMs = 250;

export const waitOption = (): Option =>
  new Option('--wait', 'wait for the outcome, at most a minute; ends with 6 when it failed');

/** Shows a delivery that was just made: at once, or with `--wait` once its outcome is known. */
export async function showSettled(
  { api, out, options }: Call<WaitOptions>,
  hookAddress: string,
  made: DeliveryAnswer,
): Promise<void> {
  if (options.wait !== true) {
    out.item(made, deliveryFacts(made.data));
    return;
  }
  const settled = await waitForOutcome(api, hookAddress, made.data.id);
  out.item(settled, deliveryFacts(settled.data));
  const { dispatchStatus, outcome } = settled.data;
  if (dispatchStatus === 'pending') {
    throw checkFailure(`There is no outcome after ${waitMsMax / 1_000} s.`);
  }
  if (dispatchStatus === 'failed') {
    throw checkFailure(`The delivery failed: ${String(outcome?.['message'] ?? outcome?.['code'])}`);
  }
}

async function waitForOutcome(api: Api, hookAddress: string, id: string): Promise<DeliveryAnswer> {
  const deadline = Date.now() + waitMsMax;
  for (;;) {
    const answer = await api.get<DeliveryAnswer>(hookAddress + path`/deliveries/${id}`);
    if (answer.data.dispatchStatus !== 'pending' || Date.now() > deadline) return answer;
    await sleep(pauseMs);
  }
}

/** What a person wants to know of a delivery; the rest is in the JSON. */
export const deliveryFacts = (delivery: DeliveryView): Record<string, unknown> => ({
  id: delivery.id,
  receivedAt: delivery.receivedAt,
  request: `${delivery.method} ${delivery.path}`,
  from: delivery.sourceIp,
  auth: delivery.authStatus,
  dispatch: delivery.dispatchStatus,
  key: delivery.idempotencyKey,
  duplicateOf: delivery.duplicateOf,
  outcome: delivery.outcome,
  answered: delivery.responseStatus,
  durationMs: delivery.durationMs,
  replayedFrom: delivery.replayedFrom,
  replays: delivery.replays,
  headers: delivery.headers,
  query: delivery.query,
  body: delivery.body?.text ?? delivery.body?.sha256,
  workflow: delivery.handlerWorkflowId ?? delivery.workflowId,
  temporal: delivery.temporalUrl,
});
