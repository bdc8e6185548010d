import { createHmac, sign } from 'node:crypto';
import type { SigningSecret } from './secrets.ts';

/** One message to sign. The times of all schemes are the second at which an attempt is sent. */
export interface Message {
  readonly id: string;
  readonly timestampSeconds: number;
  readonly body: string;
}

/**
 * `t=<unix s>,v1=<hex>` over `<t>.<body>`, with a `v1` for each key in their order (S-066, S-070). The
 * keys are texts as they are, `whsec_` included.
 */
export function timestampedSignature(
  keys: readonly string[],
  { timestampSeconds, body }: Omit<Message, 'id'>,
): string {
  const time = timeText(timestampSeconds);
  const values = keys.map((key) => `v1=${hmac(key, `${time}.${body}`).toString('hex')}`);
  return [`t=${time}`, ...values].join(',');
}

type StandardSecret = Exclude<SigningSecret, { kind: 'hex' }>;

/**
 * The value of `webhook-signature` of Standard Webhooks 1.0.0: an entry for each secret in their order,
 * `v1` with a shared and `v1a` with an Ed25519 one, over `<id>.<t>.<body>`.
 */
export function standardSignature(secrets: readonly StandardSecret[], message: Message): string {
  const { id, body } = message;
  // A full stop would let one signed text be read as two different messages.
  if (id === '' || id.includes('.')) throw new TypeError(`cannot sign the id ${id}`);
  const content = `${id}.${timeText(message.timestampSeconds)}.${body}`;
  const entries = secrets.map((secret) =>
    secret.kind === 'whsec'
      ? `v1,${hmac(secret.key, content).toString('base64')}`
      : `v1a,${sign(null, Buffer.from(content), secret.privateKey).toString('base64')}`,
  );
  return entries.join(' ');
}

/** The lower-case hex of the HMAC over the body alone. The key is the text as it is. */
export function bodySignature(key: string, body: string): string {
  return hmac(key, body).toString('hex');
}

const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

function timeText(seconds: number): string {
  if (!Number.isSafeInteger(seconds) || seconds < 0) {
    throw new TypeError(`not a time in whole seconds: ${seconds}`);
  }
  return String(seconds);
}
