import type { ActionDescription } from '../../../shared/domain/action.ts';
import { listPublishedWorkflows } from '../../../shared/db/queries/published-workflows.ts';
import type { HookSettings } from '../../../shared/db/queries/hooks.ts';
import type { TenantTx } from '../../../shared/db/tenant.ts';
import { isBuiltInWorkflow } from '../../../shared/domain/built-in-workflow.ts';
import { publishedOf } from '../../../shared/domain/handler-workflow.ts';
import { TidegateError, invalid, type ErrorDetail } from '../../../shared/errors/tidegate-error.ts';
import type { LanguageLevel } from '../../../shared/domain/language-level.ts';
import type { HookHandler } from '../../../shared/schemas/hook.ts';
import type { HookServices } from './services.ts';

/**
 * Refuses what could never be dispatched: an action or workflow that is not there, a field that the
 * action does not have, an expression that does not compile or is not allowed at the hook's level.
 * Throws `validation_failed` with every fault.
 */
export async function checkHandler(
  services: HookServices,
  tx: TenantTx,
  settings: Pick<HookSettings, 'handler' | 'idempotencySource' | 'languageLevel'>,
): Promise<void> {
  const { handler, idempotencySource, languageLevel } = settings;
  const expressions: Expression[] = [];
  if (handler.handlerType === 'workflow') await checkWorkflow(services, tx, handler);
  else expressions.push(...checkAction(services.actions, handler));
  if (idempotencySource?.type === 'jsonata') {
    expressions.push({ pointer: '/idempotencySource/value', text: idempotencySource.value });
  }
  await checkExpressions(services, tx, languageLevel, expressions);
}

interface Expression {
  readonly pointer: string;
  readonly text: string;
}

type ActionHandler = HookHandler & { handlerType: 'direct_action' };
type WorkflowHandler = HookHandler & { handlerType: 'workflow' };

function checkAction(
  actions: ReadonlyMap<string, ActionDescription>,
  { handlerConfig }: ActionHandler,
): Expression[] {
  const action = actions.get(handlerConfig.action);
  if (action === undefined) {
    throw invalid('/handlerConfig/action', 'There is no such action; see GET …/actions.');
  }
  const known = new Set(action.targetFields.map(({ name }) => name));
  const entries = Object.entries(handlerConfig.mapping);
  const unknown = entries.filter(([name]) => !known.has(name));
  if (unknown.length > 0) {
    throw refuse(
      unknown.map(([name]) => ({
        pointer: mappingPointer(name),
        message: `${action.name} has no such field.`,
      })),
    );
  }
  return entries.map(([name, text]) => ({ pointer: mappingPointer(name), text }));
}

async function checkWorkflow(
  services: HookServices,
  tx: TenantTx,
  { handlerConfig }: WorkflowHandler,
): Promise<void> {
  if (isBuiltInWorkflow(handlerConfig.workflowId)) return;
  const published = await listPublishedWorkflows(tx);
  const ids = published.map(({ workflowId }) => workflowId);
  const selectable = publishedOf(services.workflows, ids);
  if (!selectable.some(({ id }) => id === handlerConfig.workflowId)) {
    throw invalid(
      '/handlerConfig/workflowId',
      'The tenant has published no such workflow; see GET …/workflows.',
    );
  }
}

async function checkExpressions(
  services: HookServices,
  tx: TenantTx,
  level: LanguageLevel,
  expressions: readonly Expression[],
): Promise<void> {
  const results = await services.evaluator.checkExpressions({
    tenantId: tx.tenantId,
    level,
    expressions: expressions.map(({ pointer, text }) => ({ name: pointer, text })),
  });
  const faults = results.filter((result) => !result.ok);
  if (faults.length > 0) {
    throw refuse(faults.map(({ name, reason }) => ({ pointer: name, message: reason })));
  }
}

const refuse = (details: readonly ErrorDetail[]): TidegateError =>
  new TidegateError('validation_failed', undefined, { details });

/** JSON pointers escape `~` and `/` (RFC 6901). */
const mappingPointer = (field: string): string =>
  `/handlerConfig/mapping/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** What keeps every delivery from being dispatched, although the hook can be saved like that. */
export function handlerWarnings(
  actions: ReadonlyMap<string, ActionDescription>,
  workflows: HookServices['workflows'],
  handler: HookHandler,
): string[] {
  if (handler.handlerType === 'workflow') {
    const { workflowId } = handler.handlerConfig;
    const isKnown = workflows.some(({ id }) => id === workflowId);
    return isKnown ? [] : [`The workflow ${workflowId} is not registered in this installation.`];
  }
  const { action: name, mapping } = handler.handlerConfig;
  const action = actions.get(name);
  if (action === undefined) return [`The action ${name} is not registered in this installation.`];
  return action.targetFields
    .filter((field) => field.required && !(field.name in mapping))
    .map((field) => `The required field ${field.name} is not mapped.`);
}
