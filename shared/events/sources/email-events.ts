import { z } from 'zod';
import { deterministicEventId, type Sha256Hex } from '../deterministic-id.ts';
import type { EventData } from '../event-type.ts';
import {
  agentSchema,
  approvedData,
  pendingApprovalData,
  receivedData,
  rejectedData,
  sentData,
} from '../families/email.ts';
import { open } from '../parts.ts';
import { mapParsed, one, type SourceVerdict } from './source-event.ts';

/** Listed members of an event of each type. What else a report has stays out of the event. */
const dataOf = {
  'email.received': receivedData,
  'email.sent': sentData,
  'email.pending_approval': pendingApprovalData,
  'email.approved': approvedData,
  'email.rejected': rejectedData,
} as const;

type EmailEventType = keyof typeof dataOf;

/**
 * What the mail system reports: the members of the event, and beside them whose mail it is, which the
 * events of outgoing mail do not say themselves.
 */
const reportSchema = open({
  event: z.string(),
  agent: z.object(agentSchema.shape),
  message_id: z.string().min(1),
  conversation_id: z.string().min(1).nullish(),
  labels: z.array(z.string()).nullish().describe('Labels of the message'),
});

/**
 * The event of a report on a mail (S-097). Its id comes from message and type alone, so that a report
 * that is repeated is the same event.
 */
export function mapEmailEvent(payload: unknown, sha256: Sha256Hex): SourceVerdict {
  return mapParsed(reportSchema, payload, (report) => {
    const type = report.event;
    if (!isEmailEventType(type)) return { ignored: 'No event stands for this report.' };
    return mapParsed<z.ZodType<EventData>>(dataOf[type], payload, (parsed) =>
      one({
        type,
        resourceType: 'message',
        resourceId: report.message_id,
        data: listedOf(type, { ...parsed, agent: report.agent }),
        id: deterministicEventId(sha256, report.message_id, type),
        awaitsReceipt: false,
        attributes: {
          ownerId: report.agent.id,
          messageId: report.message_id,
          conversationId: report.conversation_id ?? null,
          labels: report.labels ?? [],
        },
      }),
    );
  });
}

const isEmailEventType = (type: string): type is EmailEventType => Object.hasOwn(dataOf, type);

function listedOf(type: EmailEventType, parsed: EventData): EventData {
  const listed = Object.keys(dataOf[type].shape);
  return Object.fromEntries(listed.map((name) => [name, parsed[name]]));
}
