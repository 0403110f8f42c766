/**
 * Undoing a run: a plan of what would be taken back, approved, and then written like any other change.
 * The undo is a run of its own, with a journal of its own, so it can be undone too. Resources and
 * specifications are not its business: they are what the configuration says.
 */
import type { Address } from '../model/address.ts';
import { SynclineError } from '../model/errors.ts';
import { toInstant } from '../model/time.ts';
import type { ActiveLink } from '../records/link.ts';
import { takeBack, type TakenBack } from '../records/take-back.ts';
import { undoPages, type UndoRecord } from '../records/undo.ts';
import type { Ledger, RunSummary } from '../storage/ledger.ts';
import { requireLink } from './active-links.ts';
import type { StackPlace } from './applied-stack.ts';
import { isImportAddress } from './campaign-history.ts';
import type { Connections } from './connections.ts';
import type { Runtime } from './runtime.ts';
import { createStateWriter } from './state-writer.ts';
import { appliedConnections, knownLinks } from './sync.ts';
import { lockWorkspace, openLedger, openWorkspace, type Workspace } from './workspace.ts';

export interface UndoOptions {
  /** The id of a run, or how it begins. */
  readonly run: string;
  /** Also deletes records that the run created and nobody edited since. */
  readonly deleteCreated: boolean;
  readonly approve: (plan: UndoPlan) => Promise<boolean>;
}

export interface UndoPlan {
  readonly run: RunSummary;
  /** Campaign imports that the run carried out: what they recorded stays. */
  readonly imports: readonly Address[];
  readonly links: readonly {
    readonly address: Address;
    readonly update: number;
    readonly delete: number;
    /** Records of which something is left as it is. */
    readonly left: number;
    /** The first of them, as far as something is to be written or left. */
    readonly records: readonly UndoRecord[];
  }[];
}

export interface UndoResult {
  readonly plan: UndoPlan;
  readonly outcome: 'undone' | 'declined' | 'nothing-to-do';
  /** The run of the undo itself. */
  readonly run: string | undefined;
  readonly updated: number;
  readonly deleted: number;
  /** What was left as it is when it came to writing. */
  readonly left: readonly { readonly link: Address; readonly record: UndoRecord }[];
}

/** A plan lists as many records of each link one by one; all of them are counted. */
const LISTED_RECORDS = 1_000;

/**
 * @throws SynclineError LEDGER_UNKNOWN_RUN, UNDO_LINK_UNKNOWN, UNDO_NO_VALUES, UNDO_UNFINISHED, and what a
 *   cycle throws when it connects and writes
 */
export async function undo(runtime: Runtime, stack: StackPlace, options: UndoOptions): Promise<UndoResult> {
  const opened = await openWorkspace(runtime, stack);
  const lock = await lockWorkspace(runtime, opened, 'undo');
  try {
    const workspace = await openWorkspace(runtime, stack);
    const storage = await openLedger(workspace, lock);
    const connections = appliedConnections(runtime, workspace.state, storage.ledger, lock);
    try {
      const run = await findRun(storage.ledger, options.run);
      const links = await linksOf(runtime, workspace, storage, connections, run);
      const plan = await planUndo(run, links, options);
      const nothing = { plan, run: undefined, updated: 0, deleted: 0, left: [] };
      if (plan.links.every((link) => link.update + link.delete === 0)) return { ...nothing, outcome: 'nothing-to-do' };
      if (!(await options.approve(plan))) return { ...nothing, outcome: 'declined' };
      const writer = createStateWriter(runtime, workspace, lock);
      return await carryOut(runtime, storage.ledger, links, plan, options, (id, fields) => writer.audit('undo', id, fields));
    } finally {
      await connections.recordCalls(storage.ledger);
      await connections.close();
      await storage.ledger.close();
    }
  } finally {
    await lock.release();
  }
}

async function findRun(ledger: Ledger, id: string): Promise<RunSummary> {
  const found = id === '' ? [] : await ledger.findRuns(id);
  const [run, another] = found;
  if (run !== undefined && (another === undefined || run.id === id)) return run;
  throw new SynclineError(
    'LEDGER_UNKNOWN_RUN',
    run === undefined ? `No run has the id ${id}.` : `Several runs have an id that begins with ${id}.`,
    { hint: 'List past runs with:\n  syncline runs' },
  );
}

