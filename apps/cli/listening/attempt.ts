import { cellText } from '../output/printable.ts';
import type { Forwarded, Webhook } from './forward.ts';

/** One webhook that came, and how the local program took it. */
export interface Attempt {
  readonly at: string;
  readonly type: string;
  readonly eventId: string;
  readonly attempt: number;
  /** False when the signature is not right: it was not passed on. */
  readonly isVerified: boolean;
  /** What the local program answered; null when it did not, or was not asked. */
  readonly status: number | null;
  readonly error: string | null;
  readonly ms: number;
}

/** What is told of a webhook. `refusal` is why its signature is not right. */
export function attemptOf(
  { headers }: Webhook,
  outcome: Forwarded | { readonly refusal: string },
): Attempt {
  return {
    at: new Date().toISOString(),
    type: headers['x-tidegate-event-type'] ?? '-',
    eventId: headers['x-tidegate-event-id'] ?? '-',
    attempt: Number(headers['x-tidegate-attempt'] ?? 1),
    isVerified: !('refusal' in outcome),
    status: 'status' in outcome ? outcome.status : null,
    error: 'error' in outcome ? outcome.error : 'refusal' in outcome ? outcome.refusal : null,
    ms: 'ms' in outcome ? outcome.ms : 0,
  };
}

export function attemptLine({ isVerified, status, error, ms, ...of }: Attempt): string {
  const at = new Date(of.at).toLocaleTimeString('en-GB');
  const what = [at, cellText(of.type), cellText(of.eventId), `attempt ${of.attempt}`].join('  ');
  if (!isVerified) return `${what}  NOT VERIFIED (${cellText(error)}): not passed on`;
  return `${what}  verified -> ${status ?? cellText(error)} (${ms} ms)`;
}
