import { createRequire, registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * What an extension gets from this installation whatever its own node_modules hold: Tidegate's
 * surface, and the packages of which a process or a bundle may have one copy only.
 */
const packages = ['zod', '@temporalio/workflow', '@temporalio/common'] as const;

const require = createRequire(import.meta.url);

/** Where the bundler of workflow code finds them. */
export function bundlerAliases(): Record<string, string> {
  const folderOf = (name: string): string => path.dirname(require.resolve(`${name}/package.json`));
  return {
    'tidegate/workflow$': require.resolve('tidegate/workflow'),
    ...Object.fromEntries(packages.map((name) => [name, folderOf(name)])),
  };
}

/**
 * Lets the files of a folder import the shared packages as if they lay beside this file, wherever
 * the folder is. Everything else resolves as Node does.
 */
export function shareWithFolder(folder: string): void {
  const below = pathToFileURL(folder + path.sep).href;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const isShared = ['tidegate', ...packages].some(
        (name) => specifier === name || specifier.startsWith(`${name}/`),
      );
      if (!isShared || !context.parentURL?.startsWith(below)) {
        return nextResolve(specifier, context);
      }
      return nextResolve(specifier, { ...context, parentURL: import.meta.url });
    },
  });
}
