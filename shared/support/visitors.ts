import { v7 as uuidv7 } from 'uuid';
import {
  insertVisitor,
  updateVisitor,
  type Visitor,
  type VisitorValues,
} from '../db/queries/visitors.ts';
import type { TenantTx } from '../db/tenant.ts';
import type { EventTypeName } from '../events/catalogue.ts';
import { tell, type Cause } from './tell.ts';

const nobody: VisitorValues = {
  email: null,
  name: null,
  externalUserId: null,
  customAttributes: {},
};

/** Stores a visitor who is seen for the first time, and tells of them (S-093). */
export async function addVisitor(
  tx: TenantTx,
  values: Partial<VisitorValues>,
  cause: Cause = {},
  id: string = uuidv7(),
): Promise<Visitor> {
  const visitor = await insertVisitor(tx, id, { ...nobody, ...values });
  await tellOf(tx, 'visitor.created', visitor, cause);
  return visitor;
}

/** Stores what is known of a visitor now, and tells of them. The caller has locked the visitor. */
export async function changeVisitor(
  tx: TenantTx,
  before: Visitor,
  change: Partial<VisitorValues>,
  cause: Cause = {},
): Promise<Visitor> {
  const visitor = await updateVisitor(tx, before.id, { ...before, ...change });
  await tellOf(tx, 'visitor.updated', visitor, cause);
  return visitor;
}

/** Nothing personal leaves with an event: who hears of it reads the visitor, if it may. */
const tellOf = (tx: TenantTx, type: EventTypeName, { id }: Visitor, cause: Cause): Promise<void> =>
  tell(tx, cause, { type, objectType: 'visitor', objectId: id, data: { visitorId: id } });
