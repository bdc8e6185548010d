/** Finds the page of a run in the Temporal UI; undefined where no UI is known. */
export function makeTemporalUrl(
  uiUrl: string | undefined,
  namespace: string,
): (workflowId: string) => string | undefined {
  return (workflowId) =>
    uiUrl === undefined
      ? undefined
      : `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}
