import { setTimeout as sleep } from 'node:timers/promises';
import { isSettled } from '../../shared/domain/outbound.ts';
import type { OutboundDeliveryView } from '../../shared/schemas/outbound-delivery-api.ts';
import { path, type Api } from './api.ts';
import type { Call } from './command.ts';
import type { WaitOptions } from './delivery-outcome.ts';
import { checkFailure } from './failure.ts';
import { deliveryText, reasonOf } from './output/ladder-text.ts';

export type OutboundAnswer = { readonly data: OutboundDeliveryView };

const waitMsMax = 60_000;
/** Quick at first, for a receiver that answers; then so that the reads of a minute are never used up. */
const pausesMs = [100, 150, 250, 500, 1_000];
const pauseMsMax = 2_000;

export const readDelivery = (api: Api, id: string): Promise<OutboundAnswer> =>
  api.get(path`/webhooks/deliveries/${id}`);

/**
 * Shows a delivery that something was just done to: at once, or with `--wait` once its next attempt has
 * been made. `failuresBefore` is how many had failed until then.
 */
export async function showAttempted(
  { api, out, options }: Call<WaitOptions>,
  id: string,
  failuresBefore: number,
): Promise<void> {
  const isDone = ({ status, failureCount }: OutboundDeliveryView): boolean =>
    isSettled(status) || status === 'held' || failureCount > failuresBefore;
  const answer =
    options.wait === true ? await waitUntil(api, id, isDone) : await readDelivery(api, id);
  const { data } = answer;
  out.document(answer, deliveryText(data));
  if (options.wait !== true || data.status === 'delivered') return;
  if (!isDone(data)) throw checkFailure(`There is no outcome after ${waitMsMax / 1_000} s.`);
  throw checkFailure(`It was not delivered: ${reasonOf(data)}.`);
}

async function waitUntil(
  api: Api,
  id: string,
  isDone: (delivery: OutboundDeliveryView) => boolean,
): Promise<OutboundAnswer> {
  const deadline = Date.now() + waitMsMax;
  for (let looks = 0; ; looks += 1) {
    const answer = await readDelivery(api, id);
    if (isDone(answer.data) || Date.now() > deadline) return answer;
    await sleep(pausesMs[looks] ?? pauseMsMax);
  }
}
