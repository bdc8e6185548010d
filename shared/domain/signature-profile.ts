/** How a delivery is written and signed, by name. Public: endpoints choose one of these. */
export const signatureProfiles = [
  'standard',
  'standard_v1a',
  'body_sha256',
  'body_hex',
  'opencom',
  'exa',
  'devcard',
  'alga',
  'e2a',
  'e2a_legacy',
] as const;

export type SignatureProfile = (typeof signatureProfiles)[number];
