/**
 * The key pair that signs JWTs for the sandbox. It is public on purpose, the same for everybody, and
 * protects nothing: any process can print it and log in to any sandbox on the same machine.
 */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** PKCS #8, in base64. */
const PUBLIC_TEST_KEY = [
  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC5O5m5x5IBarBRpe0fPlzzYx4fOCr/nTZvxT5Pxcp8ezP8f9IM',
  'zlCndrrOtFNfEb6H6Dzer+nEg1lT9BqxYCLQYnqR27eTDb/YU6Qg8NYlnkHqmlK6jk8oxwMws+PmeYEglR/Gc1K8JmnDm7NDKGrj',
  'UrPlCaUDzbXQxSgGkFYqBubLU1RjWERHcMnnWJ74gU42fKJlbYjOOA21dWTQ2P14c4TgwunKKFopD8KHWSdAxAeUM3W+cZpGsIsQ',
  'JvuMJii+EAcHz2fR9Z1ogDueKroK7b+cKtzm+MPBBZwrXqmLpUcQonMvd+85jezKlcLz7AXhoTN8Jtn1iHEWZ21nsTHZAgMBAAEC',
  'ggEAGeg48SUgCdGwX827aKtyGFp3Fo+7t9ehtafv4Ka90i5F0EgtCpHP8bQnSYzVZ6PAMxsAvyFPKqc3rF3Ps++fFD00fnJYGRm1',
  's4hzRBDbKr9ujGT8Ms/U835DjHbEkRzSZMpmpidwCBUT+tdWjws38/EXwcODuxCfoCz1vavyA9uJJ2W5BNhuEmBTMuW1y34CvOSh',
  'jm0oidqHv/1yN7+k+4J8YkiMdYgtMKbyD1kpYPILFsNSMZGQiwKrwJsFuIwj3o/4FP2sX2c2dG//F+MP5AZz9nM4CZURTzFC4qUw',
  'z/O2JBOB3jf2bUpW6YEDbS9d3DnKGFHAvDK/wbwABKmAHwKBgQDre9n3yUce2/CPjuKuR9Nm8f/OHyVhot9cKPTMKMvd3zqZ+BYD',
  'xO5J8irpJPWzM4lB+nprxKhTPRaKd1L3unJAVdex198HbtrSRdDIVuZKtN4vDaYxvvAE9z9RxWnySNS/MpRUEb0cnuWjHs90QjI1',
  'uZ/xCNNjDfxbLfz4V7T9QwKBgQDJXvf74et9vHb2d7vzyz2I5hi6qYe3G/417kaLj8yIGV/fN8Mmp5sO+fRE7N4DM8+MMF5cKylr',
  'VDGDa/UiTl8ZhziK+E1lrXB+CKqYMIY31HT5dvInivbehHB6Kx38iy/NdTrGzutgojRlb8RdFzTL2keQ5kHc94vTf5GRtBu0swKB',
  'gB1thtm+X5LtrWxjUNSyySpuR6d8oPFIp10fCSiSWJfLk8k2BZpG+/hluRMVuVbBs/94y9+33ck5Mx3ut4GZ3TlJAQGKlqaZJeNt',
  'MiA3K+ReIf4DWKeS0u/r7g/L+ed7ToruSTcQWG/BM7Vk3kwLEbdBEUnP7orMbqL+ZkSqwUV9AoGAQJVn3W4Q1AvM77FpI4CspKp/',
  'heZ3c3/T4UIheANPqtrQh8vfmBcrQPtjn3OEpOxKBYFB0je5mgWvt6G5Rh5ym8JlnRST5idhK9rls9fkRCWsupGuioYkNSuu00/e',
  '1y9gznlpt3eHwD9lpJ7bEKwvr627RDrFJvRx8Qw6CMwGEscCgYEAzdIbYXdG3KEwhu42P+pDh6ackfrsd8NkDymlWIrsP6njXvx+',
  '5Sxqwg0qOJJeLlenM2IuIjLSG5+2PFh/ufjECqIFdlYoTjpUVclgM9+WexC+GbbGHTHXdyfWpWmIWcU3SHs/wu7O51SGFxUIgDx0',
  'OcpplSQOohPQJ/PgZBds/tc=',
].join('');

/** The private key that the sandbox accepts JWTs of, as PEM (PKCS #8, RSA 2048). */
export function sandboxJwtKey(): string {
  const lines = PUBLIC_TEST_KEY.match(/.{1,64}/g) ?? [];
  const label = 'PRIVATE KEY';
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

let publicKey: KeyObject | undefined;

/** The key that checks signatures. */
export function verificationKey(): KeyObject {
  publicKey ??= createPublicKey(createPrivateKey(sandboxJwtKey()));
  return publicKey;
}
