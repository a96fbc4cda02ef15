/**
 * What is known of the classes of storage of S3 and Azure beside their names. Names are compared without regard to
 * case; of a class that no list names nothing is known, and nothing is made up.
 */

/** Classes whose objects must be thawed before they can be read. */
const cold: ReadonlySet<string> = new Set(['glacier', 'deep_archive', 'archive']);

/**
 * For how many days the stores bill an object of a class at least, also when it is deleted or moved earlier.
 * Source: Amazon S3 User Guide, "Understanding and managing Amazon S3 storage classes", minimum storage duration;
 * Azure Blob Storage, "Access tiers for blob data", early deletion period of cool, cold and archive.
 */
const minimumDays: ReadonlyMap<string, number> = new Map([
  ['standard_ia', 30],
  ['onezone_ia', 30],
  ['glacier_ir', 90],
  ['glacier', 90],
  ['deep_archive', 180],
  ['cool', 30],
  ['cold', 90],
  ['archive', 180],
]);

export function isColdClass(storageClass: string | undefined): boolean {
  return storageClass !== undefined && cold.has(storageClass.toLowerCase());
}

/** Days; `undefined` for a class without a minimum, or of which nothing is known. */
export function minimumDaysOf(storageClass: string | undefined): number | undefined {
  return storageClass === undefined ? undefined : minimumDays.get(storageClass.toLowerCase());
}
