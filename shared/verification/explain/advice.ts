import type { VerificationReason } from '../types.ts';

/** What to do about each reason a check can fail for. */
export const advice: Readonly<Record<VerificationReason, string>> = {
  verified: 'The check passes.',
  not_checked: 'The hook takes requests of everybody.',
  verifier_invalid:
    'The verifier of the hook is not valid, so nothing is let in. Save it again; the faults are shown then.',
  signature_missing:
    'The signature is not where the verifier looks for it. Compare the names of the headers; without a secret many senders do not sign at all.',
  signature_doubled:
    'The signature header came more than once. Look for a proxy that repeats headers, or for two senders in one request.',
  signature_malformed:
    'There is a value, but it is not a signature of the expected prefix, encoding and length. Compare the encoding and the algorithm.',
  signature_surplus:
    'The request carries more than eight signatures. Remove old keys at the sender.',
  credential_missing: 'The token is not where the verifier looks for it.',
  credential_doubled: 'The token came more than once. Look for a proxy that repeats headers.',
  credential_malformed:
    'There is a value, but not of the expected form. Compare the authentication scheme, the user name and the prefix.',
  mismatch:
    'The signature or token is well formed and does not fit any key of the hook. Compare the secret at the sender with the one of the hook.',
  timestamp_missing: 'The timestamp that is signed is not in the request.',
  timestamp_doubled: 'The timestamp came more than once.',
  timestamp_malformed:
    'The timestamp has another format than the verifier says: seconds, milliseconds or ISO 8601.',
  too_old:
    'The signature is right, but its time lies too far back: a repetition without a new signature, a long queue, or clocks that differ.',
  too_new: 'The signature is right, but its time lies ahead of ours. Compare the clocks.',
  message_id_missing: 'The message id that is signed is not in the request.',
  message_id_malformed:
    'The message id is empty, longer than 256 characters, or holds a blank or a full stop.',
  signed_part_missing:
    'A part that is signed is not in the request, or the body is not of the declared type. Compare the list of signed parts with the request.',
  body_digest_missing: 'The digest of the body is not in the request.',
  body_digest_mismatch:
    'The digest that the request carries is not that of its body. Something changed the body on the way.',
  token_malformed: 'There is no JSON Web Token of the configured algorithm in the header.',
  token_claim_wrong: 'The token was issued by another issuer than the configured one.',
  key_missing: 'The hook has no key in this slot. Add the secret.',
  key_unusable:
    'The key of the hook is too short or not of the configured encoding. Enter it again as the sender shows it.',
  address_unknown:
    'The address of the client is not known. Behind a proxy, name it in TIDEGATE_TRUSTED_PROXIES.',
  address_not_listed:
    'The address of the client is not on the list. Behind a proxy, name it in TIDEGATE_TRUSTED_PROXIES; else add the address.',
};