function writtenTo(run: RunSummary): readonly Address[] {
  return [...new Set(run.writes.map(({ link }) => link as Address))];
}

/** The links that the run wrote to, connected. */
async function linksOf(
  runtime: Runtime,
  workspace: Workspace,
  storage: { readonly ledger: Ledger },
  connections: Connections,
  run: RunSummary,
): Promise<readonly ActiveLink[]> {
  const addresses = writtenTo(run).filter((address) => !isImportAddress(address));
  const gone = addresses.filter((address) => workspace.state.specifications[address] === undefined);
  if (gone.length > 0) {
    throw new SynclineError('UNDO_LINK_UNKNOWN', `The run wrote to ${gone.join(', ')}, which is not applied any more.`, {
      hint: 'Apply a configuration that has it, or move its state back.',
    });
  }
  const links: ActiveLink[] = [];
  for (const source of addresses.length === 0 ? [] : knownLinks(workspace.state, addresses)) {
    const link = await requireLink(runtime, connections, storage, source, (progress) =>
      runtime.emit({ type: 'plan_progress', link: source.address, progress }),
    );
    await refuseOpen(link, run);
    links.push(link);
  }
  return links;
}

async function refuseOpen(link: ActiveLink, run: RunSummary): Promise<void> {
  if ((await link.ledger.openBatches()).length > 0) {
    throw new SynclineError('UNDO_UNFINISHED', `Writes of ${link.address} are still without an answer.`, {
      address: link.address,
      hint: `Let a cycle read them back first:\n  syncline sync ${link.address}`,
    });
  }
  const [first] = await link.ledger.writtenBy(run.id, undefined, 1);
  if (link.retain === 'hashes' || (first?.action !== 'unlink' && first?.after === undefined)) {
    throw new SynclineError('UNDO_NO_VALUES', `${link.address} keeps hashes only: what its fields held before is not known.`, {
      address: link.address,
      hint: `What the run wrote, without values, is told by:\n  syncline history ${link.address} KEY`,
    });
  }
}

async function planUndo(run: RunSummary, links: readonly ActiveLink[], options: UndoOptions): Promise<UndoPlan> {
  const planned: UndoPlan['links'][number][] = [];
  for (const link of links) {
    const counts = { update: 0, delete: 0, left: 0 };
    const records: UndoRecord[] = [];
    for await (const page of undoPages(link, run.id, options)) {
      for (const record of page) {
        if (record.action !== 'none') counts[record.action] += 1;
        if (record.left.length > 0) counts.left += 1;
        if ((record.action !== 'none' || record.left.length > 0) && records.length < LISTED_RECORDS) records.push(record);
      }
    }
    planned.push({ address: link.address, ...counts, records });
  }
  return { run, imports: writtenTo(run).filter(isImportAddress), links: planned };
}

async function carryOut(
  runtime: Runtime,
  ledger: Ledger,
  links: readonly ActiveLink[],
  plan: UndoPlan,
  options: UndoOptions,
  audit: (run: string, fields: Readonly<Record<string, string | number | boolean>>) => Promise<void>,
): Promise<UndoResult> {
  const id = runtime.newId();
  await ledger.startRun(id, 'undo', toInstant(runtime.clock.now()));
  await audit(id, {
    undone: plan.run.id,
    update: plan.links.reduce((sum, link) => sum + link.update, 0),
    delete: plan.links.reduce((sum, link) => sum + link.delete, 0),
  });
  const totals = { updated: 0, deleted: 0 };
  const left: { link: Address; record: UndoRecord }[] = [];
  let outcome = 'failed';
  try {
    for (const link of links) {
      const done: TakenBack = { updated: 0, deleted: 0, left: [] };
      try {
        await takeBack(link, id, plan.run.id, options, done);
      } finally {
        totals.updated += done.updated;
        totals.deleted += done.deleted;
        left.push(...done.left.map((record) => ({ link: link.address, record })));
      }
    }
    outcome = 'undone';
  } finally {
    const ended = runtime.signal.aborted ? 'interrupted' : outcome;
    await ledger.endRun(id, toInstant(runtime.clock.now()), ended, JSON.stringify({ ...totals, undone: plan.run.id }));
  }
  return { plan, outcome: 'undone', run: id, ...totals, left };
}
