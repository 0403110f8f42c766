export interface Preference {
  readonly id: number;
  publicName: string;
  privateName: string;
  isPublic: boolean;
  /** The category that it stands in; `0` for one that is a category itself or stands alone. */
  readonly categoryId: number;
  readonly isCategory: boolean;
  /** In ms. */
  readonly created: number;
  lastModified: number;
}

export interface Choice {
  readonly isOptedIn: boolean;
  /** In ms. */
  readonly at: number;
}

/** Wanted choices by the preference's id. */
export type Choices = ReadonlyMap<number, boolean>;
