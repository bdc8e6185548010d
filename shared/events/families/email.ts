import { z } from 'zod';
import { defineFamily, type EventAttributeName } from '../event-type.ts';
import { flag, id, moment, open, text } from '../parts.ts';

const address = z.string().min(1);
const addresses = (meaning: string) => z.array(address).describe(meaning);

const type = text('How it came about: send, reply or forward');

export const agentSchema = open({
  id: id('the agent'),
  email: address.describe('Address of the agent'),
  domain: text('Domain of the agent'),
});

export const receivedData = open({
  message_id: id('the message'),
  conversation_id: id('the conversation; null when it has none').nullable(),
  agent: agentSchema.describe('The agent it came to'),
  from: address.describe('Sender'),
  to: addresses('Recipients'),
  cc: addresses('Recipients of a copy'),
  reply_to: addresses('Where answers go'),
  recipient: address.describe('Address of the agent it came to'),
  subject: text('Subject'),
  raw_message: z.base64().describe('The message as it came in, in base64'),
  auth_headers: z
    .record(z.string(), z.string())
    .describe('What SPF, DKIM and DMARC said, as headers'),
  received_at: moment('When it came in'),
});

/** What is sent, or is to be. */
const outgoing = {
  message_id: id('the message'),
  from: address.describe('Sender'),
  to: addresses('Recipients'),
  cc: addresses('Recipients of a copy'),
  bcc: addresses('Recipients of a blind copy'),
  subject: text('Subject'),
  type,
  conversation_id: id('the conversation; null when it has none').nullable(),
};

const sent = {
  ...outgoing,
  provider_message_id: id('the message at the mail provider'),
  method: text('How it was sent, such as smtp'),
};

export const sentData = open(sent);
export const pendingApprovalData = open({
  ...outgoing,
  approval_expires_at: moment('When it can no longer be approved'),
});
export const approvedData = open({
  ...sent,
  edited: flag('Whether the reviewer changed it'),
  reviewed_by_user_id: id('the reviewer'),
});
export const rejectedData = open({
  message_id: id('the message'),
  type,
  rejection_reason: text('What the reviewer gave as reason'),
  reviewed_by_user_id: id('the reviewer'),
});

const resource = { type: 'message', id: 'msg_demo_1' } as const;
const resourceTypes = ['message'] as const;
const attributes: readonly EventAttributeName[] = ['owner', 'conversation', 'message', 'labels'];
const outgoingExample = {
  message_id: 'msg_demo_1',
  from: 'support@agents.example',
  to: ['ada@customer.example'],
  cc: [],
  bcc: [],
  subject: 'Re: Invoice 1042',
  type: 'reply',
  conversation_id: 'conv_7',
};
const sentExample = {
  ...outgoingExample,
  provider_message_id: '<1f0c@mail.example>',
  method: 'smtp',
};

export const emailFamily = defineFamily({
  title: 'Mail of agents',
  description:
    'Mail that agents receive and send, and the approval of what waits for it. A message has at most one event of a type, with an id made from the two.',
  types: [
    {
      name: 'email.received',
      title: 'Mail received',
      description: 'An agent has received mail.',
      data: receivedData,
      resourceTypes,
      attributes,
      examples: [
        {
          resource,
          data: {
            message_id: 'msg_demo_1',
            conversation_id: 'conv_7',
            agent: { id: 'agent_3', email: 'support@agents.example', domain: 'agents.example' },
            from: 'ada@customer.example',
            to: ['support@agents.example'],
            cc: [],
            reply_to: [],
            recipient: 'support@agents.example',
            subject: 'Invoice 1042',
            raw_message: 'U3ViamVjdDogSW52b2ljZSAxMDQyDQoNCkhlbGxvLg0K',
            auth_headers: { 'Authentication-Results': 'spf=pass; dkim=pass' },
            received_at: '2026-03-02T10:15:30.000Z',
          },
        },
      ],
    },
    {
      name: 'email.sent',
      title: 'Mail sent',
      description: 'Mail of an agent has been handed to the mail provider.',
      data: sentData,
      resourceTypes,
      attributes,
      examples: [{ resource, data: sentExample }],
    },
    {
      name: 'email.pending_approval',
      title: 'Mail waits for approval',
      description: 'Mail of an agent is held until somebody approves it.',
      data: pendingApprovalData,
      resourceTypes,
      attributes,
      examples: [
        {
          resource,
          data: { ...outgoingExample, approval_expires_at: '2026-03-03T10:15:30.000Z' },
        },
      ],
    },
    {
      name: 'email.approved',
      title: 'Mail approved',
      description: 'Somebody has approved mail of an agent, and it has been sent.',
      data: approvedData,
      resourceTypes,
      attributes,
      examples: [
        { resource, data: { ...sentExample, edited: true, reviewed_by_user_id: 'user_9' } },
      ],
    },
    {
      name: 'email.rejected',
      title: 'Mail rejected',
      description: 'Somebody has rejected mail of an agent; it is not sent.',
      data: rejectedData,
      resourceTypes,
      attributes,
      examples: [
        {
          resource,
          data: {
            message_id: 'msg_demo_1',
            type: 'reply',
            rejection_reason: 'Wrong customer',
            reviewed_by_user_id: 'user_9',
          },
        },
      ],
    },
  ],
});
