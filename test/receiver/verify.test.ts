import { timingSafeEqual } from 'node:crypto';
import * as fc from 'fast-check';
import { verifyWebhook, type VerifyOptions } from 'tidegate/receiver';
import { beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { makeEndpointSecret, makeSigningKeyPair } from '../../shared/signing/secrets.ts';
import { currentSecret, makeAttempt, previousSecret, sentAtSeconds } from '../signing/samples.ts';

vi.mock(import('node:crypto'), async (importOriginal) => {
  const original = await importOriginal();
  return { ...original, timingSafeEqual: vi.fn<typeof timingSafeEqual>(original.timingSafeEqual) };
});

const { headers, body } = makeAttempt();
const schemes = ['standard', 'timestamped'] as const;

const verify = (changes: Partial<VerifyOptions> = {}) => {
  const nowSeconds = sentAtSeconds;
  return verifyWebhook({ secret: currentSecret, headers, body, nowSeconds, ...changes });
};

describe('what a receiver passes in', () => {
  test('S-068 is verified as bytes or as text', () => {
    expect(verify({ body: Buffer.from(body) }).ok).toBe(true);
    expect(verify({ body: new TextEncoder().encode(body) }).ok).toBe(true);
    const padded = Buffer.from(`xx${body}yy`);
    expect(verify({ body: padded.subarray(2, -2) }).ok).toBe(true);
  });

  test('is refused with an exception when it was parsed before', () => {
    const parsed = JSON.parse(body) as string;
    expect(() => verify({ body: parsed })).toThrow(/raw bytes/);
    expect(() => verify({ body: undefined as unknown as string })).toThrow(/raw bytes/);
  });

  test('has headers in any case, as an object of Node or of the Fetch API', () => {
    const upper = Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]);
    expect(verify({ headers: Object.fromEntries(upper) as Record<string, string> }).ok).toBe(true);
    expect(verify({ headers: new Headers(headers) }).ok).toBe(true);
    const lists = Object.entries(headers).map(([name, value]) => [name, [value]]);
    expect(verify({ headers: Object.fromEntries(lists) as Record<string, string[]> }).ok).toBe(
      true,
    );
  });

  test.for(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
    'S-068 is refused with two values of %s',
    (name) => {
      const value = headers[name] ?? '';
      const repeated = { ok: false, reason: 'header_repeated' };
      expect(verify({ headers: { ...headers, [name]: [value, value] } })).toEqual(repeated);
      expect(verify({ headers: { ...headers, [name.toUpperCase()]: value } })).toEqual(repeated);
    },
  );

  test('S-065 may have t=,v1= in a header of another name', () => {
    const opencom = makeAttempt({ profile: 'opencom' });
    const options = {
      ...opencom,
      scheme: 'timestamped',
      headerName: 'X-Opencom-Signature',
    } as const;
    expect(verify(options).ok).toBe(true);
    expect(verify({ ...options, headers })).toEqual({ ok: false, reason: 'header_missing' });
  });

  test('S-068 is compared with the clock when no time is given', () => {
    const now = Math.floor(Date.now() / 1_000);
    const options = { ...makeAttempt({ timestampSeconds: now }), secret: currentSecret };
    expect(verifyWebhook(options).ok).toBe(true);
    const late = { ...makeAttempt({ timestampSeconds: now - 310 }), secret: currentSecret };
    expect(verifyWebhook(late)).toEqual({ ok: false, reason: 'timestamp_too_old' });
  });

  test('S-068 may be held to another tolerance, but not to one that is no number', () => {
    const nowSeconds = sentAtSeconds + 11;
    expect(verify({ nowSeconds, toleranceSeconds: 11 }).ok).toBe(true);
    expect(verify({ nowSeconds, toleranceSeconds: 10 }).ok).toBe(false);
    for (const toleranceSeconds of [Number.NaN, Infinity, -1]) {
      expect(() => verify({ toleranceSeconds })).toThrow(TypeError);
    }
    expect(() => verify({ nowSeconds: Number.NaN })).toThrow(TypeError);
  });

  test.for(schemes)(
    'S-068 is refused by a receiver of %s that holds no usable secret',
    (scheme) => {
      const unusable = { ok: false, reason: 'secret_unusable' };
      const held = [undefined, '', 'whsec_', `${currentSecret}\n`, ` ${currentSecret}`];
      for (const secret of held) expect(verify({ scheme, secret }), secret).toEqual(unusable);
      expect(verify({ scheme, secret: undefined, secrets: [undefined] })).toEqual(unusable);
      expect(verify({ scheme, secrets: [''] }), 'beside a usable one').toEqual(unusable);
    },
  );

  test('S-070 is verified while the place of the other secret is empty', () => {
    expect(verify({ secret: undefined, secrets: [currentSecret, undefined] }).ok).toBe(true);
    expect(verify({ secret: previousSecret, secrets: [currentSecret] }).ok).toBe(true);
  });

  test('is refused where a public key is no key, without an exception', () => {
    for (const secret of ['whpk_', 'whpk_AAAA', `whpk_${'!'.repeat(44)}`]) {
      expect(verify({ secret })).toEqual({ ok: false, reason: 'secret_unusable' });
    }
    const point = `whpk_${Buffer.alloc(32, 0xff).toString('base64')}`;
    expect(verify({ secret: point })).toEqual({ ok: false, reason: 'signature_mismatch' });
  });
});

