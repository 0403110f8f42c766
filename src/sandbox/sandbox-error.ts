/** Why the sandbox could not do what it was asked to. */
export type SandboxErrorCode = 'SANDBOX_PORT_IN_USE' | 'SANDBOX_INVALID_OPTION' | 'SANDBOX_INVALID_CONTROL';

/** A failure of the sandbox itself, never of a vendor that it stands in for. */
export class SandboxError extends Error {
  readonly code: SandboxErrorCode;

  constructor(code: SandboxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SandboxError';
    this.code = code;
  }
}
