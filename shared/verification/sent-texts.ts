import { toleranceSecondsDefault, type MessageCheck } from '../schemas/verifier-check.ts';
import type { CheckContext } from './check-context.ts';
import { single, type Reading } from './request-view.ts';
import type { SignatureReading } from './signature-candidates.ts';
import { parseTimestampMs } from './timestamp.ts';
import type { VerificationReason } from './types.ts';

/** A text that a request carries beside its signature, or why it cannot be used. */
export interface SentText {
  /** As it was sent. Undefined when it is not there or not well formed. */
  readonly text: string | undefined;
  readonly problem: VerificationReason | undefined;
}

export interface SentTime extends SentText {
  readonly skewSeconds: number | undefined;
  /** Why the time lies outside the window. Counts only once the signature is right. */
  readonly staleness: VerificationReason | undefined;
}

const nothing: SentTime = {
  text: undefined,
  problem: undefined,
  skewSeconds: undefined,
  staleness: undefined,
};

/** The signed timestamp of a request and how far it is from our clock. */
export function readTime(
  { timestamp }: MessageCheck,
  { view, nowMs }: CheckContext,
  signatures: SignatureReading,
): SentTime {
  if (timestamp === undefined) return nothing;
  const { from, name } = timestamp;
  const reading: Reading =
    from === 'signature'
      ? single(signatures.items.filter(({ field }) => field === name).map(({ text }) => text))
      : view.read(from, name);
  if (reading.kind !== 'one') return { ...nothing, problem: `timestamp_${reading.kind}` };
  const timeMs = parseTimestampMs(reading.text, timestamp.format);
  if (timeMs === undefined) return { ...nothing, problem: 'timestamp_malformed' };
  const ageMs = nowMs - timeMs;
  const ageMsMax = (timestamp.maxAgeSeconds ?? toleranceSecondsDefault) * 1_000;
  const leadMsMax = (timestamp.maxFutureSeconds ?? toleranceSecondsDefault) * 1_000;
  return {
    text: reading.text,
    problem: undefined,
    skewSeconds: Math.round(ageMs / 1_000),
    staleness: ageMs > ageMsMax ? 'too_old' : -ageMs > leadMsMax ? 'too_new' : undefined,
  };
}

/**
 * A message id: visible ASCII without a full stop, because formats join it to the timestamp with one,
 * and two requests must not give the same signed text.
 */
const messageIdPattern = /^[\x21-\x2d\x2f-\x7e]{1,256}$/;

/** The signed id of a message. */
export function readMessageId({ messageId }: MessageCheck, { view }: CheckContext): SentText {
  if (messageId === undefined) return nothing;
  const reading = view.read(messageId.from, messageId.name);
  if (reading.kind === 'missing') return { text: undefined, problem: 'message_id_missing' };
  return reading.kind === 'one' && messageIdPattern.test(reading.text)
    ? { text: reading.text, problem: undefined }
    : { text: undefined, problem: 'message_id_malformed' };
}
