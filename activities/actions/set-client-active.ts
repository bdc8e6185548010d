import { setClientInactive } from '../../shared/db/queries/clients.ts';
import { isRefusal, type ActionContext } from './contract.ts';
import { defineAction } from './define-action.ts';
import { recordEvent } from './effects.ts';
import { lookUp } from './external-ids.ts';
import { externalId, flag, required } from './fields.ts';

/** Makes a client active or inactive; says so only when that is a change (S-027). */
export const setClientActiveByExternalId = defineAction({
  name: 'setClientActiveByExternalId',
  entityType: 'client',
  displayName: 'Activate or deactivate client',
  description: 'Makes the client with an external id active or inactive.',
  targetFields: [
    required(externalId('External id of the client')),
    required(flag('active', 'Whether the client is active')),
  ],
  behavior: ['A client that is so already is left alone.'],
  metadata: { status_changed: 'whether anything was written' },
  events: ['client.status_changed'],
  async handle(context, fields) {
    const id = await lookUp(context, 'client', fields.external_id);
    if (isRefusal(id)) return id;
    const isChanged = await setClientInactive(context.tx, id, !fields.active);
    if (isChanged) await recordClientStatus(context, id, !fields.active);
    const state = fields.active ? 'active' : 'inactive';
    return {
      entityId: id,
      externalId: fields.external_id,
      message: isChanged ? `Client made ${state}.` : `Client was ${state} already.`,
      metadata: { status_changed: isChanged },
    };
  },
});

/** Records that a client has become active or inactive. */
export function recordClientStatus(
  context: ActionContext,
  clientId: string,
  isInactive: boolean,
): Promise<void> {
  return recordEvent(context, {
    type: 'client.status_changed',
    objectType: 'client',
    objectId: clientId,
    data: { isInactive },
  });
}
