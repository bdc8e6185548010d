import { bodySignature } from '../signatures.ts';
import { commonHeaders, newestTextKey, textKinds, type Profile } from './profile.ts';

/** Organization webhooks as exa sends them: `transaction.created` is a resource and an action. */
export const exa: Profile = {
  secretKind: 'hex',
  usableKinds: textKinds,
  renderBody: ({ id, type, createdAt, receipt, data }) => {
    const dot = type.lastIndexOf('.');
    return JSON.stringify({
      id,
      timestamp: createdAt,
      resource: type.slice(0, dot),
      action: type.slice(dot + 1),
      ...(receipt && { receipt }),
      body: data,
    });
  },
  headers: (request) => ({
    ...commonHeaders(request),
    Signature: bodySignature(newestTextKey(request.secrets), request.body),
  }),
};
