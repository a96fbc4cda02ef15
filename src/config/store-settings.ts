/** How the store of a vault is reached, beyond where it is. Everything is optional: what is absent is found as usual. */
export interface StoreSettings {
  /** S3: the region; absent: `AWS_REGION` and its relatives. */
  readonly region?: string;
  /** `https://host:port`, where the location does not say it. */
  readonly endpoint?: string;
  /** Secret; absent: the usual chain of the store's own SDK. */
  readonly credentials?: StoreCredentials;
  /** Into which data packs go; everything else stays in the usual class. */
  readonly storageClass?: string;
  /** New objects but locks get a retention of this length at once. */
  readonly retainNew?: { readonly forMs: number; readonly mode: 'governance' | 'compliance' };
  /** Objects are created and never replaced, and nothing but locks is deleted. */
  readonly appendOnly?: boolean;
  readonly limits?: StoreLimits;
}

export interface StoreLimits {
  readonly uploadBytesPerSecond?: number;
  readonly downloadBytesPerSecond?: number;
  /** At most so many requests at once; absent: as many as turn out to be worth making. */
  readonly connections?: number;
}

export type StoreCredentials =
  | {
      readonly kind: 's3';
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken?: string;
    }
  | { readonly kind: 'azure-key'; readonly accountKey: string }
  | { readonly kind: 'azure-sas'; readonly token: string };
