import { Refused, type Tidegate } from '../client/tidegate.ts';
import { momentOf, type List, type Row } from './lists.ts';
import type { Progress, Store, Walk } from './store.ts';

export interface WalkDeps {
  readonly tidegate: Tidegate;
  readonly store: Store;
  /**
   * How far a walk goes back beyond the newest row of the one before. A row gets its moment before its
   * transaction commits, so rows appear behind newer ones; this is longer than any transaction takes.
   */
  readonly overlapMs: number;
  readonly pageRows: number;
}

/** What is done with a page of a list, in the transaction that notes that it was read. */
export type TakePage = (rows: readonly Row[], walk: Walk) => void;

/**
 * Walks through a list from its newest row back to where the last walk leaves no doubt, or to its end
 * with `isSweep`. One that was cut off goes on at the page it had come to: whatever changed since is
 * newer than its first row, and the next walk's.
 */
export async function walkList(
  deps: WalkDeps,
  list: List,
  takePage: TakePage,
  { isSweep }: { readonly isSweep: boolean },
): Promise<void> {
  const { tidegate, store } = deps;
  let walk = store.walk(list.name) ?? beginWalk(deps, store.progress(list.name), isSweep);
  for (;;) {
    const { status, body, serverMs } = await tidegate.get(list.path, {
      limit: deps.pageRows,
      cursor: walk.cursor ?? undefined,
      [list.sinceParameter]:
        walk.floorMs === null ? undefined : new Date(walk.floorMs).toISOString(),
    });
    if (status === 400 && body.code === 'cursor_invalid') {
      // Of a version of the server that is gone: from the top again, with nothing lost.
      const last = { ...store.progress(list.name), walks: walk.number };
      walk = beginWalk(deps, last, walk.floorMs === null);
      continue;
    }
    if (status !== 200) throw new Refused(status, body);
    const rows = body.data as readonly Row[];
    walk = { ...walk, ...(walk.begunMs === null && beginning(rows, list, serverMs)) };
    const isLast = body.hasMore !== true;
    if (isLast && walk.floorMs === null) await removeGone(deps, list, walk, rows);
    store.transaction(() => {
      takePage(rows, walk);
      if (isLast) endWalk(store, list, walk);
      else store.saveWalk(list.name, { ...walk, cursor: body.nextCursor });
    });
    if (isLast) return;
    walk = { ...walk, cursor: body.nextCursor };
  }
}

function beginWalk({ overlapMs }: WalkDeps, last: Progress, isSweep: boolean): Walk {
  const isWhole = isSweep || last.checkpointMs === null;
  return {
    number: last.walks + 1,
    floorMs: isWhole ? null : (last.checkpointMs ?? 0) - overlapMs,
    topMs: null,
    begunMs: null,
    cursor: null,
  };
}

/** A moment from the future, of a clock that was set wrong, must not hide what comes after it. */
const beginning = ([newest]: readonly Row[], list: List, serverMs: number) => ({
  begunMs: serverMs,
  topMs: newest === undefined ? null : Math.min(momentOf(newest, list), serverMs),
});

/** The checkpoint moves when all that it speaks of is in the copy, and not before. */
function endWalk(store: Store, list: List, { number, floorMs, topMs, begunMs }: Walk): void {
  const last = store.progress(list.name);
  store.saveProgress(list.name, {
    walks: number,
    checkpointMs: topMs === null ? last.checkpointMs : Math.max(topMs, last.checkpointMs ?? topMs),
    walkedMs: begunMs,
    sweptMs: floorMs === null ? begunMs : last.sweptMs,
  });
  store.saveWalk(list.name, undefined);
}

/**
 * What a walk of the whole list has not met was deleted, or has moved to the top meanwhile. Which of the
 * two, the server is asked.
 */
async function removeGone(
  { tidegate, store }: WalkDeps,
  list: List,
  walk: Walk,
  lastPage: readonly Row[],
): Promise<void> {
  if (list.resourceType === undefined) return;
  const met = new Set(lastPage.map(({ id }) => id));
  for (const id of store.unmet(list.name, walk.number)) {
    if (met.has(id)) continue;
    const { status, body } = await tidegate.get(`${list.path}/get`, { id });
    if (status === 404) store.transaction(() => store.remove(list.name, id));
    else if (status !== 200) throw new Refused(status, body);
  }
}
