import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import { findOrphans, launcherOf } from '../dev/children.ts';
import { defaultPorts, isPortFree, portOwner } from '../dev/ports.ts';
import { isOpenToAll } from '../dev/postgres.ts';
import { fail, ok, type Finding } from './finding.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const freeBytesMin = 1_073_741_824;
/** Where Postgres is kept when its user cannot enter the data folder. */
const outside = '/var/tmp';

/** Whether the data folder can be written to, and entered by the user that Postgres runs as. */
export function folderFinding(dir: string): Finding {
  const at = nearestExisting(dir);
  accessSync(at, constants.W_OK);
  if (!statSync(at).isDirectory()) {
    return fail(`${at} is not a folder`, 'let TIDEGATE_DATA_DIR name a folder');
  }
  const launcher = launcherOf(dir);
  const held = launcher === undefined ? '' : `, and npm start runs on it (process ${launcher})`;
  // Only root gives Postgres another user.
  if (process.getuid?.() !== 0 || isOpenToAll(path.dirname(dir))) return ok(`${dir}${held}`);
  accessSync(outside, constants.W_OK);
  return ok(
    `${dir}, with Postgres below ${outside}, because only root may enter the folder${held}`,
  );
}

/** Whether there is room for the data, the logs, and a Temporal server. */
export function diskFinding(dir: string): Finding {
  const { bavail, bsize } = statfsSync(nearestExisting(dir));
  const freeBytes = bavail * bsize;
  const freeGib = `${(freeBytes / 1_073_741_824).toFixed(1)} GiB are free`;
  return freeBytes >= freeBytesMin ? ok(freeGib) : fail(`only ${freeGib}`, 'free at least 1 GiB');
}

function nearestExisting(dir: string): string {
  return existsSync(dir) ? dir : nearestExisting(path.dirname(dir));
}

/**
 * Whether the ports are free, or by whom they are used. A default port that is used is no fault,
 * because the start takes another one; the port that TIDEGATE_PORT demands must be free.
 */
export async function portsFinding(environment: Environment, dir: string): Promise<Finding> {
  const demanded = Number(environment['TIDEGATE_PORT'] ?? 0);
  const isOurs = launcherOf(dir) !== undefined;
  if (demanded > 0 && !isOurs && !(await isPortFree(demanded))) {
    return fail(
      `port ${demanded}, which TIDEGATE_PORT demands, is used by ${ownerOf(demanded)}`,
      'end that program, or set TIDEGATE_PORT to another port or to nothing',
    );
  }
  const used: string[] = [];
  for (const port of Object.values(defaultPorts)) {
    if (!(await isPortFree(port))) used.push(`${port} is used by ${ownerOf(port)}`);
  }
  if (used.length === 0) return ok(`free: ${Object.values(defaultPorts).join(', ')}`);
  return ok(`${used.join(', ')}; ${isOurs ? 'npm start runs' : 'npm start takes others instead'}`);
}

const ownerOf = (port: number): string => portOwner(port) ?? 'a program that cannot be seen';

/** Whether an earlier launcher that was killed left servers behind. */
export function leftoversFinding(dir: string): Finding {
  const orphans = findOrphans(dir);
  if (orphans.length === 0) return ok('nothing was left running');
  const named = orphans.map(({ name, pid }) => `${name} (process ${pid})`);
  return fail(
    `a launcher that was killed left running: ${named.join(', ')}`,
    '"npm start" ends them and continues with their data; "npm run reset" ends them and deletes it',
  );
}
