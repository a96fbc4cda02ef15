/** Keys of an S3 server for tests that may do what a policy says, and no more. */
import type { S3Server } from './s3-server.ts';

export interface RoleKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const everything = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
};

/**
 * Makes a user with a key for each policy, and one named `admin` for whom nothing is forbidden; from then on the server
 * believes nobody else. Its own keys do nothing any more.
 */
export async function enforcePolicies<Name extends string>(
  server: Pick<S3Server, 'endpoint'>,
  policies: Readonly<Record<Name, unknown>>,
): Promise<Readonly<Record<Name | 'admin', RoleKeys>>> {
  const keys: Record<string, RoleKeys> = {};
  for (const [name, policy] of Object.entries({ ...policies, admin: everything })) {
    await callIam(server, { Action: 'CreateUser', UserName: name });
    const PolicyDocument = JSON.stringify(policy);
    await callIam(server, { Action: 'PutUserPolicy', UserName: name, PolicyName: name, PolicyDocument });
    keys[name] = keysIn(await callIam(server, { Action: 'CreateAccessKey', UserName: name }));
  }
  const answer = await fetch(`${server.endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0' });
  if (!answer.ok) throw new Error(`policies are not enforced: ${answer.status}`);
  return keys as Record<Name | 'admin', RoleKeys>;
}

async function callIam(
  { endpoint }: Pick<S3Server, 'endpoint'>,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      Authorization: 'AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/iam/aws4_request',
      'Content-Type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ ...fields, Version: '2010-05-08' }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${fields['Action']}: ${answer.status} ${text}`);
  return text;
}

function keysIn(answer: string): RoleKeys {
  const accessKeyId = /<AccessKeyId>([^<]+)</.exec(answer)?.[1];
  const secretAccessKey = /<SecretAccessKey>([^<]+)</.exec(answer)?.[1];
  if (accessKeyId === undefined || secretAccessKey === undefined) throw new Error('no key was made');
  return { accessKeyId, secretAccessKey };
}
