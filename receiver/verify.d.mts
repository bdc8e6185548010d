/** Headers as Node, Express and Fastify give them: `request.headers`. */
export interface HeaderRecord {
  readonly [name: string]: string | readonly string[] | undefined;
}

/** Headers of the Fetch API, or anything that answers like them. */
export interface HeaderReader {
  get(name: string): string | null;
}

export interface VerifyOptions {
  /** The signing secret, as it was shown: `whsec_…`, or the public key `whpk_…`. */
  readonly secret?: string | undefined;
  /**
   * Several, while one replaces another. One of them has to fit; those that are set have to be usable.
   */
  readonly secrets?: readonly (string | undefined)[] | undefined;
  readonly headers: HeaderRecord | HeaderReader;
  /** The raw body. A text is taken as UTF-8. */
  readonly body: Uint8Array | string;
  /** `standard` (the default) or `timestamped`. */
  readonly scheme?: 'standard' | 'timestamped' | undefined;
  /** Header of the scheme `timestamped`; `X-Tidegate-Signature` by default. */
  readonly headerName?: string | undefined;
  /** How far the time of sending may be off, in seconds and either way; 300 by default. */
  readonly toleranceSeconds?: number | undefined;
  /** The time to compare with, in seconds since 1970; the clock by default. */
  readonly nowSeconds?: number | undefined;
}

export interface Verified {
  readonly ok: true;
  /**
   * The id of the event, the same over all attempts and replays: de-duplicate by it. The scheme
   * `timestamped` does not sign the header it stands in, so there it is undefined: take `id` from the
   * body.
   */
  readonly id: string | undefined;
  /** When this attempt was sent, in seconds since 1970. */
  readonly timestampSeconds: number;
}

export interface Refused {
  readonly ok: false;
  readonly reason: RefusalReason;
}

/**
 * Why a request is refused. Worth logging; tell the sender nothing but 401.
 *
 * - `secret_unusable`: there is no secret, or one that is empty, too short or not of the scheme.
 * - `header_missing`, `header_repeated`, `header_too_long`: one of the headers of the scheme.
 * - `id_malformed`, `timestamp_malformed`, `signature_malformed`: a header is not what the scheme says.
 * - `timestamp_too_old`, `timestamp_too_new`: further off than the tolerance. Check your clock.
 * - `signature_mismatch`: another secret, or the body or a signed header was changed on the way.
 */
export type RefusalReason =
  | 'secret_unusable'
  | 'header_missing'
  | 'header_repeated'
  | 'header_too_long'
  | 'id_malformed'
  | 'timestamp_malformed'
  | 'signature_malformed'
  | 'timestamp_too_old'
  | 'timestamp_too_new'
  | 'signature_mismatch';

/**
 * Whether a request is from the holder of the secret, unchanged and recent. The scheme `standard`
 * always gives an id.
 *
 * @throws TypeError when the body is neither bytes nor text, or a time among the options is not a
 *   number: mistakes of the calling code, which no request can bring about.
 */
export function verifyWebhook(
  options: VerifyOptions & { readonly scheme?: 'standard' | undefined },
): (Verified & { readonly id: string }) | Refused;
export function verifyWebhook(options: VerifyOptions): Verified | Refused;
