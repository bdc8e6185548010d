import type { OwedNotice } from '../../shared/db/queries/owed-notices.ts';
import { toWireId, type EndpointId } from '../../shared/domain/ids.ts';
import type { Mail } from '../../shared/mail/mailer.ts';

/**
 * How long a mail server may be away before a mail is given up. Its job runs every five minutes: the
 * second try comes with the next run, the eighth after about eight and a half hours.
 */
export const noticeTries = { max: 8, firstWaitMs: 4 * 60_000 } as const;

/** The mail that tells those who answer for an endpoint that it was disabled. */
export function noticeMail(
  to: readonly string[],
  endpointId: EndpointId,
  { endpointName: name, reason, lastStatus }: OwedNotice,
): Mail {
  const answer = lastStatus === null ? 'no answer' : `HTTP status ${lastStatus}`;
  return {
    to,
    subject: `Webhook endpoint ${name} was disabled`,
    text: [
      `The endpoint ${name} (${toWireId('endpoint', endpointId)}) was disabled: ${reason}`,
      `The last delivery ended with ${answer}.`,
      'What is due is held and nothing is lost. Mend the receiver and enable the endpoint again; then everything that is held is sent.',
    ].join('\n\n'),
  };
}
