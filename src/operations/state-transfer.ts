/** Taking the state out, putting one in, and beginning with an empty ledger: for repairs by hand. */
import { isFlowKind } from '../model/address.ts';
import { SynclineError } from '../model/errors.ts';
import type { State } from '../model/state.ts';
import { toInstant } from '../model/time.ts';
import { headOf } from '../storage/audit.ts';
import type { Lock } from '../storage/lock.ts';
import { parseState, printState } from '../storage/state-text.ts';
import type { StackPlace } from './applied-stack.ts';
import type { Runtime } from './runtime.ts';
import { audit, lockWorkspace, movedFault, openWorkspace, withLedger, type Workspace } from './workspace.ts';

/** The text of the state. @throws SynclineError SYNC_NOTHING_APPLIED where there is none */
export async function pullState(runtime: Runtime, stack: StackPlace): Promise<string> {
  const { storage } = await openWorkspace(runtime, stack);
  const state = await storage.states.read();
  if (state !== undefined) return printState(state);
  throw new SynclineError('SYNC_NOTHING_APPLIED', `There is no state at ${storage.places.state}.`, {
    hint: 'Apply the configuration first:\n  syncline apply',
  });
}

export interface PushOptions {
  /** What to call the text in messages: a path. */
  readonly source: string;
  /** Takes a text that was edited by hand, on top of the serial that it was made from. */
  readonly edited: boolean;
  /** Takes an older state, or another one of the same serial, and stores it on top of what was seen. */
  readonly force: boolean;
}

export interface PushResult {
  readonly state: State;
  readonly changed: boolean;
  /** Whether there is a ledger for it. Where there is none, nothing that the state tells of can run. */
  readonly ledger: boolean;
}

/**
 * @returns the state as stored, and whether that changed anything
 * @throws SynclineError what `parseState` and `StateStore.push` throw, LEDGER_LINEAGE_MISMATCH, STATE_ROLLED_BACK
 */
export async function pushState(
  runtime: Runtime,
  stack: StackPlace,
  text: string,
  { source, edited, force }: PushOptions,
): Promise<PushResult> {
  const pushed = parseState(text, {
    source,
    digest: edited ? 'ignore' : 'verify',
    stack: stack.name,
    hint: `If it was edited on purpose:\n  syncline state push --edited ${source}`,
  });
  const opened = await openWorkspace(runtime, stack);
  const lock = await lockWorkspace(runtime, opened, 'state push');
  try {
    const { storage } = opened;
    const current = await storage.states.read();
    if (force) await stayHere(opened, lock);
    const seen = await seenWith(opened, pushed);
    if (!force && pushed.serial < seen) {
      throw new SynclineError(
        'STATE_ROLLED_BACK',
        `${source} has serial ${pushed.serial}, but serial ${seen} was worked with before.`,
        {
          hint: `Push the newer one, or, to go on from this one:\n  syncline state push --force ${source}`,
        },
      );
    }
    const how = force ? ({ as: 'forced', above: seen } as const) : ({ as: edited ? 'edited' : 'whole' } as const);
    const stored = await storage.states.push(pushed, how, lock);
    const changed = stored !== current && stored.digest !== current?.digest;
    const ledger = await storage.ledgers.exists();
    if (!changed) return { state: stored, changed, ledger };
    const event = await storage.audit.append(
      {
        type: 'state_pushed',
        at: toInstant(runtime.clock.now()),
        who: runtime.who,
        run: null,
        serial: stored.serial,
        forced: force,
        edited,
      },
      lock,
    );
    return { state: await storage.states.write({ ...stored, audit: headOf(event) }, stored.serial, lock), changed, ledger };
  } finally {
    await lock.release();
  }
}

/** A move away from here is given up, where somebody insists. */
async function stayHere({ storage }: Workspace, lock: Lock): Promise<void> {
  if (!(await storage.ledgers.exists())) return;
  await withLedger(storage, lock, (ledger) => ledger.noteMoved(undefined));
}

/** The highest serial that the ledger has seen; a state of another lineage is refused. */
async function seenWith({ storage }: Workspace, pushed: State): Promise<number> {
  if (!(await storage.ledgers.exists())) return 0;
  const ledger = await storage.ledgers.open(storage.keys.open(), 'preview');
  try {
    const moved = movedFault(await ledger.whereabouts(), storage);
    if (moved !== undefined) throw moved;
    const lineage = await ledger.lineage();
    if (lineage === undefined || lineage === pushed.lineage) return await ledger.seenSerial();
    throw new SynclineError(
      'LEDGER_LINEAGE_MISMATCH',
      `The ledger belongs to state lineage ${lineage}, this state to ${pushed.lineage}.`,
      {
        hint: 'Push the state that belongs to this ledger, or use another --backend for this one.',
      },
    );
  } finally {
    await ledger.close();
  }
}

/**
 * Puts the ledger aside and begins with an empty one. Every link then reads its ends in full and matches its records
 * anew, as a plan tells before.
 * @returns where the old ledger is now; `undefined` where there was none
 */
export async function renewLedger(runtime: Runtime, stack: StackPlace): Promise<{ readonly aside: string | undefined }> {
  const opened = await openWorkspace(runtime, stack);
  const lock = await lockWorkspace(runtime, opened, 'state new-ledger');
  try {
    const { storage, state } = await openWorkspace(runtime, stack);
    const aside = await storage.ledgers.putAside(toInstant(runtime.clock.now()));
    await audit(runtime, opened, lock, 'ledger_renewed', null, {});
    if (state.serial === 0) return { aside };
    const ledger = await storage.ledgers.open(storage.keys.openOrCreate(), 'write');
    try {
      await ledger.bind(state.lineage);
      await ledger.claim(lock);
      await ledger.noteSerial(state.serial);
      for (const [address, { kind }] of Object.entries(state.specifications))
        if (isFlowKind(kind)) await ledger.link(address).noteUnfinishedApply({ run: 'new-ledger', renewed: [] });
    } finally {
      await ledger.close();
    }
    return { aside };
  } finally {
    await lock.release();
  }
}
