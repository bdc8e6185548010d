import { describe, expect, test } from 'vitest';
import { mapCardView } from '../../shared/events/sources/card-views.ts';
import { validateEventData } from '../../shared/events/validate.ts';
import { cardViews } from '../../tools/pages/event-sources.ts';

const timestamp = '2026-03-02T10:15:30.000Z';
const view = { ownerId: 'user_5', cardId: 'card_77', viewerId: 'user_18', timestamp };
const profile = { ownerId: 'user_5', viewerId: 'user_18', timestamp };

describe('a view', () => {
  test.for<[string, object, object]>([
    ['of a card comes by qr', view, { cardId: 'card_77', viewerId: 'user_18', source: 'qr' }],
    ['of a card can come by link', { ...view, source: 'link' }, { source: 'link' }],
    ['of a profile comes by link', profile, { cardId: null, source: 'link' }],
    ['of a profile can come by qr', { ...profile, source: 'qr' }, { cardId: null, source: 'qr' }],
    ['by somebody unknown has no viewer', { ...view, viewerId: null }, { viewerId: null }],
  ])('S-096 %s', ([, payload, wanted]) => {
    const verdict = mapCardView(payload);
    if (!('events' in verdict)) throw new Error(JSON.stringify(verdict));
    const [{ type, data, resourceId, attributes, awaitsReceipt }] = verdict.events;
    expect(data).toMatchObject({ event: 'card.viewed', timestamp, ...wanted });
    expect(Object.keys(data)).toEqual(['event', 'cardId', 'viewerId', 'source', 'timestamp']);
    expect(validateEventData(type, data).ok).toBe(true);
    expect(attributes).toEqual({ ownerId: 'user_5' });
    expect(awaitsReceipt).toBe(false);
    expect(resourceId).toBe(data['cardId'] ?? 'user_5');
  });

  test('S-096 by the owner emits nothing', () => {
    expect(mapCardView({ ...view, viewerId: 'user_5' })).toEqual({ ignored: expect.any(String) });
    expect(mapCardView({ ...profile, viewerId: 'user_5' })).toHaveProperty('ignored');
  });

  test.for<[object, string]>([
    [{ ...view, ownerId: undefined }, '/ownerId'],
    [{ ...view, source: 'nfc' }, '/source'],
    [{ ...view, timestamp: 1 }, '/timestamp'],
  ])('S-096 %j is refused at %s', ([payload, field]) => {
    expect(mapCardView(payload)).toEqual({ refused: { field, message: expect.any(String) } });
  });

  test('S-142 those that the page shows become events', () => {
    for (const shown of cardViews) expect(mapCardView(shown)).toHaveProperty('events');
  });
});
