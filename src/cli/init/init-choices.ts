/** What a new plan is made from, once all questions are answered. Every path is absolute. */
import type { VaultRole } from '../../plan/resolved-plan.ts';

export interface InitChoices {
  readonly planFile: string;
  readonly name: string;
  readonly owner: string;
  readonly timeZone: string;
  /** As the plan writes them: `2 h`, `hourly`. */
  readonly rpo: string;
  readonly rto: string;
  readonly schedule: string;
  /** The first is the primary one. */
  readonly vaults: readonly ChosenVault[];
  readonly systems: readonly ChosenSystem[];
}

export interface ChosenVault {
  readonly name: string;
  readonly role: VaultRole;
  readonly path: string;
  /** `there`: a vault from before, which is opened and used. */
  readonly state: 'new' | 'there';
}

export interface ChosenSystem {
  readonly name: string;
  readonly source: ChosenSource;
}

export type ChosenSource =
  | {
      readonly kind: 'sqlite';
      readonly path: string;
      /** The one whose rows are counted; absent when the database has none or cannot be asked. */
      readonly table?: string;
    }
  | {
      readonly kind: 'files';
      readonly paths: readonly string[];
      /** In gitignore syntax. */
      readonly exclude: readonly string[];
    }
  | { readonly kind: 'env'; readonly files: readonly string[] };

/** Decided before anything is made: a vault whose recovery key nobody saw would be a false comfort. */
export type RecoveryWish =
  | { readonly kind: 'none' }
  | { readonly kind: 'show' }
  | { readonly kind: 'file'; readonly path: string };

/** Where the passwords of the vaults come from. */
export type KeySource =
  /** One of the variables is set; the plan then names no password. */
  | { readonly kind: 'environment'; readonly variable: string }
  /** One file for all vaults; made when it is not there. */
  | { readonly kind: 'file'; readonly path: string }
  /** A new file for each new vault. */
  | { readonly kind: 'generated' };

export function sourcePathsOf(source: ChosenSource): readonly string[] {
  switch (source.kind) {
    case 'sqlite':
      return [source.path];
    case 'files':
      return source.paths;
    case 'env':
      return source.files;
    default:
      return source satisfies never;
  }
}
