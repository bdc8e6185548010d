import { findFreeSlug } from '../../../shared/db/queries/slugged-tables.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { slugOfTitle } from '../../../shared/domain/slug.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';

const places = {
  article: { table: 'articles', pointer: '/title' },
  collection: { table: 'collections', pointer: '/name' },
} as const;

/**
 * The slug of an article or collection for its title, made unique within the tenant (S-119). The caller
 * holds the lock of the table. Throws `slugs_exhausted`.
 */
export async function requireFreeSlug(
  tx: TenantTx,
  kind: keyof typeof places,
  id: string,
  title: string,
): Promise<string> {
  const { table, pointer } = places[kind];
  const wanted = slugOfTitle(title, kind, id);
  const slug = await findFreeSlug(tx, table, { slug: wanted, ownId: id });
  if (slug !== undefined) return slug;
  const message = `The slug ${wanted} is taken, and so is each with a number behind it, up to 100.`;
  throw new TidegateError('slugs_exhausted', message, { details: [{ pointer, message }] });
}
