import { ticketMapping, type TestTenant } from './factory.ts';

/** The body that makes a usual hook over the API; `overrides` replace members. */
export function hookBody(
  tenant: TestTenant,
  overrides: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    name: 'Monitoring alerts',
    authType: 'hmac_sha256',
    authConfig: { signatureHeader: 'X-Signature' },
    handlerType: 'direct_action',
    handlerConfig: { action: 'createTicket', mapping: ticketMapping(tenant.desk) },
    ...overrides,
  };
}
