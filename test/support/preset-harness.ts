import { generateKeyPairSync } from 'node:crypto';
import { findPreset } from '../../shared/presets/index.ts';
import type { Preset } from '../../shared/presets/preset.ts';
import type { Check } from '../../shared/schemas/verifier-check.ts';
import { checksOf } from '../../shared/schemas/verifier.ts';
import { signRequest } from '../../shared/verification/sign.ts';
import type { VerifiableRequest, Verification } from '../../shared/verification/types.ts';
import { verifyRequest } from '../../shared/verification/verify.ts';
import { makeKey, makeRequest, withHeaders } from './verifiable-request.ts';

/** The preset of an id; throws when there is none. */
export function presetOf(id: string): Preset {
  const preset = findPreset(id);
  if (preset === undefined) throw new Error(`there is no preset ${id}`);
  return preset;
}

/** 2023-11-14T22:13:20Z. */
export const sampleNowMs = 1_700_000_000_000;

/** A body that a parser would change: a number beyond 2^53, a key twice, blanks, letters beyond ASCII. */
export const sampleJson =
  '{"id": "evt_1", "n": 9007199254740993, "n": 1.0,  "text": "Grüße / \\u00fc", "list": [1, 2]}\n';
const sampleForm = 'To=%2B15550002222&From=%2B15550001111&Body=hello+there&Body=again';

const ed25519 = generateKeyPairSync('ed25519');
const p256 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const { privateKey: otherEd25519 } = generateKeyPairSync('ed25519');
const { privateKey: otherP256 } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

export interface TestKey {
  /** What the sender signs with, and what the hook holds. */
  readonly signing: string;
  readonly stored: string;
}

/** A key for a preset, and one of somebody else. */
export function keysFor(preset: Preset): { readonly own: TestKey; readonly other: TestKey } {
  const checks = checksOf(preset.verifier);
  const asymmetric = checks.find((check) => check.scheme === 'asymmetric');
  if (asymmetric !== undefined) {
    const isEd25519 = asymmetric.algorithm === 'ed25519';
    const own = isEd25519 ? ed25519 : p256;
    const other = isEd25519 ? otherEd25519 : otherP256;
    const pem = (key: typeof other) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const stored = own.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    return {
      own: { signing: pem(own.privateKey), stored },
      other: { signing: pem(other), stored },
    };
  }
  const own = secretOf(checks, 7);
  const other = secretOf(checks, 8);
  return { own: { signing: own, stored: own }, other: { signing: other, stored: other } };
}

function secretOf(checks: readonly Check[], fill: number): string {
  const bytes = Buffer.alloc(32, fill);
  const encodings = new Set(checks.map(encodingOf));
  if (encodings.has('hex')) return bytes.toString('hex');
  if (encodings.has('base64')) return `whsec_${bytes.toString('base64')}`;
  return `test_secret_do_not_use_${fill}`;
}

const encodingOf = (check: Check): string | undefined =>
  'key' in check && check.key !== undefined && 'encoding' in check.key
    ? check.key.encoding
    : undefined;

/** Whether a preset signs a form, so that its sample is one. */
export const takesForm = (preset: Preset): boolean =>
  checksOf(preset.verifier).some(
    (check) => 'signed' in check && check.signed.includes('form_sorted'),
  );

export function sampleRequest(preset: Preset, body?: string | Uint8Array): VerifiableRequest {
  const isForm = takesForm(preset) && body === undefined;
  return makeRequest({
    headers: { 'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json' },
    body: body ?? (isForm ? sampleForm : sampleJson),
  });
}

/** Signs a request as the sender of a preset does. */
export function signAs(
  preset: Preset,
  request: VerifiableRequest,
  signing: string = keysFor(preset).own.signing,
): VerifiableRequest {
  const keyMaterial = Object.fromEntries(
    preset.secret.slots.map(({ slot }) => [slot, signing] as const),
  );
  const { headers, url, body } = signRequest({
    verifier: preset.verifier,
    request,
    keyMaterial,
    nowMs: sampleNowMs,
  });
  const sent = makeRequest({ method: request.method, url, body });
  return withHeaders({ ...sent, headers: request.headers, clientIp: request.clientIp }, headers);
}

/** What the hook of a preset says to a request. */
export function receive(
  preset: Preset,
  request: VerifiableRequest,
  options: { readonly nowMs?: number; readonly stored?: readonly string[] } = {},
): Verification {
  const stored = options.stored ?? [keysFor(preset).own.stored];
  const keys = preset.secret.slots.flatMap(({ slot }) =>
    stored.map((material, index) => makeKey(material, slot, `${slot}-${index}`)),
  );
  const { verifier } = preset;
  return verifyRequest({ verifier, request, keys, nowMs: options.nowMs ?? sampleNowMs });
}
