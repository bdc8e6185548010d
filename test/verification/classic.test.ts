import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { bearer, hmacSha256, ipAllowlist, pathToken } from '../../shared/presets/classic.ts';
import type { Verifier } from '../../shared/schemas/verifier.ts';
import type { VerifiableRequest, VerificationKey } from '../../shared/verification/types.ts';
import { verifyRequest } from '../../shared/verification/verify.ts';
import { makeKey, makeRequest } from '../support/verifiable-request.ts';
import vectors from '../fixtures/vectors.json' with { type: 'json' };

const [vector] = vectors.bodyHmacSha256Hex;
if (vector === undefined) throw new Error('the vector is missing');
const token = 'a token of enough length';

/** The outcome in a word: `ok`, or the refusal and the reason of the first check. */
function outcome(
  verifier: Verifier,
  request: VerifiableRequest,
  keys: readonly VerificationKey[] = [makeKey(token)],
): string {
  const verification = verifyRequest({ verifier, request, keys, nowMs: 0 });
  return verification.ok
    ? 'ok'
    : `${verification.refusal} ${verification.transcript[0]?.reason ?? 'nothing'}`;
}

describe('hmac_sha256', () => {
  const verifier = hmacSha256({ signatureHeader: 'X-Signature' });
  const keys = [makeKey(vector.secret)];
  const signed = (header: string | string[]) =>
    makeRequest({ body: vector.body, headers: { 'X-Signature': header } });

  test.for([vector.signature, `sha256=${vector.signature}`, vector.signature.toUpperCase()])(
    'S-008 accepts %s',
    (header) => {
      expect(outcome(verifier, signed(header), keys)).toBe('ok');
    },
  );

  test('S-008 refuses a correct signature in another header', () => {
    const request = makeRequest({
      body: vector.body,
      headers: { 'X-Other-Signature': vector.signature },
    });
    expect(outcome(verifier, request, keys)).toBe('rejected_signature signature_missing');
  });

  test('S-008 accepts a signature of any of several live keys and names the key', () => {
    const verification = verifyRequest({
      verifier,
      request: signed(vector.signature),
      keys: [makeKey('a newer secret, not used yet', 'default', 'new'), makeKey(vector.secret)],
      nowMs: 0,
    });
    expect(verification).toMatchObject({ ok: true, keyIds: ['key-default'] });
  });

  test.for([
    ['no header', [], 'signature_missing'],
    ['an empty header', '', 'signature_missing'],
    ['one digit short', vector.signature.slice(1), 'signature_malformed'],
    ['one byte short', vector.signature.slice(2), 'signature_malformed'],
    ['one digit changed', vector.signature.replace(/^0/, '1'), 'mismatch'],
    ['two in one header', `${vector.signature}, ${vector.signature}`, 'signature_malformed'],
    ['the header twice', [vector.signature, vector.signature], 'signature_doubled'],
    ['another prefix', `sha1=${vector.signature}`, 'signature_malformed'],
    ['base64', Buffer.from(vector.signature, 'hex').toString('base64'), 'signature_malformed'],
    ['full-width digits', vector.signature.replace('0', '\uff10'), 'signature_malformed'],
  ] as const)('S-008 S-011 refuses %s', ([, header, reason]) => {
    const headers = { 'X-Signature': header };
    const request = makeRequest({ body: vector.body, headers });
    expect(outcome(verifier, request, keys)).toBe(`rejected_signature ${reason}`);
  });

  test('S-013 lets nothing in while there is no key, or only one that is too short', () => {
    const empty = createHmac('sha256', '').update(vector.body).digest('hex');
    const short = createHmac('sha256', 'short').update(vector.body).digest('hex');
    expect(outcome(verifier, signed(empty), [])).toBe('rejected_signature key_missing');
    expect(outcome(verifier, signed(empty), [makeKey('')])).toBe('rejected_signature key_unusable');
    expect(outcome(verifier, signed(short), [makeKey('short')])).toBe(
      'rejected_signature key_unusable',
    );
  });
});

