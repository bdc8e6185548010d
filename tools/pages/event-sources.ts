import { purchaseFlows } from './purchase-flows.ts';

/** Reports of source systems as docs/events.md shows them. A test maps each. */

export const cardProgram: readonly unknown[] = [
  ...purchaseFlows.slice(0, 1).flatMap(({ steps }) => steps.map(({ report }) => report)),
  {
    resource: 'card',
    action: 'updated',
    body: {
      id: 'card_9a8b7c6d',
      userId: 'usr_31',
      type: 'virtual',
      last4: '4242',
      expirationMonth: '9',
      expirationYear: '2029',
      limit: { amount: 100_000, frequency: 'per30DayPeriod' },
      status: 'locked',
      tokenWallets: ['Apple'],
    },
  },
  {
    resource: 'user',
    action: 'updated',
    body: {
      id: 'usr_31',
      email: 'ada@example.org',
      firstName: 'Ada',
      lastName: 'Example',
      applicationStatus: 'approved',
      applicationReason: 'all checks passed',
      isActive: true,
    },
  },
];

export const cardViews: readonly unknown[] = [
  {
    ownerId: 'user_5',
    cardId: 'card_77',
    viewerId: 'user_18',
    timestamp: '2026-03-02T10:15:30.000Z',
  },
  { ownerId: 'user_5', source: 'link', timestamp: '2026-03-02T10:15:30.000Z' },
];

const agent = { id: 'agent_3', email: 'support@agents.example', domain: 'agents.example' };

export const mailSystem: readonly unknown[] = [
  {
    event: 'email.received',
    agent,
    labels: ['urgent'],
    message_id: 'msg_demo_1',
    conversation_id: 'conv_7',
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
  {
    event: 'email.rejected',
    agent,
    message_id: 'msg_demo_2',
    conversation_id: 'conv_7',
    type: 'reply',
    rejection_reason: 'Wrong customer',
    reviewed_by_user_id: 'user_9',
  },
];
