import type { CliCommand, CommandGroup } from '../command.ts';
import { assistant } from './assistant.ts';
import { audit } from './audit.ts';
import { actions, verifiers, workflows } from './catalogue.ts';
import { claims } from './claims.ts';
import { conversations } from './conversations.ts';
import { credentials } from './credentials.ts';
import { deliveries } from './deliveries.ts';
import { endpoints } from './endpoints.ts';
import { events } from './events.ts';
import { hooks } from './hooks.ts';
import { articles, collections } from './knowledge-base.ts';
import { listen } from './listen.ts';
import { outbound } from './outbound.ts';
import { replay } from './replay.ts';
import { send } from './send.ts';
import { signature } from './signature.ts';
import { tenants } from './tenants.ts';
import { tickets } from './tickets.ts';
import { tokens } from './tokens.ts';
import { users } from './users.ts';
import { whoami } from './whoami.ts';

/** Every command, in the order of the help. A new group is a line here. */
export const commands: readonly (CliCommand | CommandGroup)[] = [
  whoami,
  send,
  hooks,
  deliveries,
  endpoints,
  events,
  outbound,
  articles,
  collections,
  replay,
  conversations,
  claims,
  assistant,
  listen,
  tickets,
  signature,
  actions,
  verifiers,
  workflows,
  users,
  tokens,
  credentials,
  audit,
  tenants,
];