describe('the header of signatures', () => {
  const sent = headers['webhook-signature'] ?? '';
  const withSignature = (text: string) =>
    verify({ headers: { ...headers, 'webhook-signature': text } });

  test('S-068 may hold 16 signatures and no more', () => {
    const wrong = `v1,${Buffer.alloc(32).toString('base64')}`;
    const list = (count: number) => [...Array.from({ length: count - 1 }, () => wrong), sent];
    expect(withSignature(list(16).join(' ')).ok).toBe(true);
    const reason = 'signature_malformed';
    expect(withSignature(list(17).join(' '))).toEqual({ ok: false, reason });
  });

  test('S-068 may not be longer than any list of signatures', () => {
    const reason = 'header_too_long';
    expect(withSignature(`${sent} v9,${'A'.repeat(4_096)}`)).toEqual({ ok: false, reason });
  });

  test('S-068 is read strictly: no other spelling of the same bytes', () => {
    const spellings = [
      sent.replaceAll('+', '-').replaceAll('/', '_').replace('=', '=='),
      sent.replace('v1,', 'v1, '),
      sent.replace('v1,', 'V1,'),
      `${sent} `,
      ` ${sent}`,
      `${sent}\u00a0`,
      sent.replace('v1,', 'v1,!'),
    ];
    for (const text of spellings) expect(withSignature(text).ok, text).toBe(false);
  });
});

describe('comparing', () => {
  beforeEach(() => {
    vi.mocked(timingSafeEqual).mockClear();
  });

  test.for(schemes)('S-068 is constant in time, for every signature and secret of %s', (scheme) => {
    const attempt = makeAttempt({ secrets: [currentSecret, previousSecret] });
    const secrets = [currentSecret, previousSecret];
    // The first signature fits the first secret, and the search goes on all the same.
    expect(verify({ ...attempt, scheme, secret: undefined, secrets }).ok).toBe(true);
    expect(timingSafeEqual).toHaveBeenCalledTimes(4);
    for (const [one, other] of vi.mocked(timingSafeEqual).mock.calls) {
      expect([one.byteLength, other.byteLength]).toEqual([32, 32]);
    }
  });
});

