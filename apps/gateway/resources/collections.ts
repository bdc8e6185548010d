import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import {
  deleteCollection,
  findCollection,
  insertCollection,
  isCollectionWithin,
  listCollections,
  updateCollection,
  type Collection,
} from '../../../shared/db/queries/collections.ts';
import { lockSluggedTable, nextPosition } from '../../../shared/db/queries/slugged-tables.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { TidegateError } from '../../../shared/errors/tidegate-error.ts';
import {
  collectionChangeSchema,
  collectionFilters,
  collectionSchema,
  newCollectionSchema,
} from '../../../shared/schemas/collection-api.ts';
import { writtenSchema } from '../../../shared/schemas/resource-api.ts';
import { defineResource, type WriteContext } from './define-resource.ts';
import { given } from './given.ts';
import { requireFreeSlug } from './slugs.ts';
import { noSuch, type Emitted, type Refusal } from './writes.ts';

const told = (type: Emitted['type'], { parentId }: Collection): readonly Emitted[] => [
  { type, data: { parentId } },
];

const holds = (what: string): Refusal => ({
  code: 'collection_not_empty',
  pointer: '/collectionId',
  message: `The collection holds ${what}.`,
});

/** Collections of articles, which form a tree (S-121). */
export const collectionRoutes = defineResource({
  name: 'collection',
  path: 'collections',
  title: 'Collection',
  tag: 'Knowledge base',
  idField: 'collectionId',
  scopes: { read: 'collections.read', write: 'collections.write' },
  view: collectionSchema,
  filters: z.object(collectionFilters),
  list: (tx, page, { parentId }) => listCollections(tx, page, { parentId }),
  async find(tx, id, lock = 'none') {
    if (lock === 'for update') await lockSluggedTable(tx, 'collections');
    return findCollection(tx, id, lock);
  },
  present,
  refusals: { collections_tenant_id_parent_id_fkey: noSuch('parentId', 'collection') },
  create: {
    body: newCollectionSchema,
    errors: ['slugs_exhausted'],
    run: make,
    emit: (collection) => told('collection.created', collection),
  },
  update: {
    body: collectionChangeSchema,
    errors: ['slugs_exhausted', 'collection_cycle'],
    run: change,
    emit: (collection) => told('collection.updated', collection),
  },
  commands: {
    delete: {
      summary: 'Delete one that holds nothing',
      verb: 'deleted',
      response: writtenSchema,
      refusals: {
        collections_tenant_id_parent_id_fkey: holds('other collections'),
        articles_tenant_id_collection_id_fkey: holds('articles'),
      },
      async run({ tx }, collection) {
        await deleteCollection(tx, collection.id);
        return { answer: { id: collection.id }, events: told('collection.deleted', collection) };
      },
    },
  },
});

async function make({
  tx,
  body,
}: WriteContext<z.output<typeof newCollectionSchema>>): Promise<Collection> {
  const { name, description = null, icon = null, parentId = null } = body;
  const id = uuidv7();
  await lockSluggedTable(tx, 'collections');
  return insertCollection(tx, id, {
    name,
    description,
    icon,
    parentId,
    slug: await requireFreeSlug(tx, 'collection', id, name),
    order: await nextPosition(tx, 'collections', parentId),
  });
}

async function change(
  {
    tx,
    body: { collectionId: _id, ...body },
  }: WriteContext<z.output<typeof collectionChangeSchema>>,
  before: Collection,
): Promise<Collection> {
  const wanted = { ...before, ...given(body) };
  const { id, name, parentId } = wanted;
  const isMoved = parentId !== before.parentId;
  if (isMoved && parentId !== null && (await isCollectionWithin(tx, parentId, id))) {
    const message = 'The parent is the collection itself, or stands under it.';
    throw new TidegateError('collection_cycle', message, {
      details: [{ pointer: '/parentId', message }],
    });
  }
  return updateCollection(tx, id, {
    ...wanted,
    slug: name === before.name ? before.slug : await requireFreeSlug(tx, 'collection', id, name),
    order: isMoved ? await nextPosition(tx, 'collections', parentId) : before.order,
  });
}

function present(collection: Collection, { tenantId }: TenantTx) {
  return {
    id: collection.id,
    workspaceId: tenantId,
    name: collection.name,
    slug: collection.slug,
    description: collection.description,
    icon: collection.icon,
    parentId: collection.parentId,
    order: collection.order,
    createdAt: collection.createdAt.toISOString(),
    updatedAt: collection.updatedAt.toISOString(),
  };
}
