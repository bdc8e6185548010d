import { z } from 'zod';
import { defineFamily } from '../event-type.ts';
import { exactly, moment, oneOf, open } from '../parts.ts';

export const viewSources = ['link', 'qr'] as const;

const view = {
  cardId: z.string().nullable().describe('Id of the card; null when the profile was looked at'),
  viewerId: z.string().nullable().describe('Id of who looked; null when not signed in'),
  source: oneOf(viewSources, 'How they came: link by default for a profile, qr for a card'),
  timestamp: moment('When'),
};
const exampleView = {
  cardId: 'card_77',
  viewerId: 'user_18',
  source: 'qr',
  timestamp: '2026-03-02T10:15:30.000Z',
} as const;

export const cardViewFamily = defineFamily({
  title: 'Business cards',
  description: 'Who looks at profiles and business cards, and who keeps them.',
  types: [
    {
      name: 'card.viewed',
      title: 'Card or profile viewed',
      description: 'Somebody other than its owner has looked at a card or a profile.',
      data: open({ event: exactly('card.viewed', 'Always card.viewed'), ...view }),
      resourceTypes: ['card', 'profile'],
      attributes: ['owner'],
      examples: [
        {
          resource: { type: 'card', id: 'card_77' },
          data: { event: 'card.viewed', ...exampleView },
        },
        {
          resource: { type: 'profile', id: 'user_5' },
          data: {
            event: 'card.viewed',
            ...exampleView,
            cardId: null,
            viewerId: null,
            source: 'link',
          },
        },
      ],
    },
    {
      name: 'contact.saved',
      title: 'Contact saved',
      description: 'Somebody has kept a card. Endpoints can subscribe; nothing records it yet.',
      data: open({ event: exactly('contact.saved', 'Always contact.saved'), ...view }),
      resourceTypes: ['card', 'profile'],
      attributes: ['owner'],
      examples: [
        {
          resource: { type: 'card', id: 'card_77' },
          data: { event: 'contact.saved', ...exampleView },
        },
      ],
    },
  ],
});
