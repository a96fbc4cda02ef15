/** Where a store of S3 objects is, and how it is reached. */
export interface S3Place {
  /** `https://host:port`; absent: the environment's, or Amazon's own. */
  readonly endpoint?: string;
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
}

export interface S3StoreSettings {
  /** Absent: `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's; us-east-1 for endpoints that are not Amazon's. */
  readonly region?: string;
  /** Where the place does not say it. */
  readonly endpoint?: string;
  /** Absent: the usual chain of Amazon's tools. */
  readonly credentials?: S3Credentials;
  /** New objects but locks get a retention of this length at once. */
  readonly retainNew?: { readonly forMs: number; readonly mode: 'governance' | 'compliance' };
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** For people; the same text that the location of the vault has. */
export function placeText({ endpoint, bucket, prefix }: S3Place): string {
  const below = prefix === '' ? '' : `/${prefix}`;
  return endpoint === undefined ? `s3://${bucket}${below}` : `s3:${endpoint}/${bucket}${below}`;
}
