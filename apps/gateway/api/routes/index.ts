import type { HookServices } from '../../hooks/services.ts';
import type { ApiRoute } from '../route.ts';
import { auditRoutes } from './audit.ts';
import { catalogueRoutes } from './catalogue.ts';
import { deliveryRoutes } from './deliveries.ts';
import { hookToolRoutes } from './hook-tools.ts';
import { hookRoutes } from './hooks.ts';
import { memberRoutes } from './members.ts';
import { referenceRoutes } from './references.ts';
import { tokenRoutes } from './tokens.ts';

/** Every route of the management API. */
export function apiRoutes(services: HookServices): readonly ApiRoute[] {
  return [
    ...hookRoutes(services),
    ...deliveryRoutes(services),
    ...hookToolRoutes(services),
    ...catalogueRoutes(services),
    ...referenceRoutes,
    ...memberRoutes,
    ...tokenRoutes,
    ...auditRoutes,
  ];
}
