/** What taking a password away does not do, said wherever it is done. */
export const mayHaveMasterKey =
  'whoever has opened the vault with it may have kept the master key, which stays the same: if that is a danger, make a new ' +
  'vault with `lifeboat vault init`, copy the points into it, and delete this one';
