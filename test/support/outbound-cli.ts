import { makeCli, type Cli } from './cli.ts';
import type { TestTenant } from './factory.ts';
import { startOutboundRig, type OutboundRig } from './outbound-rig.ts';
import type { GatewayOptions } from './stack.ts';

export interface OutboundUser {
  readonly tenant: TestTenant;
  readonly token: string;
  readonly cli: Cli;
}

/** The command line against a stack whose endpoints may be on this machine. */
export interface OutboundCli {
  readonly rig: OutboundRig;
  /** A tenant of its own with an administrator: a user may read only so often in a minute. */
  newUser(): Promise<OutboundUser>;
  close(): Promise<void>;
}

export async function startOutboundCli(options?: GatewayOptions): Promise<OutboundCli> {
  const rig = await startOutboundRig(options);
  const base = makeCli({ TIDEGATE_URL: rig.gateway.url });
  return {
    rig,
    async newUser() {
      const tenant = await rig.factory.tenant();
      const { token } = await rig.factory.user(tenant);
      return { tenant, token, cli: base.as({ TIDEGATE_TOKEN: token }) };
    },
    async close() {
      await base.close();
      await rig.stop();
    },
  };
}
