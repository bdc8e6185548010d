import type { VerificationReason } from '../types.ts';

/** Stable codes of what the signature doctor can say; the reasons of a transcript are among them. */
export type FindingCode =
  | VerificationReason
  | 'clock'
  | 'secret_newline'
  | 'secret_blanks'
  | 'secret_encoding'
  | 'signature_encoding'
  | 'signature_prefix'
  | 'signature_elsewhere'
  | 'algorithm'
  | 'timestamp_format'
  | 'body_newline'
  | 'body_line_ends'
  | 'body_byte_order_mark'
  | 'body_reserialized'
  | 'url_scheme'
  | 'url_host'
  | 'url_port'
  | 'url_slash'
  | 'url_query'
  | 'url_several'
  | 'preset'
  | 'not_everything_tried';

export interface SignatureFinding {
  readonly code: FindingCode;
  /** What was found and what to do about it, for an integration engineer. Holds no secret. */
  readonly message: string;
  /** True when the request verifies with this one change. */
  readonly wouldVerify: boolean;
  /** The check it is about, as a JSON pointer into the verifier. */
  readonly at?: string;
  readonly skewSeconds?: number;
  /** Where the body that was signed first differs from the one that came in, in bytes. */
  readonly differsAtByte?: number;
  readonly presetId?: string;
}
