/** How a database server is reached. */
import * as z from 'zod';
import { positiveDuration, secret, strict, text, textOrReference } from './field.ts';
import { maybe, usually } from './field-facts.ts';

export const connectionSchema = strict({
  host: maybe(
    textOrReference(),
    'The host, or a reference to it. A path that begins with / is the folder of its socket. Default: the socket of this machine.',
    '${env:DB_HOST}',
    { mission: ['G3'] },
  ),
  port: maybe(z.int().min(1).max(65_535), 'The port. Default: that of the engine.', 5432),
  database: maybe(textOrReference(), 'The database. Default: every database of the server.', 'shop'),
  user: maybe(textOrReference(), 'The user, or a reference to it.', '${env:DB_USER}'),
  password: maybe(secret(), 'Where its password comes from; never the password.', '${env:DB_PASSWORD}'),
  tls: usually(
    z.boolean(),
    true,
    'Whether a connection over the network must be encrypted. Default: true.',
    true,
  ),
  ca: maybe(
    text(),
    "A file with the certificates that may sign the server's; its name is then checked as well. Default: the certificate is not checked.",
    './certificates/database-ca.pem',
  ),
  client_certificate: maybe(
    text(),
    'A file with the certificate that we show.',
    './certificates/lifeboat.pem',
  ),
  client_key: maybe(text(), 'A file with the key of that certificate.', './certificates/lifeboat.key'),
  timeout: usually(
    positiveDuration(),
    '10 s',
    'How long connecting may take, and how long the server may be silent when it must answer. Default: 10 s.',
    '10 s',
  ),
}).meta({
  id: 'connection',
  description: 'How a server is reached.',
  examples: [{ host: '${env:DB_HOST}' }],
});
