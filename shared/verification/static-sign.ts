import type { StaticCheck } from '../schemas/verifier-check.ts';
import { place, type RequestDraft, type Signing, type SigningContext } from './request-draft.ts';

/** Puts the token of a static check where the sender would. */
export function presentToken(
  check: StaticCheck,
  draft: RequestDraft,
  context: SigningContext,
): Signing {
  const token = context.keyMaterial(check);
  if (token === undefined) return { ok: false, reason: 'there is no token' };
  return { ok: true, draft: placeToken(check.credential, draft, token) };
}

function placeToken(
  credential: StaticCheck['credential'],
  draft: RequestDraft,
  token: string,
): RequestDraft {
  // Header text is latin1 in Node: this is how the bytes of the token get there unchanged.
  const asHeader = (text: string) => Buffer.from(text).toString('latin1');
  const { from } = credential;
  if (from === 'bearer')
    return place(draft, 'header', 'Authorization', asHeader(`Bearer ${token}`));
  if (from === 'basic') {
    const pair = Buffer.from(`${credential.username}:${token}`).toString('base64');
    return place(draft, 'header', 'Authorization', `Basic ${pair}`);
  }
  if (from === 'header') {
    const text = `${credential.prefix ?? ''}${token}`;
    return place(draft, 'header', credential.name, asHeader(text));
  }
  return place(draft, from, credential.name, token);
}
