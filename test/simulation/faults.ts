/**
 * What goes wrong between the product and a vendor. As FoundationDB does it: each kind of fault is
 * armed in a quarter of the histories, and strikes at a quarter of its chances where it is.
 */
import type { Chance } from './chance.ts';

const BEFORE = ['429', '500', '503', 'reset', 'expired-token', 'slow'] as const;
const AFTER = ['lost-response', 'truncate'] as const;

const ARMED = 0.25;

export class Faults {
  readonly #chance: Chance;
  readonly #before: readonly (typeof BEFORE)[number][];
  readonly #after: readonly (typeof AFTER)[number][];
  readonly #partial: boolean;
  readonly #forgetsRow: boolean;
  readonly #fires: number;
  #active = true;

  /** @param none a vendor that never fails */
  constructor(chance: Chance, none = false) {
    this.#chance = chance;
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

  before(): (typeof BEFORE)[number] | undefined {
    return this.#before.find(() => this.#strikes());
  }

  after(): (typeof AFTER)[number] | undefined {
    return this.#after.find(() => this.#strikes());
  }

  partial(): boolean {
    return this.#partial && this.#strikes();
  }

  /** Whether a row that is missing in the answer was not carried out either. */
  forgetsEffect(): boolean {
    return this.#chance.happens(0.5);
  }

  /** Whether the answer to a batch lacks a row. */
  forgetsRow(): boolean {
    return this.#forgetsRow && this.#strikes();
  }

  /** How much later than its stamp a row shows. */
  lag(mostMs: number): number {
    return this.#chance.happens(0.3) ? this.#chance.below(mostMs) : 0;
  }

  #strikes(): boolean {
    return this.#active && this.#chance.happens(this.#fires);
  }
}
