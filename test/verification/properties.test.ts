import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { presets } from '../../shared/presets/index.ts';
import type { Verifier } from '../../shared/schemas/verifier.ts';
import { verifierSchema } from '../../shared/schemas/verifier.ts';
import { answerHandshake } from '../../shared/verification/handshake.ts';
import type { VerifiableRequest } from '../../shared/verification/types.ts';
import { verifyRequest } from '../../shared/verification/verify.ts';
import { keysFor, receive, sampleRequest, signAs, takesForm } from '../support/preset-harness.ts';
import { makeKey, makeRequest } from '../support/verifiable-request.ts';

/** Presets that sign the bytes of any body. */
const signers = presets.filter(({ verifier }) => {
  const isMessage = 'signed' in verifier && verifier.signed.includes('body');
  return isMessage && verifier.timestamp?.from !== 'bodyPath';
});
const anySigner = fc.constantFrom(...signers);
const anyPreset = fc.constantFrom(...presets);
const anyBytes = fc.uint8Array({ maxLength: 2_000 });

/** Names that checks look at, so that arbitrary values reach them. */
const namesOf = (text: string) => [
  ...text.matchAll(/"(?:name|header)":"([^"]+)"|"names":\["([^"]+)"/g),
];
const lookedAt = presets.flatMap((preset) =>
  namesOf(JSON.stringify(preset)).map((match) => match[1] ?? match[2] ?? ''),
);
const anyName = fc.oneof(
  fc.constantFrom(...lookedAt, 'authorization', 'content-type'),
  fc.string(),
);
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'Bearer ',
    'sha256=',
    't=1,v1=',
    'v1,AAAA',
    '=',
    ',',
    ' ',
    '..',
    '{}',
    '1700000000',
  ),
  fc.stringMatching(/^[0-9a-f]{64}$/),
);
const anyValues = fc.dictionary(anyName, fc.array(anyText, { maxLength: 3 }));
const anyRequest: fc.Arbitrary<VerifiableRequest> = fc.record({
  method: fc.string(),
  url: fc.oneof(fc.webUrl(), fc.string()),
  path: fc.string(),
  query: anyValues.map((values) => new Map(Object.entries(values))),
  headers: anyValues.map(
    (values) => new Map(Object.entries(values).map(([name, texts]) => [name.toLowerCase(), texts])),
  ),
  body: fc
    .oneof(
      anyBytes,
      fc.json().map((text) => Buffer.from(text)),
    )
    .map((bytes) => Buffer.from(bytes)),
  clientIp: fc.option(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), { nil: null }),
});

describe('whatever the bytes are', () => {
  test('S-008 what a sender signs is let in', () => {
    fc.assert(
      fc.property(anySigner, anyBytes, (preset, body) => {
        expect(receive(preset, signAs(preset, sampleRequest(preset, body))).ok).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('S-008 S-011 one changed bit of the body or the signature is noticed', () => {
    fc.assert(
      fc.property(anySigner, anyBytes, fc.nat(), fc.nat(7), (preset, bytes, place, bit) => {
        const request = signAs(preset, sampleRequest(preset, Buffer.concat([bytes, Buffer.of(0)])));
        const body = Buffer.from(request.body);
        const at = place % body.length;
        body[at] = (body[at] ?? 0) ^ (1 << bit);
        expect(receive(preset, { ...request, body }).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test('the secret of one hook is of no use on another', () => {
    fc.assert(
      fc.property(anyPreset, fc.uint8Array({ minLength: 32, maxLength: 32 }), (preset, random) => {
        const request = signAs(preset, sampleRequest(preset));
        const stored = Buffer.from(random).toString('hex');
        fc.pre(stored !== keysFor(preset).own.stored);
        expect(receive(preset, request, { stored: [stored] }).ok).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});

describe('whatever is sent or stored', () => {
  test('S-008 no request makes a verifier throw or lets a stranger in', () => {
    fc.assert(
      fc.property(anyPreset, anyRequest, (preset, request) => {
        const keys = preset.secret.slots.map(({ slot }) =>
          makeKey(keysFor(preset).own.stored, slot),
        );
        const { verifier } = preset;
        expect(verifyRequest({ verifier, request, keys, nowMs: 1_700_000_000_000 }).ok).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test('S-008 no stored configuration makes a verifier throw or lets a stranger in', () => {
    const tampered = fc
      .tuple(anyPreset, fc.nat(), fc.anything())
      .map(([preset, place, value]) => withValueAt(preset.verifier, place, value));
    fc.assert(
      fc.property(fc.oneof(tampered, fc.anything()), (verifier) => {
        const request = makeRequest({ body: '{}', clientIp: '192.0.2.1' });
        const keys = [makeKey('test_secret_do_not_use')];
        const input = { verifier: verifier as Verifier, request, keys, nowMs: 0 };
        fc.pre((verifier as { scheme?: unknown } | null)?.scheme !== 'none');
        expect(verifyRequest(input).ok).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test('no key material makes a verifier throw', () => {
    fc.assert(
      fc.property(anyPreset, anyBytes, (preset, material) => {
        const request = signAs(
          preset,
          takesForm(preset) ? sampleRequest(preset) : sampleRequest(preset, '{}'),
        );
        const keys = preset.secret.slots.map(({ slot }) => ({
          id: slot,
          slot,
          material: Buffer.from(material),
        }));
        const { verifier } = preset;
        expect(verifyRequest({ verifier, request, keys, nowMs: 0 }).ok).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test('no request makes a handshake throw, or gives back what could be markup or a header', () => {
    const withHandshake = presets.filter((preset) => preset.handshake !== null);
    fc.assert(
      fc.property(
        fc.constantFrom(...withHandshake),
        anyRequest,
        fc.jsonValue(),
        (preset, request, parsedBody) => {
          const { handshake } = preset;
          if (handshake === null) return;
          for (const method of handshake.methods) {
            const keys = [makeKey('test_secret_do_not_use')];
            const answer = answerHandshake({
              handshake,
              request: { ...request, method },
              keys,
              verification: undefined,
              parsedBody,
            });
            const { 'x-content-type-options': guard = '', ...others } = answer?.headers ?? {};
            expect(guard).toBe(answer === undefined ? '' : 'nosniff');
            for (const text of Object.values(others)) expect(text).toMatch(/^[\x20-\x7e]*$/);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

/** A copy of a document with one of its values, counted from the front, replaced. */
function withValueAt(document: unknown, place: number, value: unknown): unknown {
  let left = place % (JSON.stringify(document).match(/[:[,]/g)?.length ?? 1);
  const walk = (node: unknown): unknown => {
    left -= 1;
    if (left === 0) return value;
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(document);
}

test('the schema is the same for a verifier and for its JSON', () => {
  for (const { verifier } of presets) {
    expect(verifierSchema.parse(JSON.parse(JSON.stringify(verifier)))).toEqual(verifier);
  }
});
