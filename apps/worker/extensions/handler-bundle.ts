import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { LoadedWorkflow } from './load-extensions.ts';
import { bundlerAliases } from './shared-packages.ts';

/** The bundler's configuration has them in this one of two forms. */
type Aliases = Record<string, string | false>;

/**
 * Bundles the code of handler workflows for the sandbox, which takes about a second and a half.
 * Throws an Error that says what cannot be bundled: a module of Node's, an import that is not found.
 *
 * It is a bundle apart from Tidegate's own workflows: a run evaluates the modules of its bundle, and
 * an accepted request must not pay for those of extensions.
 */
export async function buildHandlerBundle(
  workflows: readonly LoadedWorkflow[],
): Promise<{ readonly code: string }> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tidegate-handlers-'));
  const workflowsPath = path.join(dir, 'handlers.cjs');
  const output: string[] = [];
  try {
    writeFileSync(workflowsPath, entryModule(workflows));
    return await bundleWorkflowCode({
      workflowsPath,
      logger: new DefaultLogger('ERROR', ({ message }) => output.push(message)),
      webpackConfigHook: (config) => ({
        ...config,
        resolve: {
          ...config.resolve,
          alias: { ...(config.resolve?.alias as Aliases | undefined), ...bundlerAliases() },
        },
      }),
    });
  } catch (error) {
    const reasons = errorsIn(output) || (error as Error).message;
    throw new Error(`The workflows of the extensions cannot be bundled:\n${reasons}`, {
      cause: error,
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Each id names the function of its workflow. A getter, so that a run loads its own file only. */
function entryModule(workflows: readonly LoadedWorkflow[]): string {
  const lines = workflows.map(({ definition, file, exportName }) => {
    const [id, from, name] = [definition.id, file, exportName].map((text) => JSON.stringify(text));
    return `Object.defineProperty(exports, ${id}, { enumerable: true, get: () => require(${from})[${name}].run });`;
  });
  return `${lines.join('\n')}\n`;
}

/** The errors of the bundler's report, without its statistics and its own stack. */
function errorsIn(output: readonly string[]): string {
  const lines = output.join('\n').split('\n');
  const first = lines.findIndex((line) => line.startsWith('ERROR in '));
  if (first === -1) return '';
  return lines
    .slice(first)
    .filter((line) => !line.startsWith('    at '))
    .join('\n');
}