describe('whatever is sent', () => {
  const anyBody = fc.oneof(fc.json(), fc.string({ unit: 'grapheme' }), fc.string());
  const anyTime = fc.integer({ min: 0, max: 999_999_999_999 });
  const schemeOf = fc.constantFrom(...schemes);

  test('S-066 what we sign is verified, with shared secrets and with key pairs', () => {
    const { secretKey, publicKey } = makeSigningKeyPair();
    fc.assert(
      fc.property(anyBody, anyTime, schemeOf, (text, timestampSeconds, scheme) => {
        const secret = makeEndpointSecret();
        const options = { body: text, timestampSeconds };
        const shared = makeAttempt({ ...options, secrets: [secret, previousSecret] });
        const clock = { nowSeconds: timestampSeconds };
        expect(verify({ ...shared, ...clock, scheme, secret }).ok).toBe(true);
        const signed = makeAttempt({ ...options, profile: 'standard_v1a', secrets: [secretKey] });
        expect(verify({ ...signed, ...clock, secret: publicKey }).ok).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('S-068 one changed bit of the body is noticed', () => {
    const { secretKey, publicKey } = makeSigningKeyPair();
    const keys = [currentSecret, publicKey];
    fc.assert(
      fc.property(anyBody, fc.nat(), fc.nat(7), schemeOf, (text, place, bit, scheme) => {
        const padded = `${text}.`;
        const mixed = { secrets: [currentSecret, secretKey], body: padded };
        const attempt = makeAttempt(mixed);
        const changed = Buffer.from(padded);
        const at = place % changed.length;
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        for (const secret of scheme === 'standard' ? keys : [currentSecret]) {
          const options = { headers: attempt.headers, scheme, secret };
          expect(verify({ ...options, body: padded }).ok).toBe(true);
          expect(verify({ ...options, body: changed }).ok).toBe(false);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('S-068 one changed character of a signed header is noticed', () => {
    const names = {
      standard: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
      timestamped: ['X-Tidegate-Signature'],
    };
    const anyCharacter = fc
      .integer({ min: 0x20, max: 0x7e })
      .map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(schemeOf, fc.nat(), fc.nat(), anyCharacter, (scheme, which, place, character) => {
        const name = names[scheme][which % names[scheme].length] ?? '';
        const value = headers[name] ?? '';
        const at = place % value.length;
        const changed = value.slice(0, at) + character + value.slice(at + 1);
        fc.pre(changed !== value);
        // Far from the border, so that a changed time is refused for its signature.
        const options = { headers: { ...headers, [name]: changed }, scheme };
        expect(verify({ ...options, toleranceSeconds: 999_999_999_999 }).ok).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test('S-068 no text in a header makes it throw', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^(v1|v1a|t)[,=][A-Za-z0-9+/=, ]{0,60}$/),
    );
    const anyValue = fc.oneof(anyText, fc.array(anyText, { maxLength: 3 }));
    const names = [...Object.keys(headers), 'x-tidegate-signature'];
    const anyHeaders = fc.dictionary(fc.constantFrom(...names), anyValue);
    const anySecret = fc.oneof(fc.constantFrom(currentSecret, 'whsec_', 'whpk_'), anyText);
    fc.assert(
      fc.property(anyHeaders, anySecret, schemeOf, (given, secret, scheme) => {
        expect(verify({ headers: given, secret, scheme }).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

test('S-068 the declarations promise an id where it is signed, and none where it is not', () => {
  const options = { secret: currentSecret, headers, body };
  const standard = () => verifyWebhook(options);
  const timestamped = () => verifyWebhook({ ...options, scheme: 'timestamped' });
  type IdOf<Result> = Extract<Result, { ok: true }> extends { id: infer Id } ? Id : never;
  expectTypeOf<IdOf<ReturnType<typeof standard>>>().toEqualTypeOf<string>();
  expectTypeOf<IdOf<ReturnType<typeof timestamped>>>().toEqualTypeOf<string | undefined>();
  expect(verify({ scheme: 'timestamped' })).toMatchObject({ ok: true, id: undefined });
});
