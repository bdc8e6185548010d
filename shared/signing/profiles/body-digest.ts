import { bodySignature } from '../signatures.ts';
import { commonHeaders, newestTextKey, textKinds, type Profile } from './profile.ts';
import { renderDefaultBody } from './standard.ts';

/**
 * A signature over the body alone, under a header of the endpoint's choice (S-067). There is room for
 * one value, so in a rotation the newest secret signs at once; and no time is signed, so a captured
 * request stays valid. For receivers that cannot be changed.
 */
const bodyDigest = (renamableHeader: string, prefix: string): Profile => ({
  secretKind: 'hex',
  usableKinds: textKinds,
  renamableHeader,
  renderBody: renderDefaultBody,
  headers: (request) => ({
    ...commonHeaders(request),
    [request.headerName ?? renamableHeader]:
      prefix + bodySignature(newestTextKey(request.secrets), request.body),
  }),
});

export const bodySha256 = bodyDigest('X-Tidegate-Signature-256', 'sha256=');
export const bodyHex = bodyDigest('X-Tidegate-Body-Signature', '');
