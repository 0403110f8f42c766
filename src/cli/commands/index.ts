import type { CommandModule } from '../program.ts';

/**
 * Every command, in the order in which the help lists them. Each is loaded only when it is called,
 * so that a command costs what it needs and nothing else.
 */
export const COMMANDS: Readonly<Record<string, () => Promise<CommandModule>>> = {
  init: async () => (await import('./init.ts')).initCommand,
  validate: async () => (await import('./validate.ts')).validateCommand,
  fmt: async () => (await import('./fmt.ts')).fmtCommand,
  test: async () => (await import('./test.ts')).testCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  login: async () => (await import('./login.ts')).loginCommand,
  plan: async () => (await import('./plan.ts')).planCommand,
  apply: async () => (await import('./apply.ts')).applyCommand,
  destroy: async () => (await import('./destroy.ts')).destroyCommand,
  sync: async () => (await import('./sync.ts')).syncCommand,
  pause: async () => (await import('./pause.ts')).pauseCommand,
  resume: async () => (await import('./pause.ts')).resumeCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
  show: async () => (await import('./show.ts')).showCommand,
  state: async () => (await import('./state.ts')).stateCommand,
  import: async () => (await import('./import.ts')).importCommand,
  generate: async () => (await import('./generate.ts')).generateCommand,
  quarantine: async () => (await import('./quarantine.ts')).quarantineCommand,
  conflicts: async () => (await import('./conflicts.ts')).conflictsCommand,
  history: async () => (await import('./history.ts')).historyCommand,
  why: async () => (await import('./why.ts')).whyCommand,
  runs: async () => (await import('./runs.ts')).runsCommand,
  undo: async () => (await import('./undo.ts')).undoCommand,
  forget: async () => (await import('./forget.ts')).forgetCommand,
  key: async () => (await import('./key.ts')).keyCommand,
  'force-unlock': async () => (await import('./force-unlock.ts')).forceUnlockCommand,
  audit: async () => (await import('./audit.ts')).auditCommand,
  sandbox: async () => (await import('./sandbox.ts')).sandboxCommand,
  explain: async () => (await import('./explain.ts')).explainCommand,
  completion: async () => (await import('./completion.ts')).completionCommand,
  version: async () => (await import('./version.ts')).versionCommand,
};
