import type {
  EchoHandshake,
  Handshake,
  HandshakeCondition,
  ReplyHandshake,
  SignHandshake,
  StoreKeyHandshake,
} from '../schemas/handshake.ts';
import { defaultSlot, type Place } from '../schemas/verifier-check.ts';
import { usableKeys } from './check-context.ts';
import { isSameToken } from './compare.ts';
import { readToken } from './key-material.ts';
import { asText, single, valuesAt } from './request-view.ts';
import { decoySecret, macOf } from './secret-attempt.ts';
import type { VerifiableRequest, Verification, VerificationKey } from './types.ts';

export interface HandshakeInput {
  readonly handshake: Handshake;
  readonly request: VerifiableRequest;
  /** The keys of the hook that are live now, newest first. */
  readonly keys: readonly VerificationKey[];
  /** What `verifyRequest` said; undefined when the request was not verified, as GET and HEAD are not. */
  readonly verification: Verification | undefined;
  /** The body as JSON; undefined when it is not. */
  readonly parsedBody: unknown;
}

export interface HandshakeAnswer {
  readonly status: 200 | 204;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** A key to store before answering, in a slot that has none. The answer stands for its being kept. */
  readonly storeKey?: { readonly slot: string; readonly material: string };
}

/**
 * The answer to a request that asks whether the address is meant. Undefined when it is not such a
 * request, or one that does not prove what it must: the caller then treats it like any other.
 */
export function answerHandshake(input: HandshakeInput): HandshakeAnswer | undefined {
  const { handshake, request } = input;
  const isMethod = handshake.methods.some((method) => method === request.method);
  if (!isMethod || !isMet(handshake, input)) return undefined;
  if (handshake.kind === 'echo') return answerEcho(handshake, input);
  if (handshake.kind === 'sign') return answerSign(handshake, input);
  if (handshake.kind === 'store_key') return answerStoreKey(handshake, input);
  return answerReply(handshake, input);
}

/** Text that is given back: printable ASCII of moderate length, so that it carries no markup or header. */
const echoable = /^[\x20-\x7e]{1,1024}$/;
/** Text of a stranger that is signed with the key of the hook. It must not be able to be a signed body. */
const signable = /^[A-Za-z0-9_-]{1,64}$/;
/** A key that a sender chose, as the value of a header. */
const storable = /^[\x21-\x7e]{16,256}$/;

const guards = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' } as const;

const textAnswer = (body: string): HandshakeAnswer => ({
  status: 200,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...guards },
  body,
});

const jsonAnswer = (document: object): HandshakeAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8', ...guards },
  body: JSON.stringify(document),
});

function answerEcho(handshake: EchoHandshake, input: HandshakeInput): HandshakeAnswer | undefined {
  const text = textAt(input, handshake.from, handshake.name);
  const isProven = !handshake.isSigned || input.verification?.ok === true;
  if (!isProven || !hasToken(handshake.token, input)) return undefined;
  if (text === undefined || !echoable.test(text)) return undefined;
  if (handshake.as.in === 'text') return textAnswer(text);
  if (handshake.as.in === 'json') return jsonAnswer({ [handshake.as.name]: text });
  return { ...textAnswer(''), headers: { ...guards, [handshake.as.name.toLowerCase()]: text } };
}

function answerSign(handshake: SignHandshake, input: HandshakeInput): HandshakeAnswer | undefined {
  const text = textAt(input, handshake.from, handshake.name);
  const [key] = usableKeys(input.keys, handshake.slot, readToken, decoySecret).keys;
  if (text === undefined || !signable.test(text) || key?.id === undefined) return undefined;
  const mac = macOf('sha256', key.key, [Buffer.from(text)]).toString(handshake.encoding);
  return jsonAnswer({
    ...(handshake.textField !== undefined && { [handshake.textField]: text }),
    [handshake.signatureField]: `${handshake.prefix ?? ''}${mac}`,
  });
}

function answerStoreKey(
  handshake: StoreKeyHandshake,
  input: HandshakeInput,
): HandshakeAnswer | undefined {
  const slot = handshake.slot ?? defaultSlot;
  const material = textAt(input, 'header', handshake.header);
  const isTaken = input.keys.some((key) => key.slot === slot);
  if (isTaken || material === undefined || !storable.test(material)) return undefined;
  return {
    ...textAnswer(''),
    headers: { ...guards, [handshake.header.toLowerCase()]: material },
    storeKey: { slot, material },
  };
}

function answerReply(
  handshake: ReplyHandshake,
  { verification }: HandshakeInput,
): HandshakeAnswer | undefined {
  if (handshake.isSigned && verification?.ok !== true) return undefined;
  if (handshake.json !== undefined) return jsonAnswer(handshake.json);
  return { status: handshake.status, headers: guards, body: '' };
}

function isMet(handshake: Handshake, input: HandshakeInput): boolean {
  const conditions = 'when' in handshake ? (handshake.when ?? []) : [];
  return conditions.every((condition) => holds(condition, input));
}

function holds({ from, name, equals }: HandshakeCondition, input: HandshakeInput): boolean {
  if (from !== 'bodyPath') return textAt(input, from, name) === String(equals);
  const [value] = valuesAt(input.parsedBody, name);
  return value === equals;
}

/** A text of the request that is there exactly once. */
function textAt(input: HandshakeInput, from: Place, name: string): string | undefined {
  const { headers, query } = input.request;
  if (from === 'bodyPath') return asText(valuesAt(input.parsedBody, name)[0]);
  const texts = from === 'header' ? headers.get(name.toLowerCase()) : query.get(name);
  const reading = single(texts ?? []);
  return reading.kind === 'one' ? reading.text : undefined;
}

function hasToken(token: EchoHandshake['token'], input: HandshakeInput): boolean {
  if (token === undefined) return true;
  const given = Buffer.from(textAt(input, token.from, token.name) ?? '');
  const { keys } = usableKeys(input.keys, token.slot, readToken, decoySecret);
  return keys.filter(({ id, key }) => isSameToken(given, key) && id !== undefined).length > 0;
}
