import type { FastifyPluginCallback } from 'fastify';
import { managementApi, type ApiDeps } from '../api/plugin.ts';
import type { EndpointServices } from '../endpoints/services.ts';
import { codedErrors } from './coded-errors.ts';
import { organizationWebhookRoutes } from './organization-webhooks.ts';
import { plainErrors } from './plain-errors.ts';
import { userWebhookRoutes } from './user-webhooks.ts';

export interface CompatDeps {
  /** What the management API runs its routes with; these run in the same way. */
  readonly api: Omit<ApiDeps, 'routes' | 'errorForm'>;
  readonly endpoints: EndpointServices;
}

/** The APIs of two systems whose clients need not change: their shapes and errors, our services. */
export const compatApi: FastifyPluginCallback<CompatDeps> = (app, { api, endpoints }, done) => {
  app.register(managementApi, {
    ...api,
    routes: organizationWebhookRoutes(endpoints),
    errorForm: codedErrors,
  });
  app.register(managementApi, {
    ...api,
    routes: userWebhookRoutes(endpoints),
    errorForm: plainErrors,
  });
  done();
};
