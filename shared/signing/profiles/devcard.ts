import { bodySignature } from '../signatures.ts';
import { commonHeaders, newestTextKey, textKinds, type Profile } from './profile.ts';

/** Members that are there even when a view has no card or no viewer. */
const viewDefaults = { cardId: null, viewerId: null } as const;

/** Card-view webhooks as DevCard sends them: the data stands flat between the event and its time. */
export const devcard: Profile = {
  secretKind: 'hex',
  usableKinds: textKinds,
  renderBody: ({ type, createdAt, data }) => {
    // Of members with these two names in the data, those of the event win.
    const { event: _event, timestamp: _timestamp, ...facts } = data;
    const defaults = type === 'card.viewed' ? viewDefaults : {};
    return JSON.stringify({ event: type, ...defaults, ...facts, timestamp: createdAt });
  },
  headers: (request) => ({
    ...commonHeaders(request),
    'X-DevCard-Signature': `sha256=${bodySignature(newestTextKey(request.secrets), request.body)}`,
  }),
};
