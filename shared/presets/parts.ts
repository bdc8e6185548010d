import type { IdempotencySource } from '../schemas/hook.ts';
import type {
  BytesEncoding,
  HmacCheck,
  SignedPart,
  StaticCheck,
  TimestampFormat,
} from '../schemas/verifier-check.ts';
import type { Preset } from './preset.ts';

/** Pieces that many presets share. */

interface BodyHmacOptions {
  readonly header: string;
  readonly encoding: BytesEncoding;
  readonly algorithm?: HmacCheck['algorithm'];
  readonly prefix?: string;
}

/** The HMAC of the body, and nothing else, in a header. */
export const bodyHmac = (options: BodyHmacOptions): HmacCheck => ({
  scheme: 'hmac',
  algorithm: options.algorithm ?? 'sha256',
  signature: {
    from: 'header',
    names: [options.header],
    ...(options.prefix !== undefined && { prefix: options.prefix }),
    encoding: options.encoding,
  },
  signed: ['body'],
});

/** A timestamp in a header. */
export const timeHeader = (
  name: string,
  format: TimestampFormat,
  maxAgeSeconds = 300,
): NonNullable<HmacCheck['timestamp']> => ({
  from: 'header',
  name,
  format,
  maxAgeSeconds,
  maxFutureSeconds: Math.min(maxAgeSeconds, 300),
});

/** A token in a header that the sender lets one choose. */
export const headerToken = (name: string): StaticCheck => ({
  scheme: 'static',
  credential: { from: 'header', name },
});

/** The user name that presets with HTTP basic authentication use; the secret is the password. */
export const basicUsername = 'tidegate';
export const basic = (): StaticCheck => ({
  scheme: 'static',
  credential: { from: 'basic', username: basicUsername },
});

export const byHeader = (value: string): IdempotencySource => ({ type: 'header', value });
export const byExpression = (value: string): IdempotencySource => ({ type: 'jsonata', value });

/** A secret that the sender issues, to be copied into the hook. */
export const issuedSecret = (label: string): Preset['secret'] => ({
  label,
  slots: [{ slot: 'default', label }],
});

/** A secret of our choice, to be copied to the sender. */
export const chosenSecret = (label: string): Preset['secret'] => ({
  label,
  slots: [{ slot: 'default', label, generate: true }],
});

/** For senders that sign nothing. */
export const refetchNote =
  'The request is not signed: whoever learns the secret can send anything. Treat the body as a hint and read the object again by its id through the API of the sender before acting on it.';

export const noTimeNote =
  'The signature does not age: a captured request can be sent again. Only an idempotency key stops that, so set one where the preset has none.';

export const addressNote =
  'The address is part of what is signed. Behind a proxy, the public address of the installation must be exactly the one entered at the sender: scheme, host, port, path and query. Set `publicUrl` in the verifier when the sender knows another one.';

export const retriesUnknown =
  'How often the sender repeats a failed request is not documented in a form to rely on.';

/** The header for senders that let one add any. */
export const chosenHeader = 'X-Webhook-Token';

/** `v0:timestamp:body`, as Slack began it and others took over. */
export const versionZero: SignedPart[] = [
  { literal: 'v0:' },
  'timestamp',
  { literal: ':' },
  'body',
];
