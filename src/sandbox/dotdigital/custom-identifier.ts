export interface CustomIdentifier {
  readonly name: string;
  /** In ms. */
  readonly created: number;
  /** Contacts by their value, and values by their contact. */
  readonly contacts: Map<string, number>;
  readonly values: Map<number, string>;
}
