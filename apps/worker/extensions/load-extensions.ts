import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { Action } from '../../../activities/actions/contract.ts';
import { actionFaults } from '../../../activities/actions/action-faults.ts';
import { makeActionRegistry } from '../../../activities/actions/registry.ts';
import { makeWorkflowRegistry } from '../../../activities/dispatch/workflow-registry.ts';
import { isBuiltInWorkflow } from '../../../shared/domain/built-in-workflow.ts';
import { workflowKind, type WorkflowDefinition } from '../../../workflows/handler/contract.ts';
import { shareWithFolder } from './shared-packages.ts';

/** A workflow of an extension, and where the bundler finds its code. */
export interface LoadedWorkflow {
  readonly definition: WorkflowDefinition;
  readonly file: string;
  readonly exportName: string;
}

/** What a deployment adds to the catalogue. */
export interface Extensions {
  readonly actions: readonly Action[];
  readonly workflows: readonly LoadedWorkflow[];
}

/** One of the definitions that a file may export. */
interface Kind<Definition> {
  readonly folder: 'actions' | 'workflows';
  /** What a reader is told to write. */
  readonly maker: string;
  is(value: unknown): value is Definition;
  nameOf(definition: Definition): string;
  faults(definition: Definition): string[];
}

interface Loaded<Definition> {
  readonly definition: Definition;
  readonly file: string;
  readonly exportName: string;
}

const actions: Kind<Action> = {
  folder: 'actions',
  maker: 'defineAction',
  is: (value): value is Action => isRecord(value) && typeof value['handle'] === 'function',
  nameOf: ({ name }) => name,
  faults: actionFaults,
};

const workflows: Kind<WorkflowDefinition> = {
  folder: 'workflows',
  maker: 'defineWorkflow',
  is: (value): value is WorkflowDefinition => isRecord(value) && value['kind'] === workflowKind,
  nameOf: ({ id }) => id,
  faults: workflowFaults,
};

/**
 * Loads the actions and workflows of an extension folder, before anything is served (S-021). Takes
 * its path, undefined for none. Throws one Error that lists every fault with its file.
 */
export async function loadExtensions(folder: string | undefined): Promise<Extensions> {
  if (folder === undefined) return { actions: [], workflows: [] };
  const root = path.resolve(folder);
  const faults: string[] = [];
  if (filesOf(root, actions).length + filesOf(root, workflows).length === 0) {
    faults.push(`${root}: has neither actions/*.ts nor workflows/*.ts`);
  }
  shareWithFolder(root);
  const loadedActions = await loadKind(root, actions, faults);
  const loadedWorkflows = await loadKind(root, workflows, faults);
  const builtIn = makeActionRegistry();
  for (const { definition, file } of loadedActions) {
    if (builtIn.has(definition.name)) {
      faults.push(`${file}: ${definition.name} is the name of a built-in action`);
    }
  }
  for (const { definition, file } of loadedWorkflows) {
    if (isBuiltInWorkflow(definition.id)) {
      faults.push(`${file}: ${definition.id} is the id of a built-in workflow`);
    }
  }
  if (faults.length > 0) {
    throw new Error(
      ['The extensions cannot be used:', ...faults.map((fault) => `  - ${fault}`)]
        .concat('How they are written is described in docs/workflows.md.')
        .join('\n'),
    );
  }
  return {
    actions: loadedActions.map(({ definition }) => definition),
    workflows: loadedWorkflows,
  };
}

/** The definitions of one of the folders; what is wrong with them is added to `faults`. */
async function loadKind<Definition>(
  root: string,
  kind: Kind<Definition>,
  faults: string[],
): Promise<Loaded<Definition>[]> {
  const loaded = new Map<string, Loaded<Definition>>();
  for (const file of filesOf(root, kind)) {
    const found = await loadFile(file, kind).catch((error: unknown) => messageOf(error));
    if (typeof found === 'string') {
      faults.push(`${file}: ${found}`);
      continue;
    }
    const own = kind.faults(found.definition).map((fault) => `${file}: ${fault}`);
    const name = kind.nameOf(found.definition);
    const other = loaded.get(name);
    if (other !== undefined) own.push(`${file}: ${name} is defined in ${other.file} already`);
    faults.push(...own);
    loaded.set(name, found);
  }
  return [...loaded.values()];
}

/** The one definition that a file exports, or what is wrong with the file. */
async function loadFile<Definition>(
  file: string,
  kind: Kind<Definition>,
): Promise<Loaded<Definition> | string> {
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const found = Object.entries(module).flatMap(([exportName, definition]) =>
    kind.is(definition) ? [{ definition, file, exportName }] : [],
  );
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  return `exports ${found.length} definitions made by ${kind.maker}; one is wanted`;
}

function filesOf(root: string, { folder }: { readonly folder: string }): string[] {
  const dir = path.join(root, folder);
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(dir)
    .filter((name) => name.endsWith('.ts') && !/\.(test|d)\.ts$/.test(name))
    .toSorted()
    .map((name) => path.join(dir, name));
}

function workflowFaults(definition: WorkflowDefinition): string[] {
  if (typeof definition.run !== 'function') return ['run: must be a function'];
  if (typeof definition.input?.safeParse !== 'function') return ['input: must be a zod schema'];
  try {
    makeWorkflowRegistry([definition]);
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function messageOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
