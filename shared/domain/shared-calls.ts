/** Calls under way by their key, so that who asks meanwhile shares the answer instead of asking again. */
export interface SharedCalls<Value> {
  /** Joins the call under a key, or makes it. `isShared`: it began before it was asked for here. */
  join(
    key: string,
    call: () => Promise<Value>,
  ): { readonly answer: Promise<Value>; readonly isShared: boolean };
}

export function makeSharedCalls<Value>(): SharedCalls<Value> {
  const underWay = new Map<string, Promise<Value>>();
  return {
    join(key, call) {
      const shared = underWay.get(key);
      if (shared !== undefined) return { answer: shared, isShared: true };
      const answer = call().finally(() => underWay.delete(key));
      underWay.set(key, answer);
      return { answer, isShared: false };
    },
  };
}
