import type { Check } from '../schemas/verifier-check.ts';

/** A request as a verifier looks at it: the bytes as they came in, before anything parsed them. */
export interface VerifiableRequest {
  /** Upper case. */
  readonly method: string;
  /** The address the sender called: scheme, host, path and query as in the request line. */
  readonly url: string;
  readonly path: string;
  /** Decoded names and values, each occurrence. */
  readonly query: ReadonlyMap<string, readonly string[]>;
  /** Name in lower case to each occurrence, as the latin1 text that Node gives. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
  /** Null when it is not known. */
  readonly clientIp: string | null;
}

/** A key that is live now. Several in one slot are a rotation: any of them may match. */
export interface VerificationKey {
  readonly id: string;
  readonly slot: string;
  /** The secret or public key as it was entered: text, in UTF-8. */
  readonly material: Buffer;
}

export type VerificationReason =
  | 'verified'
  | 'verifier_invalid'
  | 'signature_missing'
  | 'signature_doubled'
  | 'signature_malformed'
  | 'signature_surplus'
  | 'credential_missing'
  | 'credential_doubled'
  | 'credential_malformed'
  | 'mismatch'
  | 'timestamp_missing'
  | 'timestamp_doubled'
  | 'timestamp_malformed'
  | 'too_old'
  | 'too_new'
  | 'message_id_missing'
  | 'message_id_malformed'
  | 'signed_part_missing'
  | 'body_digest_missing'
  | 'body_digest_mismatch'
  | 'token_malformed'
  | 'token_claim_wrong'
  | 'key_missing'
  | 'key_unusable'
  | 'address_unknown'
  | 'address_not_listed'
  | 'not_checked';

/** What one check found. For operators: never a secret, never the signature that was expected. */
export interface VerificationStep {
  /** Where in the verifier the check stands, as a JSON pointer. */
  readonly at: string;
  readonly scheme: Check['scheme'] | 'none' | 'unknown';
  readonly ok: boolean;
  readonly reason: VerificationReason;
  readonly slot?: string;
  /** The key that matched. */
  readonly keyId?: string;
  /** How far the timestamp lies behind our clock, in seconds; negative when it is ahead. */
  readonly skewSeconds?: number;
  /** The parts that were hashed, in order. */
  readonly signedParts?: readonly string[];
}

export type Refusal = 'rejected_signature' | 'rejected_bearer' | 'rejected_ip' | 'rejected_no_auth';

export type Verification =
  | {
      readonly ok: true;
      /** The keys that matched. Empty for an address list and for `none`. */
      readonly keyIds: readonly string[];
      readonly transcript: readonly VerificationStep[];
    }
  | {
      readonly ok: false;
      readonly refusal: Refusal;
      readonly transcript: readonly VerificationStep[];
    };
