import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { webhookDocs } from './webhook-docs.ts';

const description = `Tidegate takes signed webhooks in, and runs each one's effect exactly once.

Every mutation takes an \`Idempotency-Key\`. Lists page by cursor: pass \`nextCursor\` as \`cursor\`. Errors
are \`application/problem+json\` with a stable \`code\`; docs/errors.md says what to do about each.`;

/**
 * What the page may load: its own files. The plugin's own policy also turns every address into HTTPS,
 * which leaves the page empty where a gateway is reached by HTTP under a name; and it forbids the style
 * elements that the page makes for itself.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "base-uri 'none'",
  "connect-src 'self'",
  "font-src 'self' data:",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "img-src 'self' data:",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
].join('; ');

/**
 * Makes the OpenAPI document from the schemas that validate the requests (S-133) and serves it at
 * /openapi.json, with a page to read it at /docs. Must be registered before the routes.
 */
export function serveOpenApi(app: FastifyInstance, version: string): void {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Tidegate', version, description, license: { name: 'MIT' } },
      tags: [
        { name: 'Receiver', description: 'Where senders send to' },
        { name: 'Hooks', description: 'What is received, how it is proven, what becomes of it' },
        { name: 'Deliveries', description: 'What came in, and what was done' },
        { name: 'Catalogue', description: 'Actions, workflows and sender presets to choose from' },
        { name: 'Events', description: 'What happened, and who has been told' },
        { name: 'Endpoints', description: 'Who is told of events, and how' },
        { name: 'Replays', description: 'Sending again what an endpoint missed' },
        { name: 'Outbound deliveries', description: 'What was sent, and what came of it' },
        {
          name: 'Compatibility',
          description: 'Endpoints in the shapes of two systems whose clients need not change',
        },
        { name: 'Webhooks', description: 'What endpoints are sent' },
        { name: 'Conversations', description: 'Conversations with visitors' },
        { name: 'Messages', description: 'What is said in conversations, never changed' },
        { name: 'Claims', description: 'Who alone may write to a conversation, for a while' },
        { name: 'Visitors', description: 'People who write in' },
        { name: 'Tickets', description: 'Tickets, of hooks and of the API alike' },
        {
          name: 'Assistant',
          description: 'What answers visitors from the articles, unless somebody claims',
        },
        {
          name: 'Knowledge base',
          description: 'Articles, and the tree of collections they are in',
        },
        { name: 'Outbound messages', description: 'Chat messages shown to visitors unasked' },
        { name: 'Service desk', description: 'What actions work on, to read' },
        { name: 'Credentials', description: 'Keys of automation clients' },
        { name: 'Members', description: 'Users of the tenant' },
        { name: 'Tokens', description: 'Personal tokens' },
        { name: 'Audit', description: 'Who did what' },
        { name: 'Tenants', description: 'For the operator of the installation' },
        { name: 'Operations', description: 'Health' },
      ],
      webhooks: webhookDocs(),
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'A personal token, `tgu_…`' },
          key: { type: 'http', scheme: 'bearer', description: 'An automation credential, `osk_…`' },
        },
      },
    },
    transform: createJsonSchemaTransform({ skipList: [] }),
    transformObject: jsonSchemaTransformObject,
  });
  app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    uiConfig: {
      // Without the bar that loads any other document.
      layout: 'BaseLayout',
      docExpansion: 'none',
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}
