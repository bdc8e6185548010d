import type { DeliveryCommand } from '../../../../shared/domain/outbound.ts';
import { dataOf } from '../../../../shared/schemas/common.ts';
import { outboundDeliverySchema } from '../../../../shared/schemas/outbound-delivery-api.ts';
import { commandOutboundDelivery } from '../../endpoints/commands.ts';
import type { EndpointServices } from '../../endpoints/services.ts';
import { requireOutboundDelivery } from '../../endpoints/visibility.ts';
import { audit } from '../audit.ts';
import { defineSharedRoute, type ApiRoute } from '../route.ts';
import { endpointParams, endpointAccess } from './endpoints.ts';
import { outboundPath, readOutboundView } from './outbound-deliveries.ts';

/** What an owner can do with an open delivery, also while Temporal is away. */
export function outboundControlRoutes(services: EndpointServices): readonly ApiRoute[] {
  const commandRoute = (spec: {
    readonly command: DeliveryCommand;
    readonly path: string;
    readonly past: string;
    readonly summary: string;
  }): ApiRoute =>
    defineSharedRoute({
      method: 'POST',
      path: `${outboundPath}/:id/${spec.path}`,
      operationId: `${spec.command}OutboundDelivery`,
      tag: 'Outbound deliveries',
      summary: spec.summary,
      ...endpointAccess,
      params: endpointParams,
      status: 200,
      response: dataOf(outboundDeliverySchema),
      errors: ['delivery_settled'],
      async handle(context) {
        const { id } = await requireOutboundDelivery(context, context.params.id);
        const changed = await commandOutboundDelivery(context.tx, id, spec.command);
        await audit(context, {
          action: `webhook_delivery.${spec.past}`,
          resourceType: 'webhook_delivery',
          resourceId: id,
        });
        context.afterCommit(() => services.wake(changed));
        return { data: await readOutboundView(services, context, context.params.id) };
      },
    });

  return [
    commandRoute({
      command: 'retryNow',
      path: 'retry-now',
      past: 'hastened',
      summary: 'Make the next attempt of an open delivery now',
    }),
    commandRoute({
      command: 'pause',
      path: 'pause',
      past: 'paused',
      summary: 'Hold an open delivery until it is resumed',
    }),
    commandRoute({
      command: 'resume',
      path: 'resume',
      past: 'resumed',
      summary: 'Let a paused delivery go on',
    }),
    commandRoute({
      command: 'cancel',
      path: 'cancel',
      past: 'canceled',
      summary: 'End an open delivery without a further attempt',
    }),
  ];
}
