import { slugify } from './slug.ts';

const pattern = /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/;

/** Names of integrations that bundled receivers use; a hook under one would be mistaken for it (S-044). */
const reserved = new Set([
  'ninjaone',
  'tacticalrmm',
  'tactical_rmm',
  'tanium',
  'xero',
  'xero_csv',
  'qbo',
  'quickbooks_online',
  'quickbooks_desktop',
  'quickbooks_csv',
  'entra',
  'entra_id',
  'microsoft_graph',
  'microsoft',
  'google',
]);

/** Why a text cannot be the slug of a hook, or undefined when it can (S-044). */
export function hookSlugFault(text: string): string | undefined {
  if (reserved.has(text.toLowerCase())) return 'This name is reserved for an integration.';
  if (!pattern.test(text)) {
    return 'A slug has 1 to 64 lower-case letters, digits and inner hyphens.';
  }
  return undefined;
}

/** A slug made from a name, or undefined when nothing usable is left of it. */
export function slugFromName(name: string): string | undefined {
  const slug = slugify(name, 64);
  return hookSlugFault(slug) === undefined ? slug : undefined;
}
