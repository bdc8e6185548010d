import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { deterministicEventId } from '../../shared/events/deterministic-id.ts';
import vectors from '../fixtures/vectors.json' with { type: 'json' };

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test.for(vectors.deterministicEventIds)(
  'S-097 the id of $type of $messageId is that of the published vector',
  ({ messageId, type, id }) => {
    expect(deterministicEventId(sha256, messageId, type)).toBe(id);
  },
);

test('S-097 a hash that is not hex is refused', () => {
  const base64 = (text: string) => createHash('sha256').update(text).digest('base64');
  expect(() => deterministicEventId(base64, 'm', 'email.sent')).toThrow(TypeError);
});
