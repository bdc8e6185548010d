import { z } from 'zod';
import type { Endpoint } from '../../../../shared/db/queries/endpoints.ts';
import { toWireId } from '../../../../shared/domain/ids.ts';
import type { ErrorCode } from '../../../../shared/errors/catalogue.ts';
import { dataOf } from '../../../../shared/schemas/common.ts';
import {
  disableEndpointSchema,
  endpointSchema,
  endpointTestSchema,
} from '../../../../shared/schemas/endpoint-api.ts';
import type { EndpointServices } from '../../endpoints/services.ts';
import {
  disableByOwner,
  enableEndpoint,
  pauseEndpoint,
  resumeEndpoint,
} from '../../endpoints/states.ts';
import { testEndpoint } from '../../endpoints/test-endpoint.ts';
import { requireEndpoint } from '../../endpoints/visibility.ts';
import type { TenantTx } from '../../../../shared/db/tenant.ts';
import { defineSharedRoute, type ApiRoute } from '../route.ts';
import {
  auditEndpoint,
  endpointParams,
  endpointAccess,
  endpointsPath,
  readEndpointView,
} from './endpoints.ts';

const tag = 'Endpoints';

/** Whether an endpoint takes deliveries, and a test of it (S-077, S-078, S-092). */
export function endpointStateRoutes(services: EndpointServices): readonly ApiRoute[] {
  const transition = (spec: {
    readonly verb: 'pause' | 'resume' | 'enable';
    readonly summary: string;
    readonly past: string;
    readonly errors: readonly ErrorCode[];
    readonly change: (tx: TenantTx, endpoint: Endpoint) => Promise<void>;
  }): ApiRoute =>
    defineSharedRoute({
      method: 'POST',
      path: `${endpointsPath}/:id/${spec.verb}`,
      operationId: `${spec.verb}Endpoint`,
      tag,
      summary: spec.summary,
      ...endpointAccess,
      params: endpointParams,
      status: 200,
      response: dataOf(endpointSchema),
      errors: spec.errors,
      async handle(context) {
        const endpoint = await requireEndpoint(context, context.params.id, 'for update');
        await spec.change(context.tx, endpoint);
        await auditEndpoint(context, spec.past, endpoint.id, { from: endpoint.status });
        return { data: await readEndpointView(services, context, endpoint.id) };
      },
    });

  return [
    transition({
      verb: 'pause',
      summary: 'Hold what goes to an endpoint, until it is resumed',
      past: 'paused',
      errors: ['endpoint_disabled'],
      change: pauseEndpoint,
    }),
    transition({
      verb: 'resume',
      summary: 'Let what a paused endpoint holds go on, at its rate',
      past: 'resumed',
      errors: ['endpoint_disabled'],
      change: resumeEndpoint,
    }),
    transition({
      verb: 'enable',
      summary: 'Let a disabled endpoint take deliveries again, first those that it holds',
      past: 'enabled',
      errors: ['cooling_down'],
      change: enableEndpoint,
    }),
    defineSharedRoute({
      method: 'POST',
      path: `${endpointsPath}/:id/disable`,
      operationId: 'disableEndpoint',
      tag,
      summary: 'Disable an endpoint; what goes to it is held until it is enabled',
      ...endpointAccess,
      params: endpointParams,
      body: disableEndpointSchema.nullish(),
      status: 200,
      response: dataOf(endpointSchema),
      async handle(context) {
        const endpoint = await requireEndpoint(context, context.params.id, 'for update');
        const reason = context.body?.reason ?? 'Disabled by its owner.';
        await disableByOwner(context.tx, endpoint, reason);
        await auditEndpoint(context, 'disabled', endpoint.id, { from: endpoint.status });
        return { data: await readEndpointView(services, context, endpoint.id) };
      },
    }),
    defineSharedRoute({
      method: 'POST',
      path: `${endpointsPath}/:id/test`,
      operationId: 'testEndpoint',
      tag,
      summary: 'Send one test event to this endpoint, whatever it filters by, and to no other',
      ...endpointAccess,
      params: endpointParams,
      body: endpointTestSchema.nullish(),
      status: 202,
      response: z.strictObject({ deliveryId: z.string() }),
      errors: ['endpoint_disabled'],
      async handle(context) {
        const endpoint = await requireEndpoint(context, context.params.id);
        const id = await testEndpoint(context.tx, endpoint, context.body ?? {});
        const deliveryId = toWireId('outboundDelivery', id);
        await auditEndpoint(context, 'tested', endpoint.id, { delivery: deliveryId });
        return { deliveryId };
      },
    }),
  ];
}
