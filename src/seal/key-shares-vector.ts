/**
 * Printed with every set of shares, so that a person can check by other means how they are put together: the two
 * points make up the secret. The last byte of a point is its x, the bytes before it are the y of each byte of the secret.
 */
export const shareTestVector = {
  needed: 2,
  shares: [
    'f0a6cfaf5ebb8b29d5fec20675b722ab54d5db62d95b3221e54739a3f14d17c050',
    'c5e142b76cfeb4b2f9aad2469c11456e05fbb556542b88c69096e2f9255eb41043',
  ],
  secret: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
} as const;
