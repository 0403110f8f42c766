/**
 * Syncline as a library. Each operation is a short story of named stages; what an operation needs of
 * the world is its `Runtime`, and what it does is told as events.
 */
export { apply, type ApplyOptions, type ApplyResult } from './apply.ts';
export { check, type IntegrationCheck } from './check.ts';
export { init } from './init.ts';
export { changesSomething as hasChanges } from '../model/plan.ts';
export { DEFAULT_PLAN_OPTIONS, makePlan, type PlanInput, type PlanOptions, type Planning } from './plan.ts';
export { parsePlanFile, planDigest, printPlanFile } from './plan-file.ts';
export type { CycleSummary, OperationEvent, Runtime } from './runtime.ts';
export { sync, type SyncOptions } from './sync.ts';
export { validate, type Validation } from './validate.ts';
export { isVerified, verifyLinks, type LinkVerification } from './verify.ts';
export { openLedger, openPreviewLedger, openWorkspace, type Workspace } from './workspace.ts';
export type { Plan } from '../model/plan.ts';
export type { Diagnostic } from '../model/diagnostics/diagnostic.ts';
export { SynclineError } from '../model/errors.ts';
