import type { PlanPath } from './plan-path.ts';

/** What can be written into a plan. */
export type PlanValue =
  | string
  | number
  | boolean
  | null
  | readonly PlanValue[]
  | { readonly [key: string]: PlanValue };

/** One change of a plan's text, by the place of the value that it changes. */
export type PlanEdit =
  /** Writes the value over the old one, or adds it with all that is missing above it. */
  | { readonly kind: 'set'; readonly at: PlanPath; readonly value: PlanValue }
  | { readonly kind: 'remove'; readonly at: PlanPath }
  /** Gives the key at the end of the path another name. */
  | { readonly kind: 'rename'; readonly at: PlanPath; readonly to: string }
  /** Adds an item to the end of a list; begins the list when there is none. */
  | { readonly kind: 'append'; readonly at: PlanPath; readonly value: PlanValue };
