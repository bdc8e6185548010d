import { z } from 'zod';
import { viewSources } from '../families/card-view.ts';
import { id, moment, open } from '../parts.ts';
import { mapParsed, one, type SourceVerdict } from './source-event.ts';

/** Somebody looked at a card, or at a profile. A page served from a cache is reported all the same. */
export const cardViewSchema = open({
  ownerId: id('the user whose card or profile it is'),
  cardId: z.string().min(1).nullish().describe('Id of the card; absent or null for a profile'),
  viewerId: z.string().min(1).nullish().describe('Id of who looked; absent when not signed in'),
  source: z.enum(viewSources).nullish().describe('How they came; by default link or qr'),
  timestamp: moment('When'),
});

/** The event of a view (S-096); none when the owner looked. */
export function mapCardView(payload: unknown): SourceVerdict {
  return mapParsed(cardViewSchema, payload, ({ ownerId, viewerId, source, timestamp, ...rest }) => {
    if (viewerId === ownerId) return { ignored: 'Views by the owner are not events.' };
    const cardId = rest.cardId ?? null;
    return one({
      type: 'card.viewed',
      resourceType: cardId === null ? 'profile' : 'card',
      resourceId: cardId ?? ownerId,
      data: {
        event: 'card.viewed',
        cardId,
        viewerId: viewerId ?? null,
        source: source ?? (cardId === null ? 'link' : 'qr'),
        timestamp,
      },
      awaitsReceipt: false,
      attributes: { ownerId },
    });
  });
}
