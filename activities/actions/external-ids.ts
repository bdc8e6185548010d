import { v7 as uuidv7 } from 'uuid';
import {
  claimExternalId,
  findExternalEntity,
} from '../../shared/db/queries/external-entity-mappings.ts';
import { refuseValue, type ActionContext, type ActionRefusal } from './contract.ts';

/** The id of the entity an external id stands for, or the refusal that none does (S-034). */
export async function lookUp(
  context: ActionContext,
  entityType: string,
  externalId: string,
  field = 'external_id',
): Promise<string | ActionRefusal> {
  const { hookSlug } = context;
  const found = await findExternalEntity(context.tx, { hookSlug, entityType, externalId });
  return found ?? lookupMiss(context, entityType, externalId, field);
}

function lookupMiss(
  { hookSlug }: ActionContext,
  entityType: string,
  externalId: string,
  field: string,
): ActionRefusal {
  return {
    status: 'failed',
    code: 'LOOKUP_MISS',
    field,
    message: `The hook ${hookSlug} knows no ${entityType} with the external id ${JSON.stringify(externalId)}.`,
  };
}

/** The entity that an upsert is about. A new one is tied to its external id, but not stored yet. */
export interface Claim {
  readonly entityId: string;
  readonly isNew: boolean;
}

/** Finds the entity of an external id, or ties the id to the entity that the caller then creates. */
export async function claim(
  context: ActionContext,
  entityType: string,
  externalId: string,
  proposed: string = uuidv7(),
): Promise<Claim> {
  const key = { hookSlug: context.hookSlug, entityType, externalId };
  const entityId = await claimExternalId(context.tx, key, proposed);
  return { entityId, isNew: entityId === proposed };
}

/** The id for an entity that must be new, tied to its external id when it has one. */
export async function newEntityId(
  context: ActionContext,
  entityType: string,
  externalId: string | undefined,
): Promise<string | ActionRefusal> {
  if (externalId === undefined) return uuidv7();
  const { entityId, isNew } = await claim(context, entityType, externalId);
  if (isNew) return entityId;
  return refuseValue(
    'external_id',
    `This external id already stands for another ${entityType.replace('_', ' ')}.`,
  );
}

/** The id of an entity that is named by its own id or else by its external id; undefined for neither. */
export async function resolveByEither(
  context: ActionContext,
  entityType: 'client' | 'project',
  id: string | undefined,
  externalId: string | undefined,
): Promise<string | undefined | ActionRefusal> {
  if (id !== undefined || externalId === undefined) return id;
  return lookUp(context, entityType, externalId, `${entityType}_external_id`);
}

/** The part of an outcome that an optional external id makes. */
export const named = (externalId: string | undefined): { readonly externalId?: string } =>
  externalId === undefined ? {} : { externalId };
