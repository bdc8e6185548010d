/** What an automation credential can be allowed; fixed when it is made, and without a wildcard (S-105). */
export const scopes = [
  'conversations.read',
  'conversations.write',
  'messages.read',
  'messages.write',
  'visitors.read',
  'visitors.write',
  'tickets.read',
  'tickets.write',
  'events.read',
  'events.write',
  'articles.read',
  'articles.write',
  'collections.read',
  'collections.write',
  'outbound.read',
  'outbound.write',
  'webhooks.manage',
  'claims.manage',
] as const;
export type Scope = (typeof scopes)[number];
