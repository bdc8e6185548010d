import type { StaticCheck } from '../schemas/verifier-check.ts';
import { usableKeys, type CheckContext, type Finding } from './check-context.ts';
import { isSameToken } from './compare.ts';
import { decodeBytes } from './encoding.ts';
import { readToken } from './key-material.ts';
import { asText, type Reading, type RequestView } from './request-view.ts';
import { decoySecret } from './secret-attempt.ts';
import type { VerificationReason } from './types.ts';

type Presented =
  | { readonly ok: true; readonly tokens: readonly Buffer[] }
  | { readonly ok: false; readonly reason: VerificationReason };

/** How many items of a list may each carry the token. */
const tokensMax = 1_000;

/** Checks a token that is sent as it is (S-009): bearer, basic, header, parameter or body field. */
export function checkStatic(check: StaticCheck, context: CheckContext): Finding {
  const presented = readCredential(check.credential, context.view);
  const { slot, keys, problem } = usableKeys(context.keys, check.key?.slot, readToken, decoySecret);
  const tokens = presented.ok ? presented.tokens : [Buffer.alloc(0)];
  let matchedId: string | undefined;
  for (const { id, key } of keys) {
    const matches = tokens.filter((token) => isSameToken(token, key));
    if (presented.ok && matches.length === tokens.length) matchedId ??= id;
  }
  if (!presented.ok) return { reason: presented.reason, slot };
  if (problem !== undefined) return { reason: problem, slot };
  return matchedId === undefined
    ? { reason: 'mismatch', slot }
    : { reason: 'verified', slot, keyId: matchedId };
}

function readCredential(credential: StaticCheck['credential'], view: RequestView): Presented {
  const { from } = credential;
  if (from === 'bodyPath') return fromBody(view.bodyValues(credential.name));
  if (from === 'query') return fromText(view.read(from, credential.name), 'utf8', (text) => text);
  if (from === 'header') {
    const { name, prefix = '' } = credential;
    return fromText(view.read(from, name), 'latin1', (text) => withoutPrefix(text, prefix));
  }
  const extract =
    from === 'bearer'
      ? afterScheme('bearer')
      : (text: string) => passwordOf(text, credential.username);
  return fromText(view.read('header', 'authorization'), 'latin1', extract);
}

/** `latin1` turns header text back into the bytes that were sent; decoded text is UTF-8. */
function fromText(
  reading: Reading,
  encoding: 'latin1' | 'utf8',
  extract: (text: string) => string | undefined,
): Presented {
  if (reading.kind !== 'one') return { ok: false, reason: `credential_${reading.kind}` };
  const token = extract(reading.text);
  return token === undefined
    ? { ok: false, reason: 'credential_malformed' }
    : { ok: true, tokens: [Buffer.from(token, encoding)] };
}

function fromBody(values: readonly unknown[]): Presented {
  const texts = values.map(asText).filter((text) => text !== undefined);
  if (texts.length === 0) return { ok: false, reason: 'credential_missing' };
  return texts.length < values.length || texts.length > tokensMax
    ? { ok: false, reason: 'credential_malformed' }
    : { ok: true, tokens: texts.map((text) => Buffer.from(text)) };
}

/** What follows an authentication scheme, whose name is compared in any case (S-009). */
const afterScheme =
  (scheme: string) =>
  (text: string): string | undefined => {
    const [, given, rest] = /^([^ ]+) +(.+)$/.exec(text) ?? [];
    return given?.toLowerCase() === scheme ? rest : undefined;
  };

function passwordOf(text: string, username: string): string | undefined {
  const encoded = afterScheme('basic')(text);
  const pair =
    encoded === undefined ? undefined : decodeBytes(encoded, 'base64')?.toString('latin1');
  const expected = `${Buffer.from(username).toString('latin1')}:`;
  return pair?.startsWith(expected) === true ? pair.slice(expected.length) : undefined;
}

function withoutPrefix(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}
