import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { holdFolder, stopOrphans } from './children.ts';
import { outsideDir } from './postgres.ts';

/** The data folder of the local stack, as an absolute path. */
export const dataFolder = (environment: NodeJS.ProcessEnv): string =>
  path.resolve(environment['TIDEGATE_DATA_DIR'] || '.tidegate');

/** Everything that the local stack puts into its data folder. */
const ours = /^(logs|run|postgres|postgres-dir|secrets\.json|cli\.json|temporal\.db(-\w+)?)$/;

/**
 * What the local stack keeps in a folder, or undefined when there is no such folder. Throws for a
 * folder that holds anything else: it is somebody's, and a misspelt path must not cost them data.
 */
export function describeDataFolder(dir: string): readonly string[] | undefined {
  if (!existsSync(dir)) return undefined;
  const entries = readdirSync(dir);
  const foreign = entries.filter((entry) => !ours.test(entry));
  if (foreign.length > 0) {
    throw new Error(
      `${dir} holds ${foreign.slice(0, 3).join(', ')}, which is not of the local stack: nothing was deleted. Check TIDEGATE_DATA_DIR.`,
    );
  }
  return entries;
}

/**
 * Deletes a data folder, with the Postgres that it keeps elsewhere, after ending what a killed
 * launcher left running on it. Throws while a launcher has the folder.
 */
export async function removeDataFolder(dir: string): Promise<void> {
  if (describeDataFolder(dir) === undefined) return;
  const release = holdFolder(dir);
  try {
    await stopOrphans(dir);
    const outside = outsideDir(dir);
    if (outside !== undefined) rmSync(outside, { recursive: true, force: true });
    rmSync(dir, { recursive: true, force: true });
  } finally {
    release();
  }
}
