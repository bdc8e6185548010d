import { defineFamily } from '../event-type.ts';
import { exactly, oneOf, open, text } from '../parts.ts';

const name = text('Name of the outbound message');
const resourceTypes = ['outbound'] as const;
const resource = { type: 'outbound', id: '018f2f6e-ad00-7f30-8c77-5eb0813f4c99' } as const;
const named = { name: 'Welcome' };
const nameOnly = open({ name });

export const outboundFamily = defineFamily({
  title: 'Outbound messages',
  description: 'Chat messages that the product shows to visitors by itself.',
  types: [
    {
      name: 'outbound.created',
      title: 'Outbound message created',
      description: 'An outbound message has been drafted.',
      data: open({
        status: oneOf(['draft', 'active', 'paused', 'archived'], 'Status; draft when new'),
        name,
      }),
      resourceTypes,
      examples: [{ resource, data: { status: 'draft', ...named } }],
    },
    {
      name: 'outbound.updated',
      title: 'Outbound message changed',
      description: 'Content, targeting or schedule has changed.',
      data: nameOnly,
      resourceTypes,
      examples: [{ resource, data: named }],
    },
    {
      name: 'outbound.deleted',
      title: 'Outbound message deleted',
      description: 'An outbound message is gone.',
      data: nameOnly,
      resourceTypes,
      examples: [{ resource, data: named }],
    },
    {
      name: 'outbound.activated',
      title: 'Outbound message activated',
      description: 'An outbound message is shown from now on.',
      data: open({ status: exactly('active', 'Always active'), name }),
      resourceTypes,
      examples: [{ resource, data: { status: 'active', ...named } }],
    },
    {
      name: 'outbound.paused',
      title: 'Outbound message paused',
      description: 'An outbound message is shown no more, until it is activated again.',
      data: open({ status: exactly('paused', 'Always paused'), name }),
      resourceTypes,
      examples: [{ resource, data: { status: 'paused', ...named } }],
    },
  ],
});
