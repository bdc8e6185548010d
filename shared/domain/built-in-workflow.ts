/** Workflows that come with Tidegate. A hook selects one as it does an engineer's; none needs publishing. */
export const builtInWorkflowIds = [
  'card-program',
  'card-views',
  'conversation-inbox',
  'email-events',
] as const;

export type BuiltInWorkflowId = (typeof builtInWorkflowIds)[number];

export function isBuiltInWorkflow(id: string): id is BuiltInWorkflowId {
  return (builtInWorkflowIds as readonly string[]).includes(id);
}
