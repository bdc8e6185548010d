import { randomBytes, sign as signBytes } from 'node:crypto';
import type { MessageCheck } from '../schemas/verifier-check.ts';
import { secretKeyOf } from './key-material.ts';
import { parsePrivateKey } from './private-key.ts';
import { place, type RequestDraft, type Signing, type SigningContext } from './request-draft.ts';
import { viewRequest } from './request-view.ts';
import { digestOf } from './secret-attempt.ts';
import { signedContent, type ReadTexts } from './signed-content.ts';
import { formatTimestamp } from './timestamp.ts';

/** Adds the signature of a message check, with the timestamp and the id that it covers. */
export function signMessage(
  check: MessageCheck,
  unsigned: RequestDraft,
  context: SigningContext,
): Signing {
  const { draft, timestamp } = placeTime(check, placeNonces(check, unsigned), context);
  const id = check.messageId && context.messageId;
  const withId =
    check.messageId === undefined || id === undefined
      ? draft
      : place(draft, check.messageId.from, check.messageId.name, id);
  const made = makeSignature(check, withId, { timestamp, id }, context);
  if (!made.ok) return made;
  const [name = ''] = check.signature.names;
  const value = signatureText(check, made.signature, timestamp);
  return { ok: true, draft: place(withId, check.signature.from, name, value) };
}

/** Fields of the body that are signed one by one are random texts, made up where they are missing. */
function placeNonces({ signed }: MessageCheck, draft: RequestDraft): RequestDraft {
  let placed = draft;
  for (const part of signed) {
    if (typeof part === 'string' || !('bodyPath' in part)) continue;
    const isThere = viewRequest(placed.request).read('bodyPath', part.bodyPath).kind === 'one';
    if (!isThere)
      placed = place(placed, 'bodyPath', part.bodyPath, randomBytes(16).toString('hex'));
  }
  return placed;
}

/** A timestamp that a body already carries is kept: it is part of the document to send. */
function placeTime(
  { timestamp }: MessageCheck,
  draft: RequestDraft,
  { nowMs }: SigningContext,
): { readonly draft: RequestDraft; readonly timestamp: string | undefined } {
  if (timestamp === undefined) return { draft, timestamp: undefined };
  const { from, name, format } = timestamp;
  const now = formatTimestamp(nowMs, format);
  if (from === 'signature') return { draft, timestamp: now };
  const present = from === 'bodyPath' ? viewRequest(draft.request).read(from, name) : undefined;
  return present?.kind === 'one'
    ? { draft, timestamp: present.text }
    : { draft: place(draft, from, name, now), timestamp: now };
}

type Made =
  | { readonly ok: true; readonly signature: Buffer }
  | { readonly ok: false; readonly reason: string };

function makeSignature(
  check: MessageCheck,
  { request }: RequestDraft,
  texts: ReadTexts,
  context: SigningContext,
): Made {
  const material = context.keyMaterial(check) ?? '';
  const content = signedContent({ check, view: viewRequest(request), texts });
  if (content === undefined) {
    return { ok: false, reason: 'a part that is signed is not in the request' };
  }
  if (check.scheme === 'asymmetric') {
    const key = parsePrivateKey(material, check.algorithm);
    if (key === undefined) return { ok: false, reason: 'there is no usable private key' };
    const digest = check.algorithm === 'ed25519' ? null : 'sha256';
    return { ok: true, signature: signBytes(digest, Buffer.concat(content(noKey)), key) };
  }
  const usable = secretKeyOf(check, Buffer.from(material));
  if (!usable.ok) return { ok: false, reason: `the key is not usable (${usable.reason})` };
  return { ok: true, signature: digestOf(check, usable.key, content(usable.key)) };
}

/** Only `hash_concat` signs its key. */
const noKey = Buffer.alloc(0);

/** The value of the signature header: the signature alone, or named items with the time in front. */
function signatureText(
  { signature: format, timestamp: time }: MessageCheck,
  signature: Buffer,
  timestamp: string | undefined,
): string {
  const text = (format.prefix ?? '') + signature.toString(format.encoding);
  const { kvSep, itemSep = ',', fields: [field] = [] } = format;
  if (kvSep === undefined || field === undefined) return text;
  const isTimeNamed = time?.from === 'signature' && timestamp !== undefined;
  const items = [
    ...(isTimeNamed ? [`${time.name}${kvSep}${timestamp}`] : []),
    `${field}${kvSep}${text}`,
  ];
  return items.join(itemSep);
}
