import { describe, expect, test } from 'vitest';
import { checkHeaderName, checkHeaderValue } from '../../shared/egress/headers.ts';

describe("a tenant's own header", () => {
  test.each(['X-Api-Key', 'authorization', 'x-tenant_1', 'Accept'])('may be named %s', (name) => {
    expect(checkHeaderName(name)).toBeUndefined();
  });

  test.each([
    'Host',
    'Content-Length',
    'transfer-encoding',
    'Connection',
    'Keep-Alive',
    'Upgrade',
    'TE',
    'Trailer',
    'Expect',
    'Proxy-Authorization',
    'Cookie',
    'Accept-Encoding',
    'webhook-signature',
    'Webhook-Id',
    'Metadata',
    'Metadata-Flavor',
    'X-aws-ec2-metadata-token-ttl-seconds',
    'X-Metadata-Token',
  ])('may not be named %s', (name) => {
    expect(checkHeaderName(name)).toBe('is reserved');
  });

  test.each(['', 'a b', 'a:b', 'ä', 'a\r\nb', 'a'.repeat(257)])('is no name: %j', (name) => {
    expect(checkHeaderName(name)).toBe('is not a name of a header');
  });

  test('row 70 has a value of visible ASCII, blanks and tabs, of bounded length', () => {
    expect(checkHeaderValue('Bearer a.b\t~!')).toBeUndefined();
    expect(checkHeaderValue('')).toBeUndefined();
    for (const value of ['a\r\nHost: b', 'a\n', 'a\0', 'a\u007f', 'ä', '\u2028', 'a\u0001']) {
      expect(checkHeaderValue(value), JSON.stringify(value)).toMatch(/^contains/);
    }
    expect(checkHeaderValue('a'.repeat(4_097))).toMatch(/^is longer/);
  });
});
