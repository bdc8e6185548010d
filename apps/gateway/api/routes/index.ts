import type { EventServices } from '../../events/services.ts';
import type { EndpointServices } from '../../endpoints/services.ts';
import type { HookServices } from '../../hooks/services.ts';
import type { ApiRoute } from '../route.ts';
import { assistantRoutes } from './assistant.ts';
import { auditRoutes } from './audit.ts';
import { catalogueRoutes } from './catalogue.ts';
import { claimRoutes, type ClaimServices } from './claims.ts';
import { credentialRoutes } from './credentials.ts';
import { deliveryRoutes } from './deliveries.ts';
import { eventRedeliveryRoutes } from './event-redelivery.ts';
import { eventTypeRoutes } from './event-types.ts';
import { eventRoutes } from './events.ts';
import { endpointStateRoutes } from './endpoints-state.ts';
import { endpointRoutes } from './endpoints.ts';
import { hookToolRoutes } from './hook-tools.ts';
import { hookRoutes } from './hooks.ts';
import { memberRoutes } from './members.ts';
import { outboundControlRoutes } from './outbound-deliveries-control.ts';
import { outboundDeliveryRoutes } from './outbound-deliveries.ts';
import { referenceRoutes } from './references.ts';
import { replayJobRoutes, type ReplayServices } from './replay-jobs.ts';
import { rotationRoutes, type RotationServices } from './rotation.ts';
import { tokenRoutes } from './tokens.ts';
import { articleRoutes } from '../../resources/articles.ts';
import { collectionRoutes } from '../../resources/collections.ts';
import { conversationRoutes } from '../../resources/conversations.ts';
import { messageRoutes } from '../../resources/messages.ts';
import { deskRoutes } from '../../resources/desk.ts';
import { ticketCommentRoutes } from '../../resources/ticket-comments.ts';
import { ticketRoutes } from '../../resources/tickets.ts';
import { outboundMessageRoutes } from '../../resources/outbound-messages.ts';
import { visitorRoutes } from '../../resources/visitors.ts';

/** Every route of the management API. */
export function apiRoutes(
  services: HookServices &
    EndpointServices &
    EventServices &
    RotationServices &
    ReplayServices &
    ClaimServices,
): readonly ApiRoute[] {
  return [
    ...hookRoutes(services),
    ...deliveryRoutes(services),
    ...hookToolRoutes(services),
    ...catalogueRoutes(services),
    ...rotationRoutes(services),
    ...replayJobRoutes(services),
    ...referenceRoutes,
    ...memberRoutes,
    ...tokenRoutes,
    ...credentialRoutes,
    ...auditRoutes,
    ...visitorRoutes,
    ...ticketRoutes,
    ...ticketCommentRoutes,
    ...deskRoutes,
    ...conversationRoutes,
    ...messageRoutes,
    ...claimRoutes(services),
    ...assistantRoutes,
    ...articleRoutes,
    ...collectionRoutes,
    ...outboundMessageRoutes,
    ...eventTypeRoutes,
    ...eventRoutes(services),
    ...eventRedeliveryRoutes(services),
    ...endpointRoutes(services),
    ...endpointStateRoutes(services),
    ...outboundDeliveryRoutes(services),
    ...outboundControlRoutes(services),
  ];
}
