/** What the store is told about where it is and how it is reached. */

export interface AzurePlace {
  /** The storage account; absent: the one that the environment names. */
  readonly account?: string;
  readonly container: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
}

export interface AzureSettings {
  /** `https://host:port`; absent: the account's own address. */
  readonly endpoint?: string;
  /** Absent: from the environment, else the identity of the machine. */
  readonly credentials?:
    | { readonly kind: 'azure-key'; readonly accountKey: string }
    /** With or without its question mark. */
    | { readonly kind: 'azure-sas'; readonly token: string }
    | { readonly kind: 's3' };
  /** New objects but locks are retained for so long at once. */
  readonly retainNew?: { readonly forMs: number; readonly mode: 'governance' | 'compliance' };
  /** Names on a page of a list; absent: as many as Azure gives. */
  readonly pageBlobs?: number;
}
