/** What we say to a server. Source: PostgreSQL documentation, "Message Formats". */
const protocolVersion = 0x0003_0000;
const sslRequestCode = 80_877_103;
const cancelRequestCode = 80_877_102;

export function startupMessage(parameters: Readonly<Record<string, string>>): Buffer {
  const words = Object.entries(parameters).flatMap(([name, value]) => [text(name), text(value)]);
  return untyped(Buffer.concat([int32(protocolVersion), ...words, Buffer.alloc(1)]));
}

export function sslRequest(): Buffer {
  return untyped(int32(sslRequestCode));
}

export function cancelRequest(processId: number, key: Buffer): Buffer {
  return untyped(Buffer.concat([int32(cancelRequestCode), int32(processId), key]));
}

/** Passwords and what SCRAM says after its first message. */
export function passwordMessage(bytes: Buffer): Buffer {
  return typed('p', bytes);
}

export function saslInitialResponse(mechanism: string, response: string): Buffer {
  const bytes = Buffer.from(response);
  return typed('p', Buffer.concat([text(mechanism), int32(bytes.length), bytes]));
}

export function queryMessage(sql: string): Buffer {
  return typed('Q', text(sql));
}

export function copyData(bytes: Uint8Array): Buffer {
  return typed('d', bytes);
}

export function copyDone(): Buffer {
  return typed('c', Buffer.alloc(0));
}

export function copyFail(reason: string): Buffer {
  return typed('f', text(reason));
}

export function terminate(): Buffer {
  return typed('X', Buffer.alloc(0));
}

/** With the zero byte that ends it. Text that holds one would end there, and the rest would be something else. */
export function text(value: string): Buffer {
  return Buffer.from(`${value.replaceAll('\0', '')}\0`);
}

function typed(type: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function untyped(body: Buffer): Buffer {
  return Buffer.concat([int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
