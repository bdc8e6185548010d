/** The roles of a tenant's members (S-125). */
export const roles = ['owner', 'admin', 'agent', 'viewer'] as const;
export type Role = (typeof roles)[number];

/** Everything a member can be allowed to do. */
export const permissions = [
  'inbound_webhook.create',
  'inbound_webhook.read',
  'inbound_webhook.update',
  'inbound_webhook.delete',
  'inbound_webhook.replay',
  'settings.integrations',
  'members.read',
  'members.manage',
  'audit.read',
  'operations.read',
  'conversations.read',
  'conversations.write',
  'messages.read',
  'messages.write',
  'visitors.read',
  'visitors.write',
  'tickets.read',
  'tickets.write',
  'articles.read',
  'articles.write',
  'collections.read',
  'collections.write',
  'outbound.read',
  'outbound.write',
  'clients.read',
  'contacts.read',
  'assets.read',
  'invoices.read',
  'projects.read',
  'time_entries.read',
] as const;
export type Permission = (typeof permissions)[number];

/** Reads of what the service desk and the automation API work on. */
const resourceReads: readonly Permission[] = [
  'conversations.read',
  'messages.read',
  'visitors.read',
  'tickets.read',
  'articles.read',
  'collections.read',
  'outbound.read',
  'clients.read',
  'contacts.read',
  'assets.read',
  'invoices.read',
  'projects.read',
  'time_entries.read',
];

/** What a role allows when the member has no list of its own. Hooks are for administrators (S-126). */
const byRole: Readonly<Record<Role, readonly Permission[]>> = {
  owner: permissions,
  admin: permissions,
  agent: [
    'members.read',
    ...resourceReads,
    'conversations.write',
    'messages.write',
    'visitors.write',
    'tickets.write',
    'articles.write',
  ],
  viewer: ['members.read', 'audit.read', ...resourceReads],
};

/** What a member may do: its own list when it has one, which may also be shorter; else its role's (S-125). */
export function permissionsOf(role: Role, own: readonly string[] | null): ReadonlySet<Permission> {
  if (own === null) return new Set(byRole[role]);
  return new Set(permissions.filter((permission) => own.includes(permission)));
}

/** Whether a role sees customer data: captured samples and raw bodies (S-041). */
export function isAdministrator(role: Role): boolean {
  return role === 'owner' || role === 'admin';
}