describe('bearer', () => {
  const sent = (authorization: string | string[]) => makeRequest({ headers: { authorization } });

  test.for(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('S-009 accepts the scheme %s', (scheme) => {
    expect(outcome(bearer(), sent(`${scheme} ${token}`))).toBe('ok');
  });

  test.for([
    ['no header', [], 'credential_missing'],
    ['another scheme', `Token ${token}`, 'credential_malformed'],
    ['no scheme', token, 'credential_malformed'],
    ['the scheme alone', 'Bearer', 'credential_malformed'],
    ['another token', `Bearer ${token}x`, 'mismatch'],
    ['a shorter token', `Bearer ${token.slice(1)}`, 'mismatch'],
    ['the header twice', [`Bearer ${token}`, `Bearer ${token}`], 'credential_doubled'],
  ] as const)('S-009 S-011 refuses %s', ([, authorization, reason]) => {
    const request = makeRequest({ headers: { authorization } });
    expect(outcome(bearer(), request)).toBe(`rejected_bearer ${reason}`);
  });

  test('S-009 accepts any of several live tokens, and none while there is no key', () => {
    expect(
      outcome(bearer(), sent(`Bearer ${token}`), [
        makeKey('another token of length'),
        makeKey(token),
      ]),
    ).toBe('ok');
    expect(outcome(bearer(), sent(`Bearer ${token}`), [])).toBe('rejected_bearer key_missing');
  });
});

describe('path_token', () => {
  const sent = (query: string) => makeRequest({ url: `https://gw.example.test/in/a/b?${query}` });
  const encoded = encodeURIComponent(token);

  test('S-009 reads the configured parameter, by default "token"', () => {
    expect(outcome(pathToken(), sent(`token=${encoded}`))).toBe('ok');
    expect(outcome(pathToken({ queryParam: 'k' }), sent(`k=${encoded}`))).toBe('ok');
    expect(outcome(pathToken({ queryParam: 'k' }), sent(`token=${encoded}`))).toBe(
      'rejected_bearer credential_missing',
    );
  });

  test('S-009 S-011 refuses another token, none, an empty one and two', () => {
    expect(outcome(pathToken(), sent('token=another'))).toBe('rejected_bearer mismatch');
    expect(outcome(pathToken(), sent('token='))).toBe('rejected_bearer mismatch');
    expect(outcome(pathToken(), sent('x=1'))).toBe('rejected_bearer credential_missing');
    expect(outcome(pathToken(), sent(`token=${encoded}&token=${encoded}`))).toBe(
      'rejected_bearer credential_doubled',
    );
  });
});

describe('ip_allowlist', () => {
  const from = (clientIp: string | null, ipCidrs: string[]) =>
    outcome(ipAllowlist({ ipCidrs }), makeRequest({ clientIp }), []);

  test.for([
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7', '192.0.2.0/24'],
    ['192.0.2.7', '192.0.2.6/31'],
    ['::ffff:192.0.2.7', '192.0.2.0/24'],
    ['::FFFF:C000:0207', '192.0.2.7'],
    ['192.0.2.7', '::ffff:192.0.2.0/120'],
    ['2001:db8::7', '2001:db8::7'],
    ['2001:DB8:0:0::0007', '2001:db8::7'],
    ['2001:db8:ffff::1', '2001:db8::/32'],
    ['203.0.113.9', '0.0.0.0/0'],
  ] as const)('S-010 lets %s in by %s', ([address, entry]) => {
    expect(from(address, ['198.51.100.1', entry])).toBe('ok');
  });

  test.for([
    ['192.0.2.8', '192.0.2.7'],
    ['192.0.3.0', '192.0.2.0/24'],
    ['192.0.2.8', '192.0.2.6/31'],
    ['2001:db9::1', '2001:db8::/32'],
    ['2001:db8::7', '0.0.0.0/0'],
    ['192.0.2.7', '::/0'],
    ['::192.0.2.7', '192.0.2.7'],
  ] as const)('S-010 refuses %s by %s', ([address, entry]) => {
    expect(from(address, [entry])).toBe('rejected_ip address_not_listed');
  });

  test.for([null, '', 'unknown', '192.0.2', '192.0.2.7:443', '192.0.2.0/24', 'fe80::1%eth0'])(
    'S-010 refuses the unknown source %s',
    (address) => {
      expect(from(address, ['0.0.0.0/0', '::/0'])).toBe('rejected_ip address_unknown');
    },
  );

  test.for(['', '192.0.2', '192.0.2.0/33', '192.0.2.0/', '0300.0.2.7', '*', 'nothing'])(
    'S-010 lets nobody in by the list [%s]',
    (entry) => {
      expect(from('192.0.2.7', entry === 'nothing' ? [] : [entry])).toBe(
        'rejected_ip verifier_invalid',
      );
    },
  );

  test('S-010 an entry that is no address matches nobody, and the others still do', () => {
    expect(from('192.0.2.7', ['192.0.2', '192.0.2.7/32', '*'])).toBe('ok');
    expect(from('192.0.2.8', ['192.0.2', '192.0.2.7/32', '*'])).toBe(
      'rejected_ip address_not_listed',
    );
  });
});
