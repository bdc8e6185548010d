import path from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose tests wait for outages or start many processes, the longest first. */
const slowFolders = ['faults', 'ops', 'cli', 'workflows', 'outbound'];

/**
 * Runs the long files first. Without it a machine that has never run the tests begins with the largest
 * files, and one with an outage of a minute is left over for the end, when nothing runs beside it.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- the runner's own order
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = slowFolders.indexOf(path.basename(path.dirname(moduleId)));
  return at < 0 ? slowFolders.length : at;
}
