/**
 * What goes wrong between the product and a vendor. As FoundationDB does it: each kind of fault is
 * armed in a quarter of the histories, and strikes at a quarter of its chances where it is.
 */
import type { EndName } from './accounts.ts';
import type { Chance } from './chance.ts';

const BEFORE = ['429', '500', '503', 'reset', 'expired-token', 'slow'] as const;
const AFTER = ['lost-response', 'truncate'] as const;

const ARMED = 0.25;

/** One fault of a history that is told on purpose, in place of what chance would bring. */
export interface ScriptedFault {
  readonly end: EndName;
  /**
   * `fails`: a call has no effect; `loses-answer`: it has one. `refuses`: every other row of a batch is refused for now;
   * `forgets`: the answer to a batch lacks a row, which was not written. `late`: what is edited shows in the feed as late as may be.
   */
  readonly kind: 'fails' | 'loses-answer' | 'refuses' | 'forgets' | 'late';
  /** Which call of this name, from 1; of `refuses` and `forgets`: which batch. `late` lasts. */
  readonly call?: string;
  readonly nth?: number;
}

export class Faults {
  readonly #chance: Chance;
  readonly #before: readonly (typeof BEFORE)[number][];
  readonly #after: readonly (typeof AFTER)[number][];
  readonly #partial: boolean;
  readonly #forgetsRow: boolean;
  readonly #fires: number;
  readonly #script: readonly ScriptedFault[];
  readonly #counts = new Map<string, number>();
  #active = true;

  /** @param none a vendor that never fails but as the script says */
  constructor(chance: Chance, none: boolean, script: readonly ScriptedFault[]) {
    this.#chance = chance;
    this.#script = script;
    const arm = (): boolean => chance.happens(ARMED) && !none;
    this.#before = BEFORE.filter(arm);
    this.#after = AFTER.filter(arm);
    this.#partial = arm();
    this.#forgetsRow = arm();
    // At a quarter of all calls hardly a cycle comes to its end; rarer faults reach deeper.
    this.#fires = chance.pick([0.25, 0.08, 0.03]);
  }

  stop(): void {
    this.#active = false;
  }

  before(call: string): (typeof BEFORE)[number] | undefined {
    if (this.#isScripted('fails', call)) return '503';
    return this.#before.find(() => this.#strikes());
  }

  after(call: string): (typeof AFTER)[number] | undefined {
    if (this.#isScripted('loses-answer', call)) return 'lost-response';
    return this.#after.find(() => this.#strikes());
  }

  partial(): boolean {
    return this.#isScripted('refuses', undefined) || (this.#partial && this.#strikes());
  }

  /** Whether a row that is missing in the answer was not carried out either. */
  forgetsEffect(): boolean {
    return this.#script.some(({ kind }) => kind === 'forgets') || this.#chance.happens(0.5);
  }

  /** Whether the answer to a batch lacks a row. */
  forgetsRow(): boolean {
    return this.#isScripted('forgets', undefined) || (this.#forgetsRow && this.#strikes());
  }

  /** How much later than its stamp a row shows. */
  lag(mostMs: number): number {
    if (this.#script.some(({ kind }) => kind === 'late')) return mostMs;
    return this.#chance.happens(0.3) ? this.#chance.below(mostMs) : 0;
  }

  #isScripted(kind: ScriptedFault['kind'], call: string | undefined): boolean {
    const own = this.#script.filter((fault) => fault.kind === kind && fault.call === call);
    if (own.length === 0) return false;
    const count = (this.#counts.get(`${kind} ${call}`) ?? 0) + 1;
    this.#counts.set(`${kind} ${call}`, count);
    return own.some((fault) => (fault.nth ?? 1) === count);
  }

  #strikes(): boolean {
    return this.#active && this.#chance.happens(this.#fires);
  }
}
