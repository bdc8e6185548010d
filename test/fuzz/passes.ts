import { scopes } from '../../shared/domain/scopes.ts';
import { automationKey } from '../support/automation.ts';
import type { PeopledRig, PeopledTenant } from '../support/peopled-tenant.ts';

/** One run of the fuzzer as one caller. */
export interface Pass {
  readonly name: string;
  /** The paths that it asks for. */
  readonly paths: string;
  readonly phases: readonly string[];
  /** Its part of the time, beside those of the others. */
  readonly weight: number;
  /** Who asks; undefined: nobody, without a token. */
  token(rig: PeopledRig, tenant: PeopledTenant): Promise<string | undefined>;
}

const all = ['examples', 'coverage', 'fuzzing', 'stateful'];
const some = ['examples', 'coverage'];

export const operatorToken = 'fuzz-operator-token-of-32-characters';

/**
 * Each with a tenant of its own, so that what one breaks is not missing in the next. Members and tokens
 * are apart: whoever fuzzes them ends its own token sooner or later.
 */
export const passes: readonly Pass[] = [
  {
    name: 'key',
    paths: '^/api/(v1/(?!tenants|users|tokens|inbound-webhooks)|webhooks?)',
    phases: all,
    weight: 4,
    token: async (_rig, { key }) => key.secret,
  },
  {
    name: 'owner',
    paths: '^/api/(v1/(?!tenants|users|tokens)|webhooks?)',
    phases: all,
    weight: 4,
    token: async (_rig, { owner }) => owner.token,
  },
  {
    name: 'members',
    paths: '^/api/v1/(users|tokens|me)',
    phases: all,
    weight: 1,
    token: async (_rig, { owner }) => owner.token,
  },
  {
    name: 'key-that-reads',
    paths: '^/api/(v1/(?!tenants|inbound-webhooks)|webhooks?)',
    phases: some,
    weight: 1,
    token: async (rig, { tenant }) => {
      const readers = scopes.filter((scope) => scope.endsWith('.read'));
      return (await automationKey(rig, tenant, readers)).secret;
    },
  },
  {
    name: 'agent',
    paths: '^/api/(v1/(?!tenants)|webhooks?)',
    phases: some,
    weight: 1,
    token: async ({ factory }, { tenant }) => (await factory.user(tenant, { role: 'agent' })).token,
  },
  { name: 'nobody', paths: '^/', phases: some, weight: 1, token: async () => undefined },
];

/** Changes any tenant, so it comes after what is compared. */
export const operatorPass: Pass = {
  name: 'operator',
  paths: '^/api/v1/tenants',
  phases: all,
  weight: 1,
  token: async () => operatorToken,
};
