import { expect } from 'vitest';
import type { OutboundRig } from './outbound-rig.ts';
import { apiAs, type ApiAnswer, type ApiCaller } from './api.ts';
import type { TestTenant, TestUser, UserOptions } from './factory.ts';

export const endpointsPath = '/webhooks';

/** A tenant of its own with a user who calls the API. */
export interface EndpointBench {
  readonly tenant: TestTenant;
  readonly user: TestUser;
  readonly api: ApiCaller;
  /** Another user of the same tenant. */
  colleague(options?: UserOptions): Promise<{ readonly user: TestUser; readonly api: ApiCaller }>;
  /** Makes an endpoint over the API; the answer is `{data, signingSecret}`. */
  create(overrides?: Readonly<Record<string, unknown>>): Promise<ApiAnswer['body']>;
}

/** Every test has a tenant of its own: a user may read only so often in a minute. */
export async function makeEndpointBench(
  rig: OutboundRig,
  gatewayUrl = rig.gateway.url,
): Promise<EndpointBench> {
  const tenant = await rig.factory.tenant();
  const as = async (options: UserOptions = {}) => {
    const user = await rig.factory.user(tenant, options);
    return { user, api: apiAs(gatewayUrl, user.token) };
  };
  const { user, api } = await as();
  return {
    tenant,
    user,
    api,
    colleague: as,
    async create(overrides = {}) {
      const answer = await api.post(endpointsPath, {
        url: 'http://localhost:9/hook',
        ...overrides,
      });
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
      return answer.body;
    },
  };
}
