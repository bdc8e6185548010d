import type { ActionRegistry } from '../../../activities/actions/contract.ts';
import { makeActionRegistry } from '../../../activities/actions/registry.ts';
import {
  makeWorkflowRegistry,
  type WorkflowRegistry,
} from '../../../activities/dispatch/workflow-registry.ts';
import { builtInWorkflows } from '../../../activities/sources/built-in.ts';
import type { WorkflowDescription } from '../../../shared/domain/handler-workflow.ts';
import type { WorkflowBundle } from '../inbound-worker.ts';
import { buildHandlerBundle } from './handler-bundle.ts';
import { loadExtensions } from './load-extensions.ts';

/** Everything that a hook of this installation can run. */
export interface Catalogue {
  readonly actions: ActionRegistry;
  /** What engineers have written. */
  readonly workflows: WorkflowRegistry;
  /** What comes with Tidegate. */
  readonly builtInWorkflows: readonly WorkflowDescription[];
  /** The code of the registered workflows; undefined when there are none, or none are run here. */
  readonly handlerBundle: WorkflowBundle | undefined;
}

export interface CatalogueOptions {
  /** The extension folder, undefined for none. */
  readonly folder: string | undefined;
  /** Whether this process runs handler workflows. */
  readonly isHandlerHost: boolean;
}

/** Loads and bundles what the extension folder adds. Throws for whatever would fail at the first request. */
export async function openCatalogue(options: CatalogueOptions): Promise<Catalogue> {
  const extensions = await loadExtensions(options.folder);
  const isBundleWanted = options.isHandlerHost && extensions.workflows.length > 0;
  return {
    actions: makeActionRegistry(extensions.actions),
    builtInWorkflows,
    workflows: makeWorkflowRegistry(extensions.workflows.map(({ definition }) => definition)),
    handlerBundle: isBundleWanted ? await buildHandlerBundle(extensions.workflows) : undefined,
  };
}
